package hls

import (
	"testing"
	"time"
)

func TestPlayback(t *testing.T) {
	const part = 200 * time.Millisecond
	// Two tracks; each step adds a part to both, at so many milliseconds.
	tests := []struct {
		name    string
		at      []int
		end     int
		stalls  int64
		stalled time.Duration
	}{
		{"steady", []int{0, 0, 0, 200, 400, 600, 800}, 1000, 0, 0},
		{"jitter that the hold-back takes", []int{0, 0, 0, 500, 550, 600, 1000}, 1200, 0, 0},
		{"late by more than the hold-back", []int{0, 0, 0, 900, 900, 900}, 1000, 1, 300 * time.Millisecond},
		{"twice", []int{0, 0, 0, 700, 1000}, 1100, 2, 200 * time.Millisecond},
		{"until the end", []int{0, 0, 0}, 2000, 1, 1400 * time.Millisecond},
		{"never begun", []int{0, 500}, 5000, 0, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s, start := &shard{}, time.Now()
			p := &playback{shard: s, tracks: make([]trackBuffer, 2)}
			p.require(3 * part)
			p.caughtUp(0, start)
			p.caughtUp(1, start)
			for _, ms := range tt.at {
				now := start.Add(time.Duration(ms) * time.Millisecond)
				p.add(0, part, now)
				p.add(1, part, now)
			}
			p.end(start.Add(time.Duration(tt.end) * time.Millisecond))
			if got, stalled := s.stalls.Load(), time.Duration(s.stalledFor.Load()); got != tt.stalls || stalled != tt.stalled {
				t.Errorf("%d stalls, %v; want %d, %v", got, stalled, tt.stalls, tt.stalled)
			}
		})
	}
}

func TestArrivals(t *testing.T) {
	var a arrivals
	start := time.Now()
	if got := a.first(position{7, 3}, start); got != start {
		t.Error("the first one isn't the first")
	}
	if got := a.first(position{7, 3}, start.Add(time.Second)); got != start {
		t.Error("forgotten")
	}
	slots := int64(len(a.slots))
	if now := start.Add(time.Second); a.first(position{7 + slots, 3}, now) != now || a.first(position{7, 3}, now) != now {
		t.Error("another part in the same slot")
	}
}
