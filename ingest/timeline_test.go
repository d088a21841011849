package ingest

import (
	"testing"
	"time"

	"github.com/globalfandom/lightstick/media"
)

func TestTimeline(t *testing.T) {
	const frame = 33 * time.Millisecond
	type step struct {
		raw     int64         // of the video
		elapsed time.Duration // since the step before
	}
	steady := func(from, n int64) []step {
		var steps []step
		for i := range n {
			steps = append(steps, step{from + i*33, frame})
		}
		return steps
	}
	join := func(parts ...[]step) (all []step) {
		for _, p := range parts {
			all = append(all, p...)
		}
		return all
	}
	tests := []struct {
		name   string
		bits   uint
		steps  []step
		most   time.Duration // the longest step allowed
		reason string        // of the only repair; "" for none
	}{
		{"steady", 32, steady(0, 100), frame, ""},
		{"does not begin at 0", 32, steady(1_000_000, 100), frame, ""},
		{"wrap of 32-bit milliseconds", 32, steady(1<<32-1000, 100), frame, ""},
		{"forward jump of 10 s", 32, join(steady(0, 50), steady(11650, 50)), 40 * time.Millisecond, RepairForward},
		{"backward jump to 0", 32, join(steady(60_000, 50), steady(0, 50)), 40 * time.Millisecond, RepairBackward},
		{"repeated timestamp", 32, join(steady(0, 50), []step{{49 * 33, frame}}, steady(50*33, 50)), frame, RepairMonotonic},
		{"true pause of the source", 32, join(steady(0, 50), []step{{50*33 + 4000, 4 * time.Second}}, steady(51*33+4000, 50)), 4100 * time.Millisecond, ""},
		{"burst after a stall of the network", 32, join(steady(0, 50), []step{{50 * 33, 2 * time.Second}, {51 * 33, 0}, {52 * 33, 0}}), frame, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			repairs := map[string]int{}
			tl := NewTimeline(1000, tt.bits, func(reason string) { repairs[reason]++ })
			now := arrival
			var last media.Ticks
			for i, s := range tt.steps {
				now = now.Add(s.elapsed)
				at := tl.At(media.Video, s.raw&(1<<tt.bits-1), now)
				if i == 0 && at != 0 {
					t.Errorf("begins at %d", at)
				}
				if d := (at - last).Duration(media.VideoTimescale); i > 0 && (d <= 0 || d > tt.most) {
					t.Errorf("step %d: %v after the last", i, d)
				}
				last = at
			}
			switch {
			case tt.reason == "" && len(repairs) > 0:
				t.Errorf("repairs %v", repairs)
			case tt.reason != "" && (repairs[tt.reason] != 1 || len(repairs) != 1):
				t.Errorf("repairs %v, want one %s", repairs, tt.reason)
			}
		})
	}
}

// A source whose timestamps stand still while pictures come: time must go on, or
// its segment would grow for ever.
func TestFrozenClockIsReplaced(t *testing.T) {
	frozen := 0
	tl := NewTimeline(1000, 32, func(reason string) {
		if reason == RepairFrozen {
			frozen++
		}
	})
	now := arrival
	var last media.Ticks
	for range 30 * 20 { // 20 s at 30 frames per second
		last = tl.At(media.Video, 4000, now)
		now = now.Add(time.Second / 30)
	}
	if got := last.Duration(media.VideoTimescale); frozen == 0 || got < 15*time.Second || got > 21*time.Second {
		t.Errorf("after 20 s the media time is %v, with %d repairs", got, frozen)
	}
}

func TestTimelineUnrolls33Bits(t *testing.T) {
	tl := NewTimeline(media.VideoTimescale, 33, func(reason string) { t.Errorf("repair: %s", reason) })
	raw, now := int64(1<<33-30_000), arrival
	for i := range 100 {
		at := tl.At(media.Video, (raw+int64(i)*3000)&(1<<33-1), now)
		if at != media.Ticks(i*3000) {
			t.Fatalf("frame %d at %d", i, at)
		}
		now = now.Add(time.Second / 30)
	}
}

