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

// eventQueue gives timed metadata its media time, and keeps what comes before the first
// sample.
type eventQueue struct {
	sink     Sink
	timeline *Timeline
	early    []earlyEvent
}

func (q *eventQueue) add(e earlyEvent) {
	at, started := q.timeline.Now()
	if !started {
		if len(q.early) < maxEarlyEvents {
			q.early = append(q.early, e)
		}
		return
	}
	if e.timed {
		at, _ = q.timeline.Peek(e.raw)
	}
	e.event.Time = at
	q.sink.Event(e.event)
}

// flush passes on the events that came before the first sample.
func (q *eventQueue) flush() {
	early := q.early
	q.early = nil
	for _, e := range early {
		q.add(e)
	}
}

// Event passes timed metadata on. Its Time is computed from the raw timestamp, in
// the scale of the session's timestamps.
func (s *Session) Event(raw int64, e media.Event) { s.events.add(earlyEvent{e, raw, true}) }

// EventNow passes metadata on that applies as soon as it comes.
func (s *Session) EventNow(e media.Event) { s.events.add(earlyEvent{event: e}) }
