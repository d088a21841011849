package packager

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/globalfandom/lightstick/media"
)

// sizes counts what is recorded.
type sizes struct {
	Discard
	bytes, segments int
}

func (r *sizes) Segment(_ string, s *Segment) { r.bytes, r.segments = r.bytes+s.Size, r.segments+1 }

// Small pictures that are far apart, in a burst after a large one, don't become gigabytes. The
// large one stands for as long as its source likes.
func TestRestatedBytesAreBounded(t *testing.T) {
	const large, distance, pictures = 15 << 20, 3 * time.Second, 30
	tests := []struct {
		name  string
		pause time.Duration // of the wall clock, between pictures
		gaps  bool
	}{
		{"in a burst", 0, true},
		{"in time", distance, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				rec := &sizes{}
				stream := NewStream(Config{}.WithDefaults(), rec)
				s := newSource(stream, [2]int64{30, 1}, 60, 0)
				s.begin(t, "p")
				s.run(6 * time.Second)
				at := s.dts(s.frame)
				stream.Write("source", media.Sample{DTS: at, KeyFrame: true, Payload: make([]byte, large)})
				for range pictures {
					time.Sleep(tt.pause)
					at += media.TicksOf(distance, media.VideoTimescale)
					stream.Write("source", media.Sample{DTS: at, Payload: make([]byte, 20)})
				}
				stream.End()
				if gaps := rec.bytes <= restatedAtOnce+2*large; gaps != tt.gaps {
					t.Errorf("%d MB in %d segments", rec.bytes>>20, rec.segments)
				}
				if !tt.gaps && stream.Counters().Discontinuities > 0 {
					t.Errorf("%+v", stream.Counters())
				}
			})
		})
	}
}
