package web

import (
	"slices"
	"testing"
)

func TestPictureOrigins(t *testing.T) {
	got := PictureOrigins(map[string]string{
		"wave": "https://emotes.example.com/wave.webp", "heart": "https://emotes.example.com/heart.webp",
		"star": "http://localhost:9000/star.png", "own": "/static/own.png", "odd": "javascript:alert(1)", "none": "", "bad": "https://x;script-src/a.png",
	})
	if want := []string{"http://localhost:9000", "https://emotes.example.com"}; !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
}
