package measure

import (
	"math"
	"math/bits"
	"sync/atomic"
	"time"
)

// Buckets grow with the value: each power of two of microseconds has 32, so that a
// quantile is at most 3% off, from 1 µs to over a day.
const (
	subBits    = 5
	subBuckets = 1 << subBits
	octaves    = 32
	numBuckets = octaves * subBuckets
)

// Histogram counts durations. Adding is lock-free.
type Histogram struct {
	counts [numBuckets]atomic.Uint64
	max    atomic.Int64
}

// Add counts a duration; a negative one counts as 0.
func (h *Histogram) Add(d time.Duration) {
	d = max(d, 0)
	h.counts[bucketOf(d)].Add(1)
	for {
		old := h.max.Load()
		if int64(d) <= old || h.max.CompareAndSwap(old, int64(d)) {
			return
		}
	}
}

func bucketOf(d time.Duration) int {
	us := uint64(d / time.Microsecond)
	if us < subBuckets {
		return int(us)
	}
	shift := bits.Len64(us) - subBits - 1
	return min((shift+1)*subBuckets+int(us>>shift)-subBuckets, numBuckets-1)
}

// valueOf is the middle of a bucket.
func valueOf(bucket int) time.Duration {
	if bucket < subBuckets {
		return time.Duration(bucket) * time.Microsecond
	}
	shift := bucket/subBuckets - 1
	low := uint64(bucket%subBuckets+subBuckets) << shift
	return time.Duration(low+uint64(1)<<shift/2) * time.Microsecond
}

// Tally is a histogram's sum over the shards at one moment.
type Tally struct {
	counts [numBuckets]uint64
	total  uint64
	max    time.Duration
}

// Include adds what a histogram holds now.
func (t *Tally) Include(h *Histogram) {
	for i := range h.counts {
		n := h.counts[i].Load()
		t.counts[i] += n
		t.total += n
	}
	t.max = max(t.max, time.Duration(h.max.Load()))
}

// Since is what came after an earlier tally. Its maximum is a bucket's middle.
func (t *Tally) Since(earlier *Tally) *Tally {
	diff := &Tally{}
	for i := range t.counts {
		if n := t.counts[i] - earlier.counts[i]; n > 0 {
			diff.counts[i] = n
			diff.total += n
			diff.max = min(valueOf(i), t.max)
		}
	}
	return diff
}

// Quantile is the value that the share q of all values doesn't exceed; 0 if there
// are none.
func (t *Tally) Quantile(q float64) time.Duration {
	rank, seen := uint64(q*float64(t.total)), uint64(0)
	for i, n := range t.counts {
		if seen += n; seen > rank {
			return min(valueOf(i), t.max)
		}
	}
	return t.max
}

// Quantiles of a duration, in milliseconds.
type Quantiles struct {
	Count uint64  `json:"count"`
	P50   float64 `json:"p50"`
	P90   float64 `json:"p90"`
	P99   float64 `json:"p99"`
	Max   float64 `json:"max"`
}

// Quantiles are those of all values.
func (t *Tally) Quantiles() Quantiles {
	ms := func(d time.Duration) float64 { return math.Round(d.Seconds()*1e5) / 100 }
	return Quantiles{t.total, ms(t.Quantile(0.5)), ms(t.Quantile(0.9)), ms(t.Quantile(0.99)), ms(t.max)}
}
