package cdnlog

import (
	"time"

	"github.com/globalfandom/lightstick/cdn/cost"
)

// sumKey is what is summed apart: by the minute what is recent, else by the hour.
type sumKey struct {
	slot            int64 // Unix time
	stream, country string
}

type sum struct{ requests, bytes int64 }

func (i *importer) count(e *entry) {
	i.seen++
	s := &i.summary
	s.Lines, s.Requests, s.Bytes = s.Lines+1, s.Requests+1, s.Bytes+e.bytes
	if s.Bytes < 0 {
		s.Bytes = 1<<63 - 1
	}
	switch {
	case e.hit:
		s.Hits++
	case e.cached:
		s.Misses++
	}
	if s.From.IsZero() || e.at.Before(s.From) {
		s.From = e.at
	}
	if e.at.After(s.To) {
		s.To = e.at
	}
	i.add(sumKey{i.slot(e.at), streamOf(e.path), e.country}, e.bytes)
}

// byMinute is for how long back usage is summed by the minute, which the cost of the
// last hour needs.
const byMinute = 2 * time.Hour

func (i *importer) slot(at time.Time) int64 {
	u := at.Unix()
	if age := i.now.Sub(at); age < byMinute && age > -byMinute {
		return u - u%60
	}
	return u - u%3600
}

func (i *importer) add(k sumKey, bytes int64) {
	if i.lastSum == nil || k != i.lastKey {
		if i.sums[k] == nil && len(i.sums) >= maxSums {
			k.stream, k.country = "", ""
		}
		if i.sums[k] == nil {
			i.sums[k] = new(sum)
		}
		i.lastKey, i.lastSum = k, i.sums[k]
	}
	i.lastSum.requests++
	if i.lastSum.bytes += bytes; i.lastSum.bytes < 0 {
		i.lastSum.bytes = 1<<63 - 1
	}
}

func (i *importer) usages() []cost.Usage {
	usages := make([]cost.Usage, 0, len(i.sums))
	for k, s := range i.sums {
		usages = append(usages, cost.Usage{
			At: time.Unix(k.slot, 0).UTC(), Via: cost.ViaLogs, CDN: i.o.CDN, Stream: k.stream, Country: k.country,
			Requests: s.requests, Bytes: s.bytes,
		})
	}
	return usages
}

func (i *importer) finish() Summary {
	s := i.summary
	s.From, s.To = s.From.UTC(), s.To.UTC()
	if n := s.Hits + s.Misses; n > 0 {
		s.HitRatio = float64(s.Hits) / float64(n)
	}
	s.Streams = make(map[string]Volume)
	for k, part := range i.sums {
		v := s.Streams[k.stream]
		v.Requests, v.Bytes = v.Requests+part.requests, v.Bytes+part.bytes
		s.Streams[k.stream] = v
	}
	return s
}
