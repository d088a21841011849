package packager

import (
	"fmt"
	"math"
	"testing"
	"time"
)

// A source of 30 frames a second and 2 s between keyframes sets the target to 2 s. What comes
// after that has one segment a group of pictures as long as that rounds to the target in all
// renditions (RFC 8216bis §4.4.3.1), whether the source connects anew or not. Longer groups
// are cut, and no segment rounds to more.
func TestGroupsThatRoundToTheTarget(t *testing.T) {
	for _, fps := range []int64{24, 25, 30, 50, 60} {
		for _, seconds := range []float64{2.2, 2.4, 2.45, 3} {
			for _, rate := range []int{0, 44100, 48000} {
				for _, anew := range []bool{false, true} {
					t.Run(fmt.Sprintf("%d fps %v s, sound %d, anew %v", fps, seconds, rate, anew), func(t *testing.T) {
						s := NewStream(Config{Window: 3 * time.Minute}, &nothing{})
						src := newSource(s, [2]int64{30, 1}, 60, rate)
						src.ms, src.follower = true, "240p"
						src.begin(t, "p")
						src.run(8 * time.Second)
						if anew {
							s.End()
						}
						src.base, src.frame, src.sound = src.dts(src.frame), 0, 0
						src.fps, src.keyFrames = [2]int64{fps, 1}, int(seconds*float64(fps))
						if anew {
							src.begin(t, "q")
						}
						src.run(60 * time.Second)
						group := time.Duration(src.keyFrames) * time.Second / time.Duration(fps)
						checkGroups(t, s, group, time.Duration(seconds*float64(time.Second)) < 2450*time.Millisecond)
					})
				}
			}
		}
	}
}

// checkGroups checks that the newest segments are whole groups of pictures, and that all
// round to the target.
func checkGroups(t *testing.T, s *Stream, group time.Duration, whole bool) {
	t.Helper()
	for _, r := range s.lists.lists {
		closed := r.window.closed
		for i, segment := range closed {
			if int(math.Round(segment.Duration.Seconds())) > s.lists.params.TargetDuration || segment.Gap {
				t.Errorf("%s %d lasts %v, gap %v", r.name, segment.MSN, segment.Duration, segment.Gap)
			}
			if settled := i > len(closed)-20; whole && settled && (segment.Duration-group).Abs() > oneFrame {
				t.Errorf("%s %d lasts %v, a group of pictures %v", r.name, segment.MSN, segment.Duration, group)
			}
		}
	}
	if n := s.Counters().Gaps; n > 0 {
		t.Errorf("%d gaps", n)
	}
}
