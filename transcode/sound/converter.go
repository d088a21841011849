package sound

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/globalfandom/lightstick/internal/retry"
	"github.com/globalfandom/lightstick/media"
	"github.com/globalfandom/lightstick/transcode/internal/child"
)

// Config of a converter.
type Config struct {
	FFmpeg string // the program; "" is ffmpeg, found in PATH
	Source media.Track
	// Delay is how long FFmpeg isn't started. What comes until then is dropped.
	Delay time.Duration
}

const (
	// queueLen is how many samples of the source may wait for FFmpeg: 6 s of MP2. When it
	// is full, or holds more bytes than queueBytes, samples are dropped.
	queueLen   = 256
	queueBytes = 4 << 20
	// outputLen is how many frames may wait to be taken: 10 s. When it is full, FFmpeg waits.
	outputLen = 512
	// firstBackoff and lastBackoff are the pauses before a restart; they double.
	firstBackoff = 500 * time.Millisecond
	lastBackoff  = 30 * time.Second
	// stallLimit is how long FFmpeg may give nothing back, while it is given as much sound.
	stallLimit = 8 * time.Second
	// maxFailures is how often in a row FFmpeg may end without a single frame.
	maxFailures = 3
)

// ErrFailed reports an FFmpeg that can't convert the source: trying again won't help.
var ErrFailed = errors.New("sound can't be converted")

var (
	errFinished = errors.New("sound: source has ended")
	errEnded    = errors.New("ffmpeg has ended")
	errStalled  = errors.New("ffmpeg took sound but gave none back")
)

// Converter converts one track. Write and Finish are called by the source, Run by the owner.
type Converter struct {
	cfg      Config
	target   media.Track
	log      *slog.Logger
	queue    chan media.Sample
	queued   atomic.Int64 // bytes in it
	out      chan media.Sample
	finish   sync.Once
	backoff  retry.Backoff
	stall    time.Duration // stallLimit, but in tests
	restarts atomic.Uint64
	dropped  atomic.Uint64
}

// New makes a converter. The source's codec is MP2, PCMA, PCMU, G722 or PCM.
func New(cfg Config, log *slog.Logger) *Converter {
	return &Converter{
		cfg: cfg, target: Target(cfg.Source), log: log, stall: stallLimit,
		backoff: retry.Backoff{First: firstBackoff, Last: lastBackoff},
		queue:   make(chan media.Sample, queueLen), out: make(chan media.Sample, outputLen),
	}
}

// Write hands over the next sample of the source. It never waits: when FFmpeg is too slow,
// the sample is dropped.
func (c *Converter) Write(s media.Sample) {
	size := int64(len(s.Payload))
	if c.queued.Add(size) <= queueBytes {
		select {
		case c.queue <- s:
			return
		default:
		}
	}
	c.queued.Add(-size)
	c.dropped.Add(1)
}

// taken notes that a sample has left the queue.
func (c *Converter) taken(s media.Sample) { c.queued.Add(-int64(len(s.Payload))) }

// Output is what becomes of the source, on its timeline; Target describes it. It is closed
// when Run returns.
func (c *Converter) Output() <-chan media.Sample { return c.out }

// Finish says that no more samples come. Run ends when FFmpeg has given out what it has.
func (c *Converter) Finish() { c.finish.Do(func() { close(c.queue) }) }

// Restarts counts how often FFmpeg had to be started again.
func (c *Converter) Restarts() uint64 { return c.restarts.Load() }

// Dropped counts the samples that FFmpeg was too slow for, or that came while there was none.
func (c *Converter) Dropped() uint64 { return c.dropped.Load() }

// Run converts until Finish or the end of ctx, and starts FFmpeg again when it has ended.
// The error wraps ErrFailed. Run owns FFmpeg and every goroutine it starts; when it returns,
// all have ended.
func (c *Converter) Run(ctx context.Context) error {
	defer close(c.out)
	if c.cfg.Delay > 0 && !c.idle(ctx, c.cfg.Delay) {
		return nil
	}
	failures := 0
	for {
		frames, err := c.runOnce(ctx)
		if errors.Is(err, errFinished) || ctx.Err() != nil {
			return nil
		}
		failures++
		if frames > 0 {
			failures = 0
			c.backoff.Reset()
		}
		if failures == maxFailures || errors.Is(err, child.ErrStart) {
			return fmt.Errorf("%w: %w", ErrFailed, err)
		}
		c.restarts.Add(1)
		pause := c.backoff.Next()
		c.log.Warn("ffmpeg ended; the picture goes on", "err", err, "restart_in", pause)
		if !c.idle(ctx, pause) {
			return nil
		}
	}
}

// idle waits for a start. It reports false when the source has ended.
func (c *Converter) idle(ctx context.Context, pause time.Duration) bool {
	return child.Idle(ctx, c.queue, pause, func(s media.Sample) {
		c.taken(s)
		c.dropped.Add(1)
	})
}

// runOnce runs one FFmpeg, from the next sample to its end. It returns how many frames came.
func (c *Converter) runOnce(ctx context.Context) (frames int, err error) {
	r := run{c: c, last: time.Now()}
	r.times = timeline{source: c.cfg.Source.Timescale, target: c.target.Timescale}
	select {
	case <-ctx.Done():
		return 0, ctx.Err()
	case s, ok := <-c.queue:
		if !ok {
			return 0, errFinished
		}
		c.taken(s)
		r.first = s
	}
	err = child.Job{
		Program: c.cfg.FFmpeg, Args: arguments(c.target), Stall: c.stall,
		Feeds: []func(context.Context, io.Writer) error{r.feed},
		Reads: []func(io.Reader) error{func(p io.Reader) error { return r.collect(ctx, p) }},
	}.Run(ctx)
	switch {
	case err == nil && r.finished:
		err = errFinished
	case err == nil:
		err = errEnded
	}
	return r.frames, err
}

// run is one FFmpeg's.
type run struct {
	c     *Converter
	first media.Sample
	times timeline

	finished bool // feed has given all there is
	frames   int  // of collect

	mu   sync.Mutex
	last time.Time // when a frame came
}

// feed gives FFmpeg samples until the source or FFmpeg ends.
func (r *run) feed(ctx context.Context, w io.Writer) error {
	if _, err := w.Write(matroskaHeader(r.c.cfg.Source)); err != nil {
		return err
	}
	s := r.first
	for {
		if err := writeSample(w, r.times.add(s), s.Payload); err != nil {
			return err
		}
		if r.stalled() {
			return errStalled
		}
		select {
		case <-ctx.Done():
			return nil
		case next, ok := <-r.c.queue:
			if !ok {
				r.finished = true
				return nil
			}
			r.c.taken(next)
			s = next
		}
	}
}

func (r *run) stalled() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return time.Since(r.last) > r.c.stall && r.times.pending().Duration(r.c.target.Timescale) > r.c.stall
}

// collect reads frames until FFmpeg ends.
func (r *run) collect(ctx context.Context, p io.Reader) error {
	frames := newADTSReader(p, r.c.target)
	for {
		payload, err := frames.next()
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return nil
		}
		if err != nil {
			return err
		}
		r.mu.Lock()
		r.last = time.Now()
		r.mu.Unlock()
		dts, ok := r.times.next()
		if !ok {
			continue
		}
		r.frames++
		select {
		case <-ctx.Done():
			return ctx.Err()
		case r.c.out <- media.Sample{DTS: dts, Duration: frameSamples, KeyFrame: true, Payload: payload}:
		}
	}
}
