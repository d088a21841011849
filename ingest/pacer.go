package ingest

import (
	"time"

	"github.com/globalfandom/lightstick/media"
)

// late is how late a sample may be without moving those after it.
const late = 500 * time.Millisecond

// Pacer is a Sink that passes samples on in real time where they come in bursts: segments of
// HLS, and files. It moves no timestamps.
type Pacer struct {
	Sink
	// Done ends the waiting when it is closed.
	Done <-chan struct{}
	// Lead is how far samples may be ahead of real time.
	Lead time.Duration
	// Behind reports that more waits than has to, so that nothing is held back; nil: never.
	Behind func() bool

	scales [2]media.Timescale
	begun  bool
	start  time.Time // of media time 0
}

// SetTrack implements Sink.
func (p *Pacer) SetTrack(t media.Track) error {
	p.scales[t.Kind()] = t.Timescale
	return p.Sink.SetTrack(t)
}

// Write implements Sink. It waits until the sample is due.
func (p *Pacer) Write(k media.Kind, s media.Sample) error {
	if scale := p.scales[k]; scale != 0 {
		if err := p.wait(s.DTS.Duration(scale)); err != nil {
			return err
		}
	}
	return p.Sink.Write(k, s)
}

// wait waits for a media time. A source that was late goes on from then on.
func (p *Pacer) wait(at time.Duration) error {
	now := time.Now()
	ahead := p.start.Add(at).Sub(now)
	if !p.begun || ahead < -late || p.Behind != nil && p.Behind() {
		p.begun, p.start, ahead = true, now.Add(-at), 0
	}
	if ahead <= p.Lead {
		return nil
	}
	timer := time.NewTimer(ahead - p.Lead)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-p.Done:
		return ErrShuttingDown
	}
}
