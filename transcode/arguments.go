package transcode

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/globalfandom/lightstick/media"
	"github.com/globalfandom/lightstick/transcode/internal/child"
)

// arguments are FFmpeg's for one worker. Each of them was measured: see
// docs/dependencies.md.
func arguments(source media.Track, rungs []Rung) []string {
	format := "flv"
	if source.Codec != media.H264 {
		format = "mp4" // FLV carries neither HEVC nor AV1 before FFmpeg 6.1
	}
	args := []string{
		"-hide_banner", "-nostdin", "-loglevel", "level+warning",
		// Start at once, and hold no frame back. Never -fflags nobuffer: on a pipe it
		// drops what was probed, which is the first group of pictures.
		"-probesize", "32768", "-analyzeduration", "0", "-flags", "low_delay",
		"-copyts", "-f", format, "-i", fmt.Sprintf("pipe:%d", child.FirstInput),
		"-filter_complex", filters(source, rungs),
	}
	for i, r := range rungs {
		output := 1 // the first is standard output, the others come after the input
		if i > 0 {
			output = child.FirstInput + i
		}
		rate := strconv.Itoa(r.BitrateBPS)
		args = append(args,
			"-map", fmt.Sprintf("[o%d]", i), "-c:v", "libx264", "-preset", "veryfast", "-tune", "zerolatency",
			"-pix_fmt", "yuv420p", "-b:v", strconv.Itoa(r.BitrateBPS*9/10), "-maxrate", rate, "-bufsize", rate,
			// Keyframes where the source has them, and nowhere else.
			"-g", "1200", "-sc_threshold", "0", "-force_key_frames", "source",
			"-fps_mode", "passthrough", "-enc_time_base", "1:90000",
			"-flvflags", "no_duration_filesize", "-flush_packets", "1",
			"-f", "flv", fmt.Sprintf("pipe:%d", output),
		)
	}
	return args
}

// filters split the decoded picture and scale it for each rung.
func filters(source media.Track, rungs []Rung) string {
	var b strings.Builder
	fmt.Fprintf(&b, "[0:v]split=%d", len(rungs))
	for i := range rungs {
		fmt.Fprintf(&b, "[s%d]", i)
	}
	for i, r := range rungs {
		fmt.Fprintf(&b, ";[s%d]scale=%s:flags=fast_bilinear[o%d]", i, r.scale(source), i)
	}
	return b.String()
}
