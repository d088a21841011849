package packager

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/globalfandom/lightstick/media"
)

// The rules of RFC 8216bis §4.4.4.9, no short remainder at a segment's end, the picture
// that is shown last in the last part, and segments that are shown when they are decoded:
// for the frame rates, groups of pictures and B-frames that encoders make.
func TestPartsOfReorderedPictures(t *testing.T) {
	for _, fps := range [][2]int64{{24, 1}, {25, 1}, {30000, 1001}, {30, 1}, {50, 1}, {60, 1}} {
		for _, seconds := range []float64{1, 2, 2.4, 8.33} {
			for bFrames := range 4 {
				for _, target := range []int{100, 133, 250, 334, 500} {
					name := fmt.Sprintf("%d_%d fps %v s %d B %d ms", fps[0], fps[1], seconds, bFrames, target)
					t.Run(name, func(t *testing.T) {
						s := NewStream(Config{PartDuration: time.Duration(target) * time.Millisecond}, &nothing{})
						keyFrames := int(seconds*float64(fps[0])/float64(fps[1]) + 0.5)
						src := newSource(s, fps, keyFrames, 48000)
						src.ms = true
						src.reordered(bFrames)
						src.follower = "240p"
						src.begin(t, "p")
						src.run(4 * max(s.lists.cfg.SegmentDuration, time.Duration(seconds*float64(time.Second))))
						known := seconds < 3 // at the probe
						checkReordered(t, rendition(t, s, "source"), s.FrameDuration(), known, bFrames, time.Duration(target)*time.Millisecond)
						for _, name := range []string{"audio", "240p"} {
							checkTails(t, rendition(t, s, name), known)
						}
						if rung := rendition(t, s, "240p").PartTarget(); rung != rendition(t, s, "source").PartTarget() {
							t.Errorf("the rung's PART-TARGET is %v", rung)
						}
					})
				}
			}
		}
	}
}

// checkTails checks the lengths of all parts that are listed.
func checkTails(t *testing.T, r *playlist, known bool) {
	t.Helper()
	target := r.PartTarget()
	for _, segment := range r.window.closed {
		parts := segment.parts()
		for i, p := range parts {
			first, last := i == 0 && p.Independent, i == len(parts)-1
			short := last && p.Duration < target*45/100 && (known || segment.MSN > 1) && !segment.Dependent
			switch {
			case p.Duration > target:
				t.Errorf("%s %d.%d lasts %v, target %v", r.Name(), segment.MSN, i, p.Duration, target)
			case short, !last && !first && p.Duration < target*85/100:
				t.Errorf("%s %d.%d of %d lasts %v only, target %v", r.Name(), segment.MSN, i, len(parts), p.Duration, target)
			}
		}
	}
}

func checkReordered(t *testing.T, r *playlist, frame time.Duration, known bool, bFrames int, asked time.Duration) {
	t.Helper()
	checkTails(t, r, known)
	if longest := max(asked, time.Duration(bFrames+1)*frame) + 2*time.Millisecond; r.PartTarget() > longest || 4*r.PartTarget() < 3*(asked-frame) {
		t.Errorf("PART-TARGET is %v for %v", r.PartTarget(), asked)
	}
	tolerance := 2 * media.TicksOf(time.Millisecond, media.VideoTimescale) // of timestamps in milliseconds
	if len(r.window.closed) < 2 {
		t.Fatalf("%d segments", len(r.window.closed))
	}
	for _, segment := range r.window.closed {
		chunks := segment.Chunks()
		if chunks == nil || segment.Dependent {
			continue
		}
		start, first, _ := samplesOf(t, chunks[0])
		if max(first[0]-start, start-first[0], start-segment.Start, segment.Start-start) > tolerance {
			t.Errorf("segment %d begins at %d, is decoded at %d and shown at %d", segment.MSN, segment.Start, start, first[0])
		}
		var newest, newestOfLast media.Ticks
		for i, chunk := range chunks {
			_, shown, _ := samplesOf(t, chunk)
			for _, at := range shown {
				newest = max(newest, at)
				if i == len(chunks)-1 {
					newestOfLast = max(newestOfLast, at)
				}
			}
		}
		if newest != newestOfLast && (known || segment.MSN > 1) {
			t.Errorf("segment %d: what is shown last is not in the last part", segment.MSN)
		}
	}
}

