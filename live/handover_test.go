package live

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/globalfandom/lightstick/ingest"
	"github.com/globalfandom/lightstick/media"
)

// A new publisher with the same key takes over when the old one is silent, and never while
// it is heard. An encoder that is killed comes back sooner than it can be told from one
// that pauses: it waits, for as long as the old one stays silent.
func TestHandover(t *testing.T) {
	tests := []struct {
		name   string
		every  time.Duration // between the old one's samples
		after  time.Duration // between its last sample, before which it sends so, and the new one; -1: it goes on
		buffer time.Duration // how long its samples wait in the protocol
		err    error
		within time.Duration // by which the new one knows
	}{
		{"both are there", time.Second / 30, -1, 0, ingest.ErrBusy, pollInterval},
		{"one that sends rarely", time.Second, -1, 0, ingest.ErrBusy, time.Second + pollInterval},
		{"killed, and back at once", time.Second / 30, time.Millisecond, 0, nil, idleTakeover},
		{"killed, and back", time.Second / 30, 700 * time.Millisecond, 0, nil, idleTakeover - 700*time.Millisecond},
		{"silent for long", time.Second / 30, time.Minute, 0, nil, 0},
		{"both are there, with a buffer", time.Second / 30, -1, 2 * time.Second, ingest.ErrBusy, pollInterval},
		{"killed, with a buffer", time.Second / 30, 100 * time.Millisecond, 2 * time.Second, nil, idleTakeover},
		{"silent for long, with a buffer", time.Second / 30, time.Minute, 2 * time.Second, nil, shortestWatch},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m := start(t, false)
				old := openBuffered(t, m, tt.buffer)
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				go old.run(ctx, t, tt.every)
				time.Sleep(10*time.Second + time.Millisecond)
				if tt.after >= 0 {
					cancel()
					time.Sleep(tt.after)
				}
				begun := time.Now()
				p, err := connect(t, m, "good")
				if !errors.Is(err, tt.err) {
					t.Errorf("the new one: %v, want %v", err, tt.err)
				}
				if took := time.Since(begun); took > tt.within+time.Millisecond {
					t.Errorf("it knows after %v, want %v", took, tt.within)
				}
				if kicked := isClosed(old.gone); kicked != (tt.err == nil) {
					t.Errorf("the old one was told to go: %v", kicked)
				}
				if err == nil {
					p.sink.Close(nil)
				} else {
					cancel()
					old.close(nil)
				}
			})
		})
	}
}

// bufferedPublisher sends samples of sound that wait in the protocol.
type bufferedPublisher struct {
	sink     ingest.Sink
	buffer   time.Duration
	received atomic.Uint64
	gone     chan struct{} // closed when it was told to go, or has ended
	mu       sync.Mutex    // the sink's methods are called one at a time
}

func openBuffered(t *testing.T, m *Manager, buffer time.Duration) *bufferedPublisher {
	t.Helper()
	p := &bufferedPublisher{buffer: buffer, gone: make(chan struct{})}
	r := ingest.Request{Protocol: "test", Remote: "peer", Key: "good", Kick: func(reason error) { go p.close(reason) }}
	if buffer > 0 {
		r.Received = p.received.Load
	}
	var err error
	if p.sink, err = m.Open(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	if err := p.sink.SetTrack(audioTrack(t)); err != nil {
		t.Fatal(err)
	}
	return p
}

func (p *bufferedPublisher) close(reason error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !isClosed(p.gone) {
		close(p.gone)
		p.sink.Close(reason)
	}
}

func (p *bufferedPublisher) write(s media.Sample) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if isClosed(p.gone) {
		return nil
	}
	return p.sink.Write(media.Audio, s)
}

// run receives a sample each time until ctx ends; what was received is written later.
func (p *bufferedPublisher) run(ctx context.Context, t *testing.T, every time.Duration) {
	due := make(chan time.Time, 1024)
	go func() {
		for at := media.Ticks(0); ; at += media.TicksOf(every, 48000) {
			select {
			case when := <-due:
				select {
				case <-time.After(time.Until(when)):
				case <-p.gone:
				}
			case <-p.gone:
				return
			}
			if err := p.write(media.Sample{DTS: at, Duration: 1024, KeyFrame: true, Payload: make([]byte, 20)}); err != nil {
				t.Error(err)
			}
		}
	}()
	for ctx.Err() == nil && !isClosed(p.gone) {
		p.received.Add(1)
		due <- time.Now().Add(p.buffer)
		select {
		case <-ctx.Done():
		case <-p.gone:
		case <-time.After(every):
		}
	}
}
