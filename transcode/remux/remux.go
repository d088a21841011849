// Package remux joins the segments of a recording into one MP4 with FFmpeg, without
// encoding anything again.
package remux

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/globalfandom/lightstick/internal/atomicfile"
	"github.com/globalfandom/lightstick/transcode/internal/child"
)

const (
	// stall is how long FFmpeg may make no progress while it is fed.
	stall = 30 * time.Second
	// rewrite is how long it may be silent after that, and a second more for every
	// rewriteRate bytes: it moves the index to the front, which reads and writes the
	// whole file.
	rewrite     = time.Minute
	rewriteRate = 10 << 20
)

// Input writes an initialization section and then segments, in order.
type Input func(w io.Writer) error

// MP4 makes the file out of inputs, each with a track or two on one timeline: the
// picture's first. Where times go back a little, as sound's do when it outlasted the
// picture of a publication that another one follows, they are pressed together; what
// comes after is in time again. The initialization section stands for all segments:
// the caller sees to it that parameters don't change, and that no track has a hole, which
// browsers close. The index comes first in the file, so that it plays while it is loaded. progress, unless nil, is told how much of it is done, in media time, from
// another goroutine. The file appears when it is whole. program is FFmpeg; "" is the
// one in PATH.
func MP4(ctx context.Context, program string, inputs []Input, out string, progress func(time.Duration)) error {
	temporary, err := atomicfile.Create(out, 0o640)
	if err != nil {
		return fmt.Errorf("remux: %w", err)
	}
	defer temporary.Discard()
	var size atomic.Int64
	job := child.Job{
		Program: program, Args: arguments(len(inputs), temporary.Name()), Stall: stall,
		Patience: func() time.Duration { return rewrite + time.Duration(size.Load()/rewriteRate)*time.Second },
		Reads:    []func(io.Reader) error{func(r io.Reader) error { return readProgress(r, progress) }},
	}
	for _, input := range inputs {
		job.Feeds = append(job.Feeds, func(_ context.Context, w io.Writer) error { return input(counting{w, &size}) })
	}
	if err := job.Run(ctx); err != nil {
		return fmt.Errorf("remux: %w", err)
	}
	// A power cut leaves the whole file or none.
	if err := temporary.Commit(); err != nil {
		return fmt.Errorf("remux: %w", err)
	}
	return nil
}

// counting counts what is written.
type counting struct {
	w    io.Writer
	size *atomic.Int64
}

func (c counting) Write(p []byte) (int, error) {
	n, err := c.w.Write(p)
	c.size.Add(int64(n))
	return n, err
}

func arguments(inputs int, out string) []string {
	args := []string{"-hide_banner", "-nostdin", "-loglevel", "error", "-copyts"}
	for i := range inputs {
		// What comes before -i is for this input alone: nothing in it can open a file.
		args = append(args, "-protocol_whitelist", "pipe", "-f", "mp4", "-i", fmt.Sprintf("pipe:%d", child.FirstInput+i))
	}
	for i := range inputs {
		args = append(args, "-map", strconv.Itoa(i))
	}
	return append(args,
		// Tracks keep their distance: each input's own beginning is not moved to 0.
		"-c", "copy", "-avoid_negative_ts", "make_zero", "-movflags", "+faststart",
		"-progress", "pipe:1", "-f", "mp4", "-y", "file:"+out) // whatever it looks like
}

// readProgress reads what -progress prints: lines of key=value.
func readProgress(r io.Reader, progress func(time.Duration)) error {
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		value, ok := strings.CutPrefix(lines.Text(), "out_time_us=")
		if us, err := strconv.ParseInt(value, 10, 64); ok && err == nil && progress != nil && us > 0 {
			progress(time.Duration(us) * time.Microsecond)
		}
	}
	return lines.Err()
}
