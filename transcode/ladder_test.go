package transcode

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"testing"

	"github.com/globalfandom/lightstick/media"
)

// The short side counts: an upright picture gets the rungs of the same picture lying, with
// as many pixels. None is larger than the source.
func TestRungsOfASource(t *testing.T) {
	tests := []struct {
		ladder        string
		width, height int
		want          []string // names and the arguments of the scale filter
	}{
		{"auto", 1920, 1080, []string{"720p -2:720", "480p -2:480", "360p -2:360"}},
		{"auto", 1080, 1920, []string{"720p 720:-2", "480p 480:-2", "360p 360:-2"}},
		{"auto", 720, 1280, []string{"480p 480:-2", "360p 360:-2"}},
		{"auto", 1280, 720, []string{"480p -2:480", "360p -2:360"}},
		{"auto", 1080, 1080, []string{"720p -2:720", "480p -2:480", "360p -2:360"}},
		{"auto", 2560, 1080, []string{"720p -2:720", "480p -2:480", "360p -2:360"}},
		{"auto", 640, 480, []string{"360p -2:360"}},
		{"auto", 360, 640, nil},
		{"auto", 426, 240, nil},
		{"720p,240p,audio", 720, 1280, []string{"240p 240:-2"}},
		{"off", 1080, 1920, nil},
	}
	for _, tt := range tests {
		l, err := ParseLadder(tt.ladder)
		if err != nil {
			t.Fatal(err)
		}
		source := media.Track{Width: tt.width, Height: tt.height}
		var got []string
		for _, r := range l.Rungs(source) {
			got = append(got, r.Name+" "+r.scale(source))
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("%s of %dx%d: %q, want %q", tt.ladder, tt.width, tt.height, got, tt.want)
		}
	}
}

// What FFmpeg makes keeps the shape, in even numbers of pixels. A rung from before the
// source changed to a smaller one is as large as that.
func TestSizesOfRungs(t *testing.T) {
	tests := []struct {
		source string
		want   string // 240p and 144p
	}{
		{"640x360", "426x240 256x144"},
		{"360x640", "240x426 144x256"},
		{"360x360", "240x240 144x144"},
		{"860x360", "574x240 344x144"},
		{"180x320", "180x320 144x256"},
	}
	for _, tt := range tests {
		t.Run(tt.source, func(t *testing.T) {
			track, samples := sizedClip(t, media.H264, tt.source, 8)
			out := newGathered()
			w := New(Config{Source: track, Rungs: rungs}, out, slog.New(slog.DiscardHandler))
			done := make(chan error)
			go func() { done <- w.Run(context.Background()) }()
			for _, s := range samples {
				w.Write(s)
			}
			w.Finish()
			if err := <-done; err != nil {
				t.Fatal(err)
			}
			large, small := out.tracks["240p"], out.tracks["144p"]
			if got := fmt.Sprintf("%dx%d %dx%d", large.Width, large.Height, small.Width, small.Height); got != tt.want {
				t.Errorf("%s, want %s", got, tt.want)
			}
		})
	}
}