// lengths are those of the parts that a rule makes of a group with B-frames.
func (p partRule) lengths(segment, bFrames int, known bool) (lengths []int) {
	order := group(segment, bFrames)
	var runs reorderRuns
	n := 0
	for i, shown := range order {
		next := media.Sample{DTS: media.Ticks(shown)}
		rest := 0
		if known {
			rest = segment - i
		}
		if n > 0 && p.ends(n, rest, len(lengths) == 0, runs.isWhole(next)) {
			lengths, n = append(lengths, n), 0
		}
		runs.addPicture(next)
		n++
	}
	return append(lengths, n)
}

func TestPartRule(t *testing.T) {
	even, reordered, rigid := partRule{7, 6, 4, 1}, partRule{7, 6, 4, 3}, partRule{4, 4, 3, 3}
	tests := []struct {
		name             string
		rule             partRule
		segment, bFrames int
		known            bool
		want             []int
	}{
		{"nothing is reordered", even, 60, 0, true, []int{7, 7, 7, 7, 7, 7, 6, 6, 6}},
		{"end unknown", even, 60, 0, false, []int{7, 7, 7, 7, 7, 7, 7, 7, 4}},
		{"whole runs", reordered, 60, 2, true, []int{7, 6, 6, 6, 6, 6, 6, 6, 6, 5}},
		{"whole runs, end unknown", reordered, 60, 2, false, []int{7, 6, 6, 6, 6, 6, 6, 6, 6, 5}},
		{"one length", rigid, 24, 2, true, []int{4, 4, 4, 4, 4, 4}},
		{"the first makes up for what is left", rigid, 26, 2, true, []int{3, 4, 4, 4, 4, 4, 3}},
		{"shorter than a part", even, 3, 0, true, []int{3}},
		{"long parts", partRule{30, 26, 15, 3}, 118, 2, true, []int{28, 30, 30, 30}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := tt.rule.lengths(tt.segment, tt.bFrames, tt.known); !slices.Equal(got, tt.want) {
				t.Errorf("parts of %v, want %v", got, tt.want)
			}
		})
	}
}

// A keyframe interval that changes during the show makes one segment with a remainder.
func TestPartsFollowTheKeyInterval(t *testing.T) {
	s := NewStream(Config{Window: time.Minute}, &nothing{})
	src := newSource(s, [2]int64{30, 1}, 60, 48000)
	src.reordered(2)
	src.begin(t, "p")
	src.run(8 * time.Second)
	src.base, src.frame, src.sound = src.dts(src.frame), 0, 0
	src.keyFrames = 71
	src.reordered(2)
	src.run(20 * time.Second)
	r := rendition(t, s, "source")
	short := 0
	for _, segment := range r.window.closed {
		parts := segment.parts()
		if len(parts) == 0 {
			continue // it is too old for them
		}
		if last := parts[len(parts)-1]; last.Duration < r.PartTarget()/2-time.Millisecond {
			short++
		}
	}
	if short > 1 {
		t.Errorf("%d segments end with a short part", short)
	}
}

func TestPartFrames(t *testing.T) {
	tests := []struct{ limit, segment, run, want int }{
		{7, 60, 1, 6}, {7, 60, 3, 6}, {15, 120, 3, 15}, {6, 50, 1, 5}, {12, 100, 1, 10},
		{7, 250, 3, 7}, // none divides it: 7 and 6 in turn
		{7, 0, 1, 7}, {2, 48, 4, 4}, {1, 0, 1, 1}, {0, 0, 0, 1}, {4, 60, 4, 4},
	}
	for _, tt := range tests {
		if got := partFrames(tt.limit, tt.segment, tt.run); got != tt.want {
			t.Errorf("%+v: %d frames", tt, got)
		}
	}
}

// What a restart finds in the journal keeps the part target that players have seen.
func TestPartTargetOutlivesARestart(t *testing.T) {
	for _, target := range []time.Duration{100 * time.Millisecond, 250 * time.Millisecond, 400 * time.Millisecond} {
		rec := &diary{}
		s := NewStream(Config{PartDuration: target}, rec)
		src := newSource(s, [2]int64{30, 1}, 60, 48000)
		src.reordered(3)
		src.begin(t, "p")
		src.run(7 * time.Second)
		s.End()
		again, err := Restore(Config{PartDuration: target}, Discard{}, rec.reread(t), rec.locate)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"source", "audio"} {
			before, after := rendition(t, s, name).PartTarget(), rendition(t, again, name).PartTarget()
			if before == 0 || before != after {
				t.Errorf("%s: PART-TARGET was %v and is %v", name, before, after)
			}
		}
	}
}
