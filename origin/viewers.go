package origin

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/globalfandom/lightstick/media"
	"github.com/globalfandom/lightstick/packager"
)

// viewerEstimate estimates how many players watch a stream, without knowing any of
// them: each low-latency player asks for a playlist once a part, each other one
// once a target duration. Behind a cache it counts what the cache lets through.
type viewerEstimate struct {
	stream  media.StreamID
	traffic *counters
	blocked atomic.Int64 // requests held now
	buckets [estimateSpan]bucket
}

// estimateSpan is over how many seconds requests are averaged.
const estimateSpan = 10

type bucket struct {
	second atomic.Int64
	weight atomic.Int64 // nanoseconds of watching that the requests stand for
}

// addRequest counts a playlist request that stands for so much watching.
func (a *viewerEstimate) addRequest(watched time.Duration) {
	now := time.Now().Unix()
	b := &a.buckets[now%estimateSpan]
	if old := b.second.Load(); old != now && b.second.CompareAndSwap(old, now) {
		b.weight.Store(0)
	}
	b.weight.Add(int64(watched))
	a.traffic.watched.Add(watched.Milliseconds())
}

// players is the number of players, rounded.
func (a *viewerEstimate) players() int {
	now, total := time.Now().Unix(), int64(0)
	for i := range a.buckets {
		// The second that runs now is not full yet.
		if s := a.buckets[i].second.Load(); s < now && s > now-estimateSpan {
			total += a.buckets[i].weight.Load()
		}
	}
	const span = int64(estimateSpan-1) * int64(time.Second)
	return int((total + span/2) / span)
}

// viewerEstimates are those of the streams that are on air.
type viewerEstimates struct {
	streams  Streams
	reported func(id media.StreamID) int // players that report that they watch; nil: none report
	traffic  *traffic
	m        sync.Map // of *viewerEstimate, by *packager.Stream
}

// of is the estimate of a stream. A new stream is the moment to drop the old ones:
// they would hold their segments in memory.
func (v *viewerEstimates) of(stream *packager.Stream, id media.StreamID) *viewerEstimate {
	if e, ok := v.m.Load(stream); ok {
		return e.(*viewerEstimate)
	}
	v.dropOld(func(*viewerEstimate) {})
	e, _ := v.m.LoadOrStore(stream, &viewerEstimate{stream: id, traffic: v.traffic.of(id)})
	return e.(*viewerEstimate)
}

// dropOld drops the estimates of streams that are gone, and calls each for the others.
func (v *viewerEstimates) dropOld(each func(*viewerEstimate)) {
	v.m.Range(func(key, value any) bool {
		e := value.(*viewerEstimate)
		if live, ok := v.streams.Live(e.stream); !ok || live != key {
			v.m.Delete(key)
		} else {
			each(e)
		}
		return true
	})
}

// count is how many watch the stream live, by the one definition that the status, the
// API, the dashboard and the metrics share: players that asked this server for playlists
// in the last ten seconds, or players that report to it that they watch, whichever are
// more. Behind a cache the first are few, and not every player reports.
func (v *viewerEstimates) count(e *viewerEstimate) int {
	reporting := 0
	if v.reported != nil {
		reporting = v.reported(e.stream)
	}
	return max(e.players(), reporting)
}

// ofStream is how many watch a stream live; 0 when it is not on air.
func (v *viewerEstimates) ofStream(id media.StreamID) int {
	stream, ok := v.streams.Live(id)
	if !ok {
		return 0
	}
	return v.count(v.of(stream, id))
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
