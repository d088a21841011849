package live

import (
	"testing"
	"time"
)

// However often the codec changes, FFmpeg is started once in betweenStarts at most, and soon
// after the last change.
func TestStartDelay(t *testing.T) {
	begin := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	tests := []struct {
		name    string
		every   time.Duration // the codec changes
		changes int
		starts  int
	}{
		{"once", 0, 1, 1},
		{"now and then", betweenStarts, 5, 5},
		{"all the time", betweenStarts / 20, 400, 21},
		{"rather often", betweenStarts * 3 / 5, 20, 13},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := &soundConversion{}
			starts := 0
			var last time.Time
			for i := range tt.changes {
				now := begin.Add(time.Duration(i) * tt.every)
				delay := c.startDelay(now)
				if delay < 0 || delay > betweenStarts {
					t.Fatalf("change %d waits for %v", i, delay)
				}
				if next := now.Add(tt.every); i < tt.changes-1 && now.Add(delay).After(next) {
					continue // it is changed again before
				}
				if start := now.Add(delay); starts > 0 && start.Sub(last) < betweenStarts {
					t.Errorf("%v after the last start", start.Sub(last))
				}
				starts, last = starts+1, now.Add(delay)
			}
			if starts != tt.starts {
				t.Errorf("%d starts, want %d", starts, tt.starts)
			}
		})
	}
}
