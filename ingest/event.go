package ingest

import "github.com/globalfandom/lightstick/media"

// maxEarlyEvents bounds the events that are kept until the first sample tells
// when they are.
const maxEarlyEvents = 16

// earlyEvent is one that came before any sample.
type earlyEvent struct {
	event media.Event
	raw   int64
	timed bool // raw is its time; else it applies when it comes
}

// Event passes timed metadata on. Its Time is computed from the raw timestamp, in
// the scale of the session's timestamps.
func (s *Session) Event(raw int64, e media.Event) { s.event(earlyEvent{e, raw, true}) }

// EventNow passes metadata on that applies as soon as it comes.
func (s *Session) EventNow(e media.Event) { s.event(earlyEvent{event: e}) }

func (s *Session) event(e earlyEvent) {
	at, started := s.timeline.Now()
	if !started {
		if len(s.early) < maxEarlyEvents {
			s.early = append(s.early, e)
		}
		return
	}
	if e.timed {
		at, _ = s.timeline.Peek(e.raw)
	}
	e.event.Time = at
	s.sink.Event(e.event)
}

// flushEvents gives out the events that came before the first sample.
func (s *Session) flushEvents() {
	early := s.early
	s.early = nil
	for _, e := range early {
		s.event(e)
	}
}
