package packager

import (
	"testing"
	"time"

	"github.com/globalfandom/lightstick/media"
)

func TestUsualFrameRate(t *testing.T) {
	for _, usual := range [][3]int64{ // frames, seconds, FRAME-RATE
		{10, 1, 10000}, {12, 1, 12000}, {25, 2, 12500}, {15, 1, 15000}, {20, 1, 20000}, {24000, 1001, 23976}, {24, 1, 24000}, {25, 1, 25000},
		{30000, 1001, 29970}, {30, 1, 30000}, {48, 1, 48000}, {50, 1, 50000}, {60000, 1001, 59940}, {60, 1, 60000}, {90, 1, 90000},
		{100, 1, 100000}, {120000, 1001, 119880}, {120, 1, 120000},
	} {
		frame := time.Duration(usual[1]) * time.Second / time.Duration(usual[0])
		for _, off := range []time.Duration{-frame / 2500, 0, frame / 2500} { // as measured
			if got := usualFrameRate(frame + off); got != usual[2] {
				t.Errorf("frames of %v: %d, want %d", frame+off, got, usual[2])
			}
		}
	}
	for frame, want := range map[time.Duration]int64{0: 0, -1: 0, 90 * time.Millisecond: 11111, 45 * time.Millisecond: 22222} {
		if got := usualFrameRate(frame); got != want {
			t.Errorf("frames of %v: %d, want %d", frame, got, want)
		}
	}
}

// A probe measures by what is usual: a pause is no frame. What the bitstream declares
// is believed if it agrees.
func TestProbedFrameRate(t *testing.T) {
	steps := func(of ...media.Ticks) []media.Ticks {
		dts := []media.Ticks{0}
		for i := range 60 {
			dts = append(dts, dts[i]+of[i%len(of)])
		}
		return dts
	}
	ms := func(of ...media.Ticks) []media.Ticks {
		for i := range of {
			of[i] *= 90
		}
		return steps(of...)
	}
	for _, tt := range []struct {
		name     string
		dts      []media.Ticks
		declared time.Duration
		frame    media.Ticks
		rate     int64
	}{
		{"30", steps(3000), 0, 3000, 30000},
		{"30, in milliseconds", ms(33, 33, 34), 0, 3000, 30000},
		{"29.97, in milliseconds", ms(33, 34, 33), time.Second * 1001 / 30000, 3000, 29970},
		{"with pauses", steps(3000, 3000, 3000, 3000, 9000), 0, 3000, 30000},
		{"with pictures too many", steps(3000, 3000, 3000, 3000, 600), 0, 3000, 30000},
		{"another than is declared", steps(3000), time.Second / 60, 3000, 30000},
	} {
		p := &probe{track: media.Track{Codec: media.H264, Timescale: media.VideoTimescale, FrameDuration: tt.declared}, dts: tt.dts}
		if p.frameTicks() != tt.frame || p.frameRate() != tt.rate {
			t.Errorf("%s: frames of %d, rate %d; want %d, %d", tt.name, p.frameTicks(), p.frameRate(), tt.frame, tt.rate)
		}
	}
}
