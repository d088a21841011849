package pull

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync"
	"time"

	"github.com/globalfandom/lightstick/ingest"
	"github.com/globalfandom/lightstick/internal/repeatlog"
	"github.com/globalfandom/lightstick/internal/retry"
	"github.com/globalfandom/lightstick/media"
)

// Waits between attempts to reach a peer.
const (
	firstRetry = time.Second
	lastRetry  = 30 * time.Second
	// steady is how long media must have come for the waits to begin anew.
	steady = time.Minute
)

// puller fetches one stream, and comes back to it when it goes away.
type puller struct {
	stream  media.StreamID
	address Address
	gate    ingest.Gate
	log     *slog.Logger
	lines   *repeatlog.Lines
	retry   time.Duration // the first wait; 0: firstRetry

	mu       sync.Mutex
	status   ingest.Pull
	attempts uint64
}

// run pulls until ctx is cancelled.
func (p *puller) run(ctx context.Context) error {
	backoff := retry.Backoff{First: cmp.Or(p.retry, firstRetry), Last: lastRetry}
	for {
		p.begin()
		begun := time.Now()
		err := inWords(p.attempt(ctx))
		if ctx.Err() != nil {
			return nil
		}
		if p.cameLive() && time.Since(begun) > steady {
			backoff.Reset()
		}
		wait := backoff.Next()
		p.fail(err)
		p.lines.Log(p.log, slog.LevelWarn, string(p.stream)+repeatlog.About("", err), "pull ended; trying again", "err", err, "wait", wait)
		if !retry.Sleep(ctx, wait) {
			return nil
		}
	}
}

// errEnded reports that the peer ended the stream in order.
var errEnded = errors.New("the peer ended the stream")

// attempt makes one attempt. A fault of a client ends that alone.
func (p *puller) attempt(ctx context.Context) (err error) {
	defer func() {
		if r := recover(); r != nil {
			p.log.Error("pull failed", "err", fmt.Sprint(r), "stack", string(debug.Stack()))
			err = errors.New("this server failed at it; its log says where")
		}
	}()
	c, err := p.address.scheme.make(p.address, p.log)
	if err != nil {
		return err
	}
	if err := c.Fetch(ctx, door{p}); err != nil {
		return err
	}
	return errEnded
}

// begin notes that an attempt begins.
func (p *puller) begin() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.attempts++
	p.status.State, p.status.Since = ingest.PullConnecting, now()
}

// live notes that media come.
func (p *puller) live() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.status.State, p.status.Since, p.status.Error = ingest.PullLive, now(), ""
}

func (p *puller) cameLive() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.status.State == ingest.PullLive
}

// fail notes why an attempt ended.
func (p *puller) fail(err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.status.State, p.status.Since, p.status.Error = ingest.PullWaiting, now(), err.Error()
}

func now() time.Time { return time.Now().UTC().Truncate(time.Millisecond) }
