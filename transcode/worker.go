package transcode

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"

	"github.com/globalfandom/lightstick/internal/retry"
	"github.com/globalfandom/lightstick/media"
	"github.com/globalfandom/lightstick/transcode/internal/child"
)

// Output takes what a worker makes. It is called from one goroutine a rung, and
// must not block for long: a rung that isn't drained stalls the whole process.
type Output interface {
	SetTrack(rung string, t media.Track) error
	Write(rung string, s media.Sample)
}

// Config of a worker.
type Config struct {
	FFmpeg string // the program; "" is ffmpeg, found in PATH
	Source media.Track
	Rungs  []Rung
}

const (
	// queueLen is how many source samples may wait for FFmpeg: 8 s at 30 frames per
	// second. When it is full, frames are dropped up to the next keyframe.
	queueLen = 240
	// firstBackoff and lastBackoff are the pauses before a restart; they double.
	firstBackoff = 500 * time.Millisecond
	lastBackoff  = 30 * time.Second
	// stable is how long FFmpeg must have run for the pauses to begin anew.
	stable = 30 * time.Second
	// stallLimit ends an FFmpeg that takes frames in and gives none back.
	stallLimit = 8 * time.Second
)

// Worker transcodes one stream's video. Write and Finish are called by the
// source, Run by the owner.
type Worker struct {
	cfg      Config
	out      Output
	log      *slog.Logger
	queue    chan media.Sample
	finish   sync.Once
	dropping bool          // Write only: until the next keyframe
	stall    time.Duration // stallLimit, but in tests
	backoff  retry.Backoff
	restarts atomic.Uint64
	dropped  atomic.Uint64
}

// New makes a worker. cfg.Rungs must not be empty.
func New(cfg Config, out Output, log *slog.Logger) *Worker {
	cfg.FFmpeg = cmp.Or(cfg.FFmpeg, "ffmpeg")
	return &Worker{
		cfg: cfg, out: out, log: log, queue: make(chan media.Sample, queueLen), stall: stallLimit,
		backoff: retry.Backoff{First: firstBackoff, Last: lastBackoff},
	}
}

// Write hands over the next sample of the source. It never waits: when FFmpeg is
// too slow, whole groups of pictures are dropped.
func (w *Worker) Write(s media.Sample) {
	if w.dropping && !s.KeyFrame {
		w.dropped.Add(1)
		return
	}
	select {
	case w.queue <- s:
		w.dropping = false
	default:
		w.dropped.Add(1)
		w.dropping = true
	}
}

// Finish says that no more samples come. Run ends when FFmpeg has given out what
// it has taken in.
func (w *Worker) Finish() { w.finish.Do(func() { close(w.queue) }) }

// Restarts counts how often FFmpeg had to be started again.
func (w *Worker) Restarts() uint64 { return w.restarts.Load() }

// Dropped counts the frames that FFmpeg was too slow for.
func (w *Worker) Dropped() uint64 { return w.dropped.Load() }

// errFinished ends the supervision: the source has ended.
var errFinished = errors.New("transcode: source has ended")

// Run transcodes until Finish or the end of ctx. It owns FFmpeg and every
// goroutine it starts; when it returns, all have ended.
func (w *Worker) Run(ctx context.Context) error {
	for {
		begun := time.Now()
		err := w.runOnce(ctx)
		if errors.Is(err, errFinished) || ctx.Err() != nil {
			return nil
		}
		if time.Since(begun) > stable {
			w.backoff.Reset()
		}
		w.restarts.Add(1)
		pause := w.backoff.Next()
		w.log.Warn("ffmpeg ended; the source's own rendition goes on", "err", err, "restart_in", pause)
		if !child.Idle(ctx, w.queue, pause, func(media.Sample) { w.dropped.Add(1) }) {
			return nil
		}
	}
}

// firstKey waits for a sample that FFmpeg can begin with.
func (w *Worker) firstKey(ctx context.Context) (media.Sample, error) {
	for {
		select {
		case <-ctx.Done():
			return media.Sample{}, ctx.Err()
		case s, ok := <-w.queue:
			switch {
			case !ok:
				return media.Sample{}, errFinished
			case s.KeyFrame:
				return s, nil
			}
			w.dropped.Add(1)
		}
	}
}

// errStalled reports an FFmpeg that was killed.
var errStalled = errors.New("ffmpeg took frames but gave none back")

// Of FFmpeg's warnings so many are logged at once, and then one in each interval.
const (
	linesBurst   = 20
	lineInterval = 3 * time.Second
)

// runOnce runs one FFmpeg from a keyframe to its end.
func (w *Worker) runOnce(ctx context.Context) error {
	first, err := w.firstKey(ctx)
	if err != nil {
		return err
	}
	ctx, kill := context.WithCancelCause(ctx)
	defer kill(nil)
	times, finished := &sourceTimes{}, false
	watch := make(watchdogs, len(w.cfg.Rungs))
	defer watch.stop()
	limit := rate.NewLimiter(rate.Every(lineInterval), linesBurst)
	job := child.Job{
		Program: w.cfg.FFmpeg, Args: arguments(w.cfg.Source, w.cfg.Rungs), WidePipes: true,
		Stall: 2 * w.stall, // the watchdogs bite first
		Feeds: []func(context.Context, io.Writer) error{func(ctx context.Context, in io.Writer) (err error) {
			finished, err = w.feed(ctx, in, first, times, watch)
			return err
		}},
		Line: func(line string) {
			if limit.Allow() {
				w.log.Warn("ffmpeg", "line", line)
			}
		},
	}
	for i, rung := range w.cfg.Rungs {
		watch[i] = newWatchdog(w.stall, func() { kill(fmt.Errorf("output %s: %w", rung.Name, errStalled)) })
		c := &collector{rung: rung, out: w.out, times: times, alive: watch[i].frameOut}
		job.Reads = append(job.Reads, c.run)
	}
	err = job.Run(ctx)
	if finished {
		return errFinished
	}
	return err
}

// feed writes samples until the source ends, which it reports, or FFmpeg.
func (w *Worker) feed(ctx context.Context, in io.Writer, first media.Sample, times *sourceTimes, watch watchdogs) (finished bool, err error) {
	f := newFeeder(w.cfg.Source.Codec, in)
	if err := f.start(w.cfg.Source); err != nil {
		return false, err
	}
	s := first
	for {
		times.add(s.PTS())
		watch.frameIn()
		if err := f.write(s); err != nil {
			return false, err
		}
		select {
		case <-ctx.Done():
			return false, nil
		case next, ok := <-w.queue:
			if !ok {
				return true, nil
			}
			s = next
		}
	}
}
