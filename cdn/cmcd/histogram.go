package cmcd

import "time"

// bounds are the upper ends of the startup histogram, in seconds: one in the player
// is good, three are long, thirty are never.
var bounds = [...]float64{0.25, 0.5, 0.75, 1, 1.5, 2, 3, 4, 6, 10, 15, 30}

// histogram counts startup times.
type histogram struct {
	counts [len(bounds) + 1]uint32
	mean   mean // s
}

func (h *histogram) add(d time.Duration) {
	s, i := d.Seconds(), 0
	for i < len(bounds) && s > bounds[i] {
		i++
	}
	h.counts[i]++
	h.mean.add(s)
}

func (h *histogram) merge(o *histogram) {
	for i, n := range o.counts {
		h.counts[i] += n
	}
	h.mean.merge(o.mean)
}

// quantile estimates by the straight line between a bucket's ends, in seconds; 0 of
// nothing, and the last bound of what lies beyond.
func (h *histogram) quantile(q float64) float64 {
	if h.mean.n == 0 {
		return 0
	}
	rank := q * float64(h.mean.n)
	below, low := 0.0, 0.0
	for i, n := range h.counts {
		if i == len(bounds) {
			break
		}
		if n > 0 && below+float64(n) >= rank {
			return low + (bounds[i]-low)*(rank-below)/float64(n)
		}
		below += float64(n)
		low = bounds[i]
	}
	return low
}
