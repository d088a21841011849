package transcode

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// ErrFFmpeg reports an FFmpeg that is missing, too old or lacks an encoder. Its
// message says what to do; the source's own rendition works without.
var ErrFFmpeg = errors.New("can't run FFmpeg")

// oldest is the FFmpeg needed: it brought -fps_mode.
var oldest = [2]int{5, 1}

var versionPattern = regexp.MustCompile(`^ffmpeg version n?(\d+)\.(\d+)`)

// Check runs FFmpeg once and returns its version.
func Check(ctx context.Context, program string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	out, err := exec.CommandContext(ctx, program, "-hide_banner", "-version").Output()
	if err != nil {
		return "", fmt.Errorf("%w: %s: %w; install FFmpeg 5.1 or later, or name it with --set transcode.ffmpeg=PATH", ErrFFmpeg, program, causeOf(err))
	}
	return parseVersion(string(out))
}

// causeOf leaves out of an error what repeats the program's name.
func causeOf(err error) error {
	if path := (*fs.PathError)(nil); errors.As(err, &path) {
		return path.Err
	}
	if missing := (*exec.Error)(nil); errors.As(err, &missing) {
		return missing.Err
	}
	return err
}

func parseVersion(out string) (string, error) {
	line, _, _ := strings.Cut(out, "\n")
	if !strings.Contains(out, "--enable-libx264") {
		return "", fmt.Errorf("%w: it was built without libx264; install one with libx264", ErrFFmpeg)
	}
	m := versionPattern.FindStringSubmatch(line)
	if m == nil {
		return strings.TrimSpace(line), nil // built from a branch: new enough, we trust
	}
	major, _ := strconv.Atoi(m[1])
	minor, _ := strconv.Atoi(m[2])
	version := m[1] + "." + m[2]
	if major < oldest[0] || (major == oldest[0] && minor < oldest[1]) {
		return "", fmt.Errorf("%w: version %s is too old; install 5.1 or later", ErrFFmpeg, version)
	}
	return version, nil
}