// After a jump both tracks must have moved by the same amount, though they notice
// it at different times.
func TestTimelineKeepsTracksTogetherOverAJump(t *testing.T) {
	for _, jump := range []int64{10_000, -40_000, 3_600_000} {
		tl := NewTimeline(1000, 32, func(string) {})
		now := arrival
		raw := int64(100_000)
		offset := func(k media.Kind) media.Ticks {
			return tl.At(k, raw, now) - media.Rescale(media.Ticks(raw), 1000, media.VideoTimescale)
		}
		for range 50 {
			offset(media.Video)
			offset(media.Audio)
			raw += 33
			now = now.Add(33 * time.Millisecond)
		}
		raw += jump
		var video, audio media.Ticks
		for range 10 {
			video, audio = offset(media.Video), offset(media.Audio)
			raw += 33
			now = now.Add(33 * time.Millisecond)
		}
		if d := (video - audio).Duration(media.VideoTimescale).Abs(); d > 5*time.Millisecond {
			t.Errorf("after a jump of %d ms the tracks are %v apart", jump, d)
		}
	}
}

// The sound notices a jump later, and by packets that a network held up: it moves by as
// much as the picture did all the same.
func TestSoundFollowsThePicturesJump(t *testing.T) {
	tl := NewTimeline(1000, 32, func(string) {})
	now, raw := arrival, int64(100_000)
	offset := func(k media.Kind, raw int64, arrival time.Time) time.Duration {
		return (tl.At(k, raw, arrival) - media.Rescale(media.Ticks(raw), 1000, media.VideoTimescale)).Duration(media.VideoTimescale)
	}
	for range 50 {
		offset(media.Video, raw, now)
		offset(media.Audio, raw, now)
		raw += 33
		now = now.Add(33 * time.Millisecond)
	}
	raw += 40_000
	video := offset(media.Video, raw, now)
	if audio := offset(media.Audio, raw, now.Add(500*time.Millisecond)); audio != video {
		t.Errorf("the picture has moved by %v, the sound by %v", video, audio)
	}
}

// Media time does not begin below 0, whichever track is the first, and what belongs to
// no track has no time before there is one.
func TestTimelineBegins(t *testing.T) {
	tl := NewTimeline(1000, 32, func(reason string) { t.Errorf("repair: %s", reason) })
	if at, ok := tl.Peek(5000); ok || at != 0 {
		t.Errorf("before the first sample: %d, %v", at, ok)
	}
	if at, ok := tl.Now(); ok || at != 0 {
		t.Errorf("before the first sample it is %d, %v", at, ok)
	}
	if video, audio := tl.At(media.Video, 1000, arrival), tl.At(media.Audio, 900, arrival); video != 0 || audio != 0 {
		t.Errorf("the picture begins at %d, the sound 100 ms before it at %d", video, audio)
	}
	for raw, want := range map[int64]media.Ticks{1500: 45_000, 0: 0, 1000 + 899_000: 899_000 * 90, 1000 + 901_000: 0} {
		if at, ok := tl.Peek(raw); !ok || at != want {
			t.Errorf("%d ms are %d, want %d", raw, at, want)
		}
	}
}

// A picture stood for 5 s, and what came after it comes in one burst with its sound: that is
// no jump of the clock. Without sound that says so it is.
func TestStillsInABurst(t *testing.T) {
	for _, sound := range []bool{true, false} {
		repairs := 0
		tl := NewTimeline(1000, 32, func(string) { repairs++ })
		now := time.Now()
		tl.At(media.Video, 1000, now)
		for raw := int64(1000); sound && raw < 6000; raw += 20 {
			tl.At(media.Audio, raw, now)
		}
		at := tl.At(media.Video, 6000, now)
		if kept := at == media.TicksOf(5*time.Second, media.VideoTimescale); kept != sound || (repairs == 0) != sound {
			t.Errorf("sound %v: the picture is at %d, %d repairs", sound, at, repairs)
		}
	}
}
