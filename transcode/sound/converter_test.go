package sound

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/globalfandom/lightstick/media"
	"github.com/globalfandom/lightstick/media/bitstream"
)

// script makes a program to be run in place of FFmpeg, which writes its process ID to a
// file first.
func script(t *testing.T, text string) (program, pids string) {
	t.Helper()
	dir := t.TempDir()
	program, pids = filepath.Join(dir, "ffmpeg"), filepath.Join(dir, "pids")
	if err := os.WriteFile(program, []byte("#!/bin/sh\necho $$ >>"+pids+"\n"+text+"\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	return program, pids
}

// runs are the process IDs of the runs so far.
func runs(t *testing.T, pids string) (all []int) {
	t.Helper()
	text, err := os.ReadFile(pids)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	for field := range strings.FieldsSeq(string(text)) {
		pid, err := strconv.Atoi(field)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, pid)
	}
	return all
}

// endless gives a converter silence of 20 ms each few milliseconds, until it is stopped.
type endless struct {
	c    *Converter
	done chan error
	stop context.CancelFunc
	at   media.Ticks
	tick *time.Ticker
}

// start runs a converter with a program that may hang for so long.
func start(t *testing.T, program string, stall time.Duration) *endless {
	t.Helper()
	track, err := bitstream.RawTrack(media.PCMA, 8000, 1)
	if err != nil {
		t.Fatal(err)
	}
	c := New(Config{FFmpeg: program, Source: track}, slog.New(slog.DiscardHandler))
	c.backoff.First, c.stall = time.Millisecond, stall
	ctx, cancel := context.WithCancel(context.Background())
	e := &endless{c: c, done: make(chan error, 1), stop: cancel, tick: time.NewTicker(5 * time.Millisecond)}
	go func() { e.done <- c.Run(ctx) }()
	t.Cleanup(func() {
		e.tick.Stop()
		cancel()
		for range c.Output() { // until Run has returned
		}
	})
	return e
}

// next gives a sample, and returns a frame if there is one; false when Run has ended.
func (e *endless) next() (frame media.Sample, running bool) {
	<-e.tick.C
	e.c.Write(media.Sample{DTS: e.at, Duration: 160, KeyFrame: true, Payload: bytes.Repeat([]byte{0xd5}, 160)})
	e.at += 160
	select {
	case frame, running = <-e.c.Output():
		return frame, running
	default:
		return media.Sample{}, true
	}
}

// untilFrame returns the next frame.
func (e *endless) untilFrame(t *testing.T) media.Sample {
	t.Helper()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); {
		frame, running := e.next()
		if !running {
			t.Fatalf("ended with %v", <-e.done)
		}
		if frame.Payload != nil {
			return frame
		}
	}
	t.Fatal("no frame comes")
	return media.Sample{}
}

// FFmpeg is killed: it is started again, and the sound goes on at its own time.
func TestKilledFFmpegIsStartedAgain(t *testing.T) {
	program, pids := script(t, `exec ffmpeg "$@"`)
	e := start(t, program, stallLimit)
	last := e.untilFrame(t)
	first := runs(t, pids)
	if err := syscall.Kill(first[0], syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	for e.c.Restarts() == 0 {
		last = e.untilFrame(t)
	}
	restarted := e.at
	for frame := last; frame.DTS < media.Rescale(restarted, 8000, 48000)-48_000; last = frame {
		if frame = e.untilFrame(t); frame.DTS < last.DTS {
			t.Fatalf("a frame at %d after one at %d", frame.DTS, last.DTS)
		}
	}
	for len(runs(t, pids)) < 2 {
		e.next()
	}
	if frame := e.untilFrame(t); media.Rescale(e.at, 8000, 48000) < frame.DTS {
		t.Errorf("a frame at %d, the source is at %d", frame.DTS, e.at)
	}
}

// An FFmpeg that takes sound and gives none back, or takes none, is killed and started again.
func TestHangingFFmpegIsStartedAgain(t *testing.T) {
	for name, text := range map[string]string{
		"gives nothing": "exec cat <&3 >/dev/null",
		"takes nothing": "exec sleep 3600",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			// The first run hangs, the others work.
			program, pids := script(t, fmt.Sprintf("if mkdir \"$0.hung\" 2>/dev/null; then %s; fi\nexec ffmpeg \"$@\"", text))
			e := start(t, program, stallLimit/2)
			if name == "takes nothing" {
				fill(e)
			}
			e.untilFrame(t)
			if got := runs(t, pids); len(got) != 2 || e.c.Restarts() != 1 {
				t.Errorf("%d runs, %d restarts", len(got), e.c.Restarts())
			}
		})
	}
}

