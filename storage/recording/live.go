package recording

import (
	"context"
	"time"

	"github.com/globalfandom/lightstick/media"
)

func (a *Archive) newHead(id media.StreamID) Head {
	ctx, cancel := context.WithTimeout(context.Background(), policyTimeout)
	defer cancel()
	policy, err := a.cfg.Policy(ctx, id)
	if err != nil {
		a.log.Error("the stream's settings can't be read; it is recorded, to be safe", "stream", id, "err", err)
		policy = Policy{Title: string(id), Record: true}
	}
	now := time.Now()
	return Head{
		Version: journalVersion, ID: newID(now), Stream: id, Title: policy.Title,
		Record: policy.Record, Retention: policy.Retention, Begun: now,
	}
}

// addStream makes s the broadcast of its stream.
func (a *Archive) addStream(s *Stream) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.live[s.id] = s
}

// removeStream says that the broadcast can't be watched live any more.
func (a *Archive) removeStream(s *Stream) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.live[s.id] == s {
		delete(a.live, s.id)
	}
}

// onAir reports whether the stream has a broadcast that can be watched live.
func (a *Archive) onAir(id media.StreamID) bool {
	_, ok := a.current(id)
	return ok
}

// current is the head of the broadcast that can be watched live.
func (a *Archive) current(id media.StreamID) (Head, bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if s := a.live[id]; s != nil {
		return s.head, true
	}
	return Head{}, false
}

// Recorded reports whether the stream's last broadcast is over and its recording can
// be watched in its place.
func (a *Archive) Recorded(id media.StreamID) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	s := a.live[id]
	return s != nil && s.made.Load()
}
