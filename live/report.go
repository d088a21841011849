package live

import (
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/globalfandom/lightstick/ingest"
	"github.com/globalfandom/lightstick/media"
)

// Report is what the creator should know of a stream, on air or not.
func (m *Manager) Report(id media.StreamID) ingest.Report {
	var r ingest.Report
	if s, ok := m.Stream(id); ok {
		s.observe(time.Now())
		s.mu.Lock()
		r.Advice = slices.Clone(s.advice)
		onAir := s.publication != nil
		s.mu.Unlock()
		if onAir {
			r.Input = s.intake.input()
		}
	}
	r.Refusal = m.refusals.of(id)
	return r
}

// repeated is how often one advice may be logged.
const repeated = time.Minute

// observe measures the input, and raises or clears advice. It is called while samples come
// and when somebody asks.
func (s *Stream) observe(now time.Time) {
	p := s.publisher()
	if p == nil {
		return
	}
	s.intake.observe(now, s.totals(p, now))
	found := s.intake.symptoms(now, s.manager.cfg.Packager.SegmentDuration, s.packager.FrameDuration())
	if isClosed(s.packager.Ready()) {
		found.target = s.packager.ShortestTarget()
	}
	s.advise(now, p, s.intake.advice(found))
}

// totals are the counts so far, of all publications of the stream but for what is lost.
func (s *Stream) totals(p *publication, now time.Time) (t totals) {
	for k := range t.bytes {
		t.bytes[k], t.samples[k] = s.stats.bytes[k].Load(), s.stats.samples[k].Load()
	}
	s.stats.mu.Lock()
	for reason, n := range s.stats.repairs {
		t.repairs += n
		switch reason {
		case ingest.RepairAudioGap, ingest.RepairBadUnit, ingest.RepairParameters:
			t.lost += n
		case ingest.RepairForward, ingest.RepairBackward, ingest.RepairFrozen, ingest.RepairOrder:
			t.jumps += n
		}
	}
	s.stats.mu.Unlock()
	t.heard, t.stood = time.Duration(p.lastData.Load()), s.stats.standing(now)
	if p.request.Lost != nil {
		t.lost += p.request.Lost()
	}
	if w := s.stats.worker.Load(); w != nil {
		t.overload = w.Dropped()
	}
	s.mu.Lock()
	t.mediaEnd = s.mediaEnd
	s.mu.Unlock()
	return t
}

// advise replaces the advice on p, and logs what is new.
func (s *Stream) advise(now time.Time, p *publication, list []ingest.Advice) {
	s.mu.Lock()
	var fresh []ingest.Advice
	if s.publication == p {
		for _, a := range list {
			raised := slices.ContainsFunc(s.advice, func(b ingest.Advice) bool { return a.Code == b.Code })
			if !raised && now.Sub(s.advised[a.Code]) >= repeated {
				fresh = append(fresh, a)
			}
		}
		s.advice = list
	}
	if s.advised == nil {
		s.advised = make(map[string]time.Time)
	}
	for _, a := range fresh {
		s.advised[a.Code] = now
	}
	s.mu.Unlock()
	for _, a := range fresh {
		s.log.Warn("advice for the creator", "code", a.Code, "advice", a.Text)
	}
}

// maxRefusals bounds the streams whose last refusal is remembered.
const maxRefusals = 1024

// refusals are the last ones, by stream.
type refusals struct {
	mu   sync.Mutex
	last map[media.StreamID]ingest.Refusal
}

// add remembers a refusal. When there are too many the oldest is forgotten.
func (r *refusals) add(id media.StreamID, refusal ingest.Refusal) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.last == nil {
		r.last = make(map[media.StreamID]ingest.Refusal)
	}
	if _, known := r.last[id]; !known && len(r.last) == maxRefusals {
		oldest := id
		for other, of := range r.last {
			if oldest == id || of.At.Before(r.last[oldest].At) {
				oldest = other
			}
		}
		delete(r.last, oldest)
	}
	r.last[id] = refusal
}

func (r *refusals) of(id media.StreamID) *ingest.Refusal {
	r.mu.Lock()
	defer r.mu.Unlock()
	if refusal, ok := r.last[id]; ok {
		return &refusal
	}
	return nil
}

// refused remembers why a publication of the stream ended or did not begin, if we ended it
// for what the publisher did.
func (m *Manager) refused(id media.StreamID, r ingest.Request, err error) {
	if err == nil {
		return
	}
	if refusal, ours := ingest.NewRefusal(time.Now().UTC().Truncate(time.Millisecond), r.Protocol, err); ours {
		m.refusals.add(id, refusal)
	}
}

// busy refuses a second publisher.
func (m *Manager) busy(id media.StreamID, r ingest.Request) error {
	err := fmt.Errorf("%w: %s", ingest.ErrBusy, id)
	m.refused(id, r, err)
	return err
}