// fill gives more than the pipe to FFmpeg can hold.
func fill(e *endless) {
	for range 40 {
		const size = 8000
		e.c.Write(media.Sample{DTS: e.at, Duration: size, KeyFrame: true, Payload: make([]byte, size)})
		e.at += size
	}
}

// A program that never gives a frame is given up.
func TestHopelessFFmpegIsGivenUp(t *testing.T) {
	failing, pids := script(t, "echo no decoder >&2; exit 1")
	for name, tt := range map[string]struct {
		program, says string
		runs          int
	}{
		"fails each time": {failing, "no decoder", maxFailures},
		"is missing":      {"/nonexistent/ffmpeg", "no such file", 0},
	} {
		t.Run(name, func(t *testing.T) {
			e := start(t, tt.program, stallLimit)
			deadline := time.Now().Add(patience)
			for running := true; running; {
				if _, running = e.next(); time.Now().After(deadline) {
					t.Fatal("it is tried for ever")
				}
			}
			if err := <-e.done; !errors.Is(err, ErrFailed) || !strings.Contains(err.Error(), tt.says) {
				t.Error(err)
			}
			if tt.runs > 0 && len(runs(t, pids)) != tt.runs {
				t.Errorf("%d runs, want %d", len(runs(t, pids)), tt.runs)
			}
		})
	}
}

// The queue is bounded, in samples and bytes: what FFmpeg is too slow for is dropped and
// counted.
func TestFullQueueDrops(t *testing.T) {
	track, err := bitstream.RawTrack(media.PCMA, 8000, 1)
	if err != nil {
		t.Fatal(err)
	}
	c := New(Config{Source: track}, slog.New(slog.DiscardHandler))
	for range queueLen + 10 {
		c.Write(media.Sample{})
	}
	if c.Dropped() != 10 {
		t.Errorf("%d dropped", c.Dropped())
	}
	c = New(Config{Source: track}, slog.New(slog.DiscardHandler))
	for range 10 {
		c.Write(media.Sample{Payload: make([]byte, queueBytes/4)})
	}
	if got := c.queued.Load(); c.Dropped() != 6 || got != queueBytes {
		t.Errorf("%d dropped, %d bytes wait", c.Dropped(), got)
	}
}

// A source that ends before its first sample needs no FFmpeg.
func TestSourceWithoutSamples(t *testing.T) {
	s := rawSource(t, media.PCM, 48000, 1)
	if frames, err := convert(t, Config{FFmpeg: "/nonexistent", Source: s.track}, nil); err != nil || len(frames) > 0 {
		t.Errorf("%d frames, %v", len(frames), err)
	}
}

func FuzzADTS(f *testing.F) {
	f.Add([]byte{0xff, 0xf1, 0x4c, 0x80, 0x01, 0x3f, 0xfc, 1, 2})
	track := Target(media.Track{Codec: media.PCM, Timescale: 48000, Channels: 2})
	f.Fuzz(func(t *testing.T, b []byte) {
		frames, total := newADTSReader(bytes.NewReader(b), track), 0
		for {
			frame, err := frames.next()
			if err != nil {
				return
			}
			if total += 7 + len(frame); total > len(b) {
				t.Fatalf("%d bytes of %d", total, len(b))
			}
		}
	})
}
