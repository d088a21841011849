// Package ingesttest has a Gate for tests of protocols: it knows one key and
// keeps what is published.
package ingesttest

import (
	"context"
	"sync"

	"github.com/globalfandom/lightstick/ingest"
	"github.com/globalfandom/lightstick/media"
)

// Key is the only key that a Gate lets in.
const Key = "KEY"

// Gate is an ingest.Gate that lets one publisher in at a time.
type Gate struct {
	mu     sync.Mutex
	live   *Publication
	Ended  chan *Publication // each publication, when it has been closed
	Refuse error             // if set, everybody is refused with it
}

// NewGate makes a gate.
func NewGate() *Gate { return &Gate{Ended: make(chan *Publication, 16)} }

// Open implements ingest.Gate.
func (g *Gate) Open(_ context.Context, r ingest.Request) (ingest.Sink, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	switch {
	case g.Refuse != nil:
		return nil, g.Refuse
	case r.Key != Key && r.Trusted == "":
		return nil, ingest.ErrUnauthorized
	case g.live != nil:
		return nil, ingest.ErrBusy
	}
	g.live = &Publication{gate: g, Request: r, Repairs: make(map[string]int)}
	return g.live, nil
}

// Live is the publication that goes on now, or nil.
func (g *Gate) Live() *Publication {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.live
}

// Publication is an ingest.Sink that keeps everything.
type Publication struct {
	gate    *Gate
	Request ingest.Request
	Reason  error

	mu      sync.Mutex
	Tracks  []media.Track
	Samples [2][]media.Sample
	Events  []media.Event
	Repairs map[string]int
	Advice  []ingest.Advice
}

// Stream implements ingest.Sink, as do the other methods.
func (p *Publication) Stream() media.StreamID { return "test" }

// Expect does nothing.
func (p *Publication) Expect(_, _ bool) {}

// SetTrack keeps the track.
func (p *Publication) SetTrack(t media.Track) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.Tracks = append(p.Tracks, t)
	return nil
}

// Write keeps the sample.
func (p *Publication) Write(k media.Kind, s media.Sample) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.Samples[k] = append(p.Samples[k], s)
	return nil
}

// Advise keeps the advice.
func (p *Publication) Advise(a ingest.Advice) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.Advice = append(p.Advice, a)
}

// Event keeps the event.
func (p *Publication) Event(e media.Event) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.Events = append(p.Events, e)
}

// Count is the number of samples of a kind so far.
func (p *Publication) Count(k media.Kind) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.Samples[k])
}

// Repaired counts.
func (p *Publication) Repaired(reason string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.Repairs[reason]++
}

// Close hands the publication to Ended.
func (p *Publication) Close(reason error) {
	p.Reason = reason
	p.gate.mu.Lock()
	p.gate.live = nil
	p.gate.mu.Unlock()
	select {
	case p.gate.Ended <- p:
	default:
	}
}
