//go:build e2e

package e2e

import (
	"fmt"
	"net/http"
	"os/exec"
	"strings"
	"testing"
)

// Sound that players can't play is made AAC: a camera's G.711 is heard, in time with its
// picture, and its creator is told.
func TestUnplayableSoundIsConverted(t *testing.T) {
	t.Parallel()
	s := passThrough.at(t)
	args := "-re -f lavfi -i testsrc2=size=320x180:rate=30 -re -f lavfi -i sine=frequency=440:sample_rate=8000" +
		" -c:v libx264 -preset ultrafast -tune zerolatency -g 30 -b:v 300k -c:a pcm_alaw -rtsp_transport tcp -f rtsp"
	push(t, append(strings.Fields(args), rtspURL(s)+"alaw")...)
	s.live(t, "alaw")
	index := "http://" + s.http + "/live/alaw/index.m3u8"
	if got, want := probe(t, index), both("h264", "aac"); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("ffprobe finds %v, want %v", got, want)
	}
	if got := pitch(t, index); got < 435 || got > 445 {
		t.Errorf("a tone of %d Hz is heard, want 440", got)
	}
	if n := s.metric(t, `lightstick_packager_gaps_total{stream="alaw"}`); n > 0 {
		t.Errorf("%v gaps", n)
	}
	if body := string(s.api(t, http.MethodGet, "/streams/alaw", "")); !strings.Contains(body, `"sound_converted"`) || !strings.Contains(body, `"alaw"`) {
		t.Errorf("the creator is told %s", body)
	}
}

// pitch listens for two seconds and counts the waves of a pure tone.
func pitch(t *testing.T, url string) (hertz int) {
	t.Helper()
	const rate, seconds = 8000, 2
	out, err := exec.Command("ffmpeg", "-v", "error", "-i", url, "-t", fmt.Sprint(seconds), "-vn",
		"-ac", "1", "-ar", fmt.Sprint(rate), "-f", "s16le", "-").Output()
	if err != nil {
		t.Fatal(err)
	}
	rising, last := 0, int16(0)
	for ; len(out) >= 2; out = out[2:] {
		now := int16(uint16(out[0]) | uint16(out[1])<<8)
		if last < 0 && now >= 0 {
			rising++
		}
		last = now
	}
	return rising / seconds
}
