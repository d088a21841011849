package live

import (
	"testing"
	"time"

	"github.com/globalfandom/lightstick/media"
)

// An encoder counts pictures: keyframes that come late because nothing moved are no fault of
// its settings. One interval that is unlike the others raises no advice, and withdraws none.
func TestKeyframesOfStillScreens(t *testing.T) {
	const frame, wanted = time.Second / 30, 2 * time.Second
	of := func(seconds float64, frames int) keyInterval {
		return keyInterval{time.Duration(seconds * float64(time.Second)), frames}
	}
	two, ten, still := of(2, 60), of(10, 300), of(3.6, 60)
	tests := []struct {
		name      string
		intervals []keyInterval
		want      string
	}{
		{"none", nil, ""},
		{"steady", []keyInterval{two, two, two}, ""},
		{"rare", []keyInterval{ten}, "keyframe_interval"},
		{"a still screen", []keyInterval{two, still, still, of(9, 60), two}, ""},
		{"a still screen, rare", []keyInterval{of(12, 300), of(20, 300)}, "keyframe_interval"},
		{"fewer frames than usual", []keyInterval{of(2.2, 60), of(2.2, 60)}, ""},
		{"one long one", []keyInterval{two, two, of(3, 90)}, "keyframes_irregular"},
		{"one short one of many that are rare", []keyInterval{ten, ten, two}, "keyframe_interval"},
		{"mended", []keyInterval{ten, ten, two, two, two}, "keyframes_irregular"},
		{"a camera that is slow", []keyInterval{of(10, 5), of(10, 5)}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var in intake
			distance := frame
			if tt.name == "a camera that is slow" {
				distance = 2 * time.Second
				tt.want = "keyframe_interval"
			}
			in.packaged = true
			in.tracks[media.Audio].Codec = media.AAC
			var list string
			for _, k := range tt.intervals {
				in.addInterval(k)
				list = codes(advise(in.symptoms(time.Now(), wanted, distance)))
			}
			if list != tt.want {
				t.Errorf("advice %q, want %q", list, tt.want)
			}
		})
	}
}

// While nothing moves no picture comes, and without sound nothing at all: neither is the
// input slow then, nor are frames missing.
func TestRatesOfStillScreens(t *testing.T) {
	tests := []struct {
		name  string
		step  time.Duration // between two pictures
		still time.Duration // at the end of each 5 s
		slow  int           // per cent of its pace
		burst time.Duration // from second 20 on all comes together each so often; 0: never
		want  string
	}{
		{"30 frames a second", time.Second / 30, 0, 100, 0, ""},
		{"still for 1.6 s of 5 s", time.Second / 30, 1600 * time.Millisecond, 100, 0, ""},
		{"still for 4.5 s of 5 s", time.Second / 30, 4500 * time.Millisecond, 100, 0, ""},
		{"a picture in 4 s", 4 * time.Second, 0, 100, 0, ""},
		{"every second picture is missing", time.Second / 15, 0, 100, 0, "frames_missing"},
		{"slow", time.Second / 30, 0, 80, 0, "input_slow"},
		{"in bursts", time.Second / 30, 0, 100, 8 * time.Second, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var in intake
			in.packaged = true
			in.tracks[media.Video] = media.Track{Codec: media.H264, Timescale: media.VideoTimescale, FrameDuration: time.Second / 30}
			in.tracks[media.Audio].Codec = media.AAC
			now := time.Unix(1_800_000_000, 0)
			begun, last, asked := now, now, now
			var sum totals
			for at := time.Duration(0); at < time.Minute; at += tt.step {
				if at%(5*time.Second) >= 5*time.Second-tt.still {
					continue
				}
				comes := begun.Add(at * 100 / time.Duration(tt.slow))
				if tt.burst > 0 && at > 20*time.Second {
					comes = begun.Add((at/tt.burst + 1) * tt.burst)
				}
				for ; asked.Before(comes); asked = asked.Add(observed) { // somebody looks each second
					seen := sum
					if pause := asked.Sub(last); pause > longPicture {
						seen.stood += pause
					}
					in.observe(asked, seen)
					expect(t, &in, asked, tt.want)
				}
				if pause := comes.Sub(last); pause > longPicture {
					sum.stood += pause
				}
				last = comes
				sum.samples[media.Video]++
				sum.mediaEnd, sum.heard = media.TicksOf(at, media.VideoTimescale), time.Duration(comes.UnixNano())
				in.observe(comes, sum)
				expect(t, &in, comes, tt.want)
			}
			if got := codes(advise(in.symptoms(asked, 2*time.Second, 0))); got != tt.want {
				t.Errorf("advice %q, want %q", got, tt.want)
			}
		})
	}
}

// expect checks that no other advice is given than what is due at last.
func expect(t *testing.T, in *intake, now time.Time, want string) {
	t.Helper()
	if got := codes(advise(in.symptoms(now, 2*time.Second, 0))); got != "" && got != want {
		t.Fatalf("advice %q, want %q", got, want)
	}
}
