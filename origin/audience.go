package origin

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/globalfandom/lightstick/media"
	"github.com/globalfandom/lightstick/packager"
)

// audience estimates how many players watch a stream, without knowing any of
// them: each low-latency player asks for a playlist once a part, each other one
// once a target duration. Behind a cache it counts what the cache lets through.
type audience struct {
	stream  media.StreamID
	traffic *counters
	blocked atomic.Int64 // requests held now
	buckets [audienceSpan]bucket
}

// audienceSpan is over how many seconds requests are averaged.
const audienceSpan = 10

type bucket struct {
	second atomic.Int64
	weight atomic.Int64 // nanoseconds of watching that the requests stand for
}

// heard notes a playlist request that stands for so much watching.
func (a *audience) heard(watched time.Duration) {
	now := time.Now().Unix()
	b := &a.buckets[now%audienceSpan]
	if old := b.second.Load(); old != now && b.second.CompareAndSwap(old, now) {
		b.weight.Store(0)
	}
	b.weight.Add(int64(watched))
	a.traffic.watched.Add(watched.Milliseconds())
}

// estimate is the number of players, rounded.
func (a *audience) estimate() int {
	now, total := time.Now().Unix(), int64(0)
	for i := range a.buckets {
		// The second that runs now is not full yet.
		if s := a.buckets[i].second.Load(); s < now && s > now-audienceSpan {
			total += a.buckets[i].weight.Load()
		}
	}
	const span = int64(audienceSpan-1) * int64(time.Second)
	return int((total + span/2) / span)
}

// audiences are kept by stream. Only streams that exist get here.
type audiences struct{ m sync.Map } // of *packager.Stream

func (a *audiences) of(stream *packager.Stream, id media.StreamID, t *traffic) *audience {
	if v, ok := a.m.Load(stream); ok {
		return v.(*audience)
	}
	v, _ := a.m.LoadOrStore(stream, &audience{stream: id, traffic: t.of(id)})
	return v.(*audience)
}

// forget drops the audiences of streams that are gone, and calls each for the others.
func (a *audiences) forget(d Directory, each func(*audience)) {
	a.m.Range(func(key, value any) bool {
		audience := value.(*audience)
		if live, ok := d.Live(audience.stream); !ok || live != key {
			a.m.Delete(key)
		} else {
			each(audience)
		}
		return true
	})
}

// audience is that of a stream. A new stream is the moment to forget the old ones:
// they would hold their segments in memory.
func (s *Server) audience(stream *packager.Stream, id media.StreamID) *audience {
	if _, known := s.audiences.m.Load(stream); !known {
		s.audiences.forget(s.directory, func(*audience) {})
	}
	return s.audiences.of(stream, id, &s.traffic)
}

// viewers is how many watch the stream live, by the one definition that the status, the
// API, the dashboard and the metrics share: players that asked this server for playlists
// in the last ten seconds, or players that report to it that they watch, whichever are
// more. Behind a cache the first are few, and not every player reports.
func (s *Server) viewers(a *audience) int {
	reporting := 0
	if s.cfg.Viewers != nil {
		reporting = s.cfg.Viewers(a.stream)
	}
	return max(a.estimate(), reporting)
}

// Viewers is how many watch a stream live; 0 when it is not on air.
func (s *Server) Viewers(id media.StreamID) int {
	stream, ok := s.directory.Live(id)
	if !ok {
		return 0
	}
	return s.viewers(s.audience(stream, id))
}

// leads reports whether each viewer asks for this rendition: one picture, or the
// sound when there is no picture.
func leads(s *packager.Stream, r *packager.Rendition) bool {
	return r.IsVideo() || s.AudioOnly()
}

// interval is how much watching a request stands for, to a playlist with the target
// duration.
func interval(r *packager.Rendition, d directives, target time.Duration) time.Duration {
	if d.blocking && d.position.Part != packager.WholeSegment {
		return r.PartTarget()
	}
	return target
}
