package packager

import (
	"testing"
	"time"
)

// RFC 8216bis §4.1: sets of segments whose total duration is between 0.5 and 1.5 target
// durations have a peak bit rate, shorter ones have none.
func TestPeakIsOfSetsOfHalfToOneAndAHalfTargets(t *testing.T) {
	type segment struct {
		bytes, key int
		length     time.Duration
	}
	steady := segment{250_000, 50_000, 2 * time.Second} // 1 Mbit/s, keyframes 200 kbit/s
	tests := []struct {
		name     string
		segments []segment
		peak     ratedPeak
		average  int64
	}{
		{"steady", []segment{steady, steady, steady}, ratedPeak{1_000_000, 200_000}, 1_000_000},
		// 3.5 Mbit/s and 2 Mbit/s by itself; 270,000 bytes of 2.2 s with the one before.
		{"a short last one", []segment{steady, steady, {87_500, 50_000, 200 * time.Millisecond}}, ratedPeak{1_227_272, 363_636}, 1_119_047},
		{"a short one between others", []segment{steady, {87_500, 50_000, 200 * time.Millisecond}, steady}, ratedPeak{1_227_272, 363_636}, 1_119_047},
		{"half a target", []segment{steady, {250_000, 50_000, time.Second}}, ratedPeak{2_000_000, 400_000}, 1_333_333},
		{"short ones add up", []segment{{100_000, 0, 500 * time.Millisecond}, {100_000, 0, 500 * time.Millisecond}}, ratedPeak{1_600_000, 0}, 1_600_000},
		{"too short to have a peak", []segment{{25_000, 10_000, 200 * time.Millisecond}}, ratedPeak{}, 1_000_000},
		{"without a length", []segment{steady, {100, 0, 0}}, ratedPeak{1_000_000, 200_000}, 1_000_000},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var r rates
			for _, s := range tt.segments {
				r.addSegment(s.bytes, s.key, s.length, 2*time.Second, rateSpan)
			}
			if r.peak != tt.peak || r.average() != tt.average {
				t.Errorf("peak %+v, average %d; want %+v, %d", r.peak, r.average(), tt.peak, tt.average)
			}
			if r.bandwidth(0) < r.average() {
				t.Errorf("BANDWIDTH %d is less than the average %d", r.bandwidth(0), r.average())
			}
		})
	}
}

// What is longer ago than the span doesn't count any more.
func TestRatesForget(t *testing.T) {
	var r rates
	r.addSegment(2_500_000, 2_000_000, 2*time.Second, 2*time.Second, time.Minute)
	for i := range 40 {
		r.addSegment(250_000, 50_000, 2*time.Second, 2*time.Second, time.Minute)
		if loud := (i+1)*2 < 60; loud != (r.peak.all > 1_000_000) || loud != (r.average() > 1_000_000) || loud != (r.peak.keys > 200_000) {
			t.Fatalf("after %d s: peak %+v, average %d", 2*(i+1), r.peak, r.average())
		}
	}
	if n := len(r.segments); n > 31 {
		t.Errorf("%d segments are kept for a minute", n)
	}
}
