package measure

import (
	"testing"
	"time"
)

func TestHistogram(t *testing.T) {
	var shards [4]Histogram
	tally := func() *Tally {
		sum := &Tally{}
		for i := range shards {
			sum.Include(&shards[i])
		}
		return sum
	}
	for i := range 1000 {
		shards[i%len(shards)].Add(time.Duration(i+1) * time.Millisecond)
	}
	all := tally()
	for q, want := range map[float64]time.Duration{0.5: 500 * time.Millisecond, 0.99: 990 * time.Millisecond, 1: time.Second} {
		if got := all.Quantile(q); got < want*97/100 || got > want*103/100 {
			t.Errorf("quantile %v: %v, want about %v", q, got, want)
		}
	}
	if all.max != time.Second || all.total != 1000 {
		t.Errorf("max %v of %d", all.max, all.total)
	}
	shards[0].Add(3 * time.Second)
	if later := tally().Since(all); later.total != 1 || later.Quantile(0.99) < 2900*time.Millisecond {
		t.Errorf("since: %d, %v", later.total, later.Quantile(0.99))
	}
	for i := 1; i < numBuckets; i++ {
		if bucketOf(valueOf(i)) != i || valueOf(i) <= valueOf(i-1) {
			t.Fatalf("bucket %d is for %v", i, valueOf(i))
		}
	}
	if got := (&Tally{}).Quantile(0.99); got != 0 {
		t.Errorf("nothing has a quantile of %v", got)
	}
}
