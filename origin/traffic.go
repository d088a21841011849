package origin

import (
	"maps"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/globalfandom/lightstick/media"
)

// Traffic is what was sent of a stream since the server started.
type Traffic struct {
	Requests  int64
	Bytes     int64 // of answers' bodies
	WatchedMS int64 // milliseconds of watching that the requests for playlists stand for
}

// traffic counts by stream. Looking one up takes no lock and allocates nothing: the
// map is replaced when a stream is added, which is seldom.
type traffic struct {
	streams atomic.Pointer[map[media.StreamID]*counters]
	adding  sync.Mutex
}

type counters struct {
	requests, bytes, watched atomic.Int64 // watched in milliseconds

	// Under the mutex of dropOld.
	last    int64     // requests when they were looked at last
	changed time.Time // when they had changed
}

// trafficKept is how long a stream that has gone is counted after its last request.
const trafficKept = 10 * time.Minute

// maxCounted bounds the streams that are counted apart; those after them are counted
// as one, overflow.
const (
	maxCounted = 10_000
	overflow   = media.StreamID("other")
)

// of finds the counters of a stream, which must exist.
func (t *traffic) of(id media.StreamID) *counters {
	if m := t.streams.Load(); m != nil {
		if c := (*m)[id]; c != nil {
			return c
		}
	}
	return t.add(media.StreamID(strings.Clone(string(id))))
}

func (t *traffic) add(id media.StreamID) *counters {
	t.adding.Lock()
	defer t.adding.Unlock()
	known := make(map[media.StreamID]*counters)
	if m := t.streams.Load(); m != nil {
		if len(*m) >= maxCounted {
			id = overflow
		}
		if c := (*m)[id]; c != nil {
			return c
		}
		known = maps.Clone(*m)
	}
	c := new(counters)
	known[id] = c
	t.streams.Store(&known)
	return c
}

// dropOld drops the counters of streams that are gone and were not asked for in a while. An
// answer that ends at that moment may not be counted.
func (t *traffic) dropOld(now time.Time, gone func(media.StreamID) bool) {
	t.adding.Lock()
	defer t.adding.Unlock()
	m := t.streams.Load()
	if m == nil {
		return
	}
	var old []media.StreamID
	for id, c := range *m {
		if n := c.requests.Load(); n != c.last || c.changed.IsZero() {
			c.last, c.changed = n, now
		}
		if id != overflow && now.Sub(c.changed) >= trafficKept && gone(id) {
			old = append(old, id)
		}
	}
	if len(old) == 0 {
		return
	}
	kept := maps.Clone(*m)
	for _, id := range old {
		delete(kept, id)
	}
	t.streams.Store(&kept)
}

// sent is what was sent of each stream.
func (t *traffic) sent() map[media.StreamID]Traffic {
	sent := make(map[media.StreamID]Traffic)
	if m := t.streams.Load(); m != nil {
		for id, c := range *m {
			sent[id] = Traffic{Requests: c.requests.Load(), Bytes: c.bytes.Load(), WatchedMS: c.watched.Load()}
		}
	}
	return sent
}

var (
	streamBytesDesc = prometheus.NewDesc("lightstick_origin_stream_sent_bytes_total",
		"Bytes of answers' bodies, by stream.", []string{"stream"}, nil)
	streamRequestsDesc = prometheus.NewDesc("lightstick_origin_stream_requests_total",
		"Successful answers, by stream.", []string{"stream"}, nil)
	streamWatchedDesc = prometheus.NewDesc("lightstick_origin_stream_watched_seconds_total",
		"Estimate of the time that players watched through this server, by stream.", []string{"stream"}, nil)
)

func (t *traffic) collect(ch chan<- prometheus.Metric) {
	for id, of := range t.sent() {
		for d, v := range map[*prometheus.Desc]float64{
			streamBytesDesc: float64(of.Bytes), streamRequestsDesc: float64(of.Requests), streamWatchedDesc: float64(of.WatchedMS) / 1e3,
		} {
			ch <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, v, string(id))
		}
	}
}
