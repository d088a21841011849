package origin

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/globalfandom/lightstick/media"
)

func TestTags(t *testing.T) {
	s := newStudioOf(t, Config{Tags: []string{"Surrogate-Key", "Cache-Tag"}})
	s.publish(9 * time.Second)
	for path, want := range map[string]string{
		"/live/show/index.m3u8":               "stream-show",
		"/live/show/audio.m3u8":               "stream-show",
		"/live/show/status.json":              "stream-show",
		"/live/show/p/audio/0.m4s":            "stream-show publication-p",
		"/live/show/recordings/r1/index.m3u8": "stream-show recording-r1", // 404s are cached, too
		"/live/show/a%0d%0aX:%20y/b/c":        "",
		"/live/":                              "",
	} {
		for range 2 {
			h := s.get(path).Header()
			if got := h.Get("Surrogate-Key"); got != want {
				t.Errorf("%s: %q, want %q", path, got, want)
			}
		}
	}
	if got := s.get("/live/show/p/audio/0.m4s").Header().Get("Cache-Tag"); got != "stream-show,publication-p" {
		t.Errorf("Cache-Tag: %q", got)
	}
	if h := newStudio(t).get("/live/show/index.m3u8").Header(); h.Get("Surrogate-Key") != "" {
		t.Errorf("tags that nobody asked for: %v", h)
	}
}

func TestTagsAreBounded(t *testing.T) {
	tags := newTagger([]string{"Surrogate-Key"})
	for i := range maxTagged {
		tags.tag(make(http.Header), &requestPath{stream: media.StreamID(fmt.Sprint("s", i))})
	}
	h := make(http.Header)
	tags.tag(h, &requestPath{stream: media.StreamID("new")})
	if n := len(tags.made); n != 1 || h.Get("Surrogate-Key") != "stream-new" {
		t.Errorf("%d are kept; %v", n, h)
	}
	if n := testing.AllocsPerRun(100, func() { tags.tag(h, &requestPath{stream: "new"}) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// BenchmarkTagsOfInventedNames is what somebody who asks for ever other streams costs us.
func BenchmarkTagsOfInventedNames(b *testing.B) {
	tags := newTagger([]string{"Surrogate-Key"})
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		tags.tag(make(http.Header), &requestPath{stream: media.StreamID(fmt.Sprint("s", i))})
	}
}
