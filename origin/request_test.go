package origin

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/globalfandom/lightstick/internal/httpcache"
	"github.com/globalfandom/lightstick/packager"
)

func TestRequestsThatNoPlayerMakes(t *testing.T) {
	s := newStudio(t)
	s.publish(9 * time.Second)
	tests := []struct {
		name, method, path string
		header             []string
		want               int
	}{
		{"method", "POST", "/live/show/audio.m3u8", nil, http.StatusMethodNotAllowed},
		{"unknown method", "BREW", "/live/show/p/audio/1.m4s", nil, http.StatusMethodNotAllowed},
		{"long address", "GET", "/live/show/audio.m3u8?x=" + strings.Repeat("y", maxURI), nil, http.StatusRequestURITooLong},
		{"long header", "GET", "/live/show/audio.m3u8", []string{"X", strings.Repeat("y", maxHeader)}, http.StatusRequestHeaderFieldsTooLarge},
		{"traversal", "GET", "/live/../../etc/passwd", nil, http.StatusNotFound},
		{"traversal in media", "GET", "/live/show/p/audio/../../../x", nil, http.StatusNotFound},
		{"no stream", "GET", "/live/", nil, http.StatusNotFound},
		{"no file", "GET", "/live/show/", nil, http.StatusNotFound},
		{"too deep", "GET", "/live/show/p/audio/x/1.m4s", nil, http.StatusNotFound},
		{"keyframes of sound", "GET", "/live/show/audio.iframes.m3u8", nil, http.StatusNotFound},
	}
	for _, tt := range tests {
		got := s.do(context.Background(), tt.method, tt.path, tt.header...)
		if got.Code != tt.want || got.Header().Get("Access-Control-Allow-Origin") != "*" ||
			got.Header().Get("Cache-Control") != httpcache.CacheControl(httpcache.NotFound) || got.Body.Len() > 200 {
			t.Errorf("%s: %d %v %s", tt.name, got.Code, got.Header(), got.Body)
		}
	}
}

// Each file has one name: what is spelt otherwise is another object for a cache.
func TestNamesOfMedia(t *testing.T) {
	for name, want := range map[string]packager.Position{
		"0.m4s": {MSN: 0, Part: packager.WholeSegment}, "7.m4s": {MSN: 7, Part: packager.WholeSegment}, "10.m4s": {MSN: 10, Part: packager.WholeSegment},
		"123456789012345.m4s": {MSN: 123456789012345, Part: packager.WholeSegment}, "20.0.m4s": {MSN: 20}, "20.19.m4s": {MSN: 20, Part: 19},
	} {
		if got, ok := parseMediaFile(name); !ok || got != want {
			t.Errorf("%s: %+v, %v; want %+v", name, got, ok, want)
		}
	}
	for _, name := range []string{
		"", ".m4s", "m4s", "1", "1.mp4", "01.m4s", "00.m4s", "+1.m4s", "-1.m4s", "1a.m4s", "1:.m4s", "1/.m4s", " 1.m4s", "1..m4s", "1.01.m4s", "1.2.3.m4s",
		"1.-1.m4s", "1234567890123456.m4s", "1.m4s.m4s", "١.m4s",
	} {
		if got, ok := parseMediaFile(name); ok {
			t.Errorf("%s is taken for %+v", name, got)
		}
	}
	if n, ok := objectNumber("12.json"); !ok || n != 12 {
		t.Errorf("12.json is %d, %v", n, ok)
	}
	for _, name := range []string{"12", "x.json", ".json", "012.json", "1.2.json"} {
		if n, ok := objectNumber(name); ok {
			t.Errorf("%s is %d", name, n)
		}
	}
}

func FuzzParseDirectives(f *testing.F) {
	for _, query := range []string{
		"", "_HLS_msn=1&_HLS_part=2&_HLS_skip=YES", "_HLS_part=1", "start=2026-11-23T12:00:00%2B09:00&end=1764000000",
		"_HLS_msn=%31", "&&=&_HLS_skip=v2;", "CMCD=bl%3D1&_HLS_msn=9223372036854775807",
	} {
		f.Add(query)
	}
	f.Fuzz(func(t *testing.T, query string) {
		d, err := parseDirectives(query)
		if err != nil {
			if query := (*queryError)(nil); !errors.As(err, &query) || len(err.Error()) > 400 {
				t.Errorf("%v", err)
			}
			return
		}
		if d.blocking && (d.position.MSN < 0 || d.position.Part < packager.WholeSegment) {
			t.Errorf("%+v", d)
		}
		if !d.span.End.IsZero() && !d.span.Start.Before(d.span.End) {
			t.Errorf("%+v", d.span)
		}
	})
}

func FuzzParsePath(f *testing.F) {
	f.Add("/live/show/index.m3u8")
	f.Add("/live/show/p/audio/1.2.m4s")
	f.Add("/live/show/chat/1.json")
	f.Add("/live/show/recordings/1/chat/index.json")
	f.Fuzz(func(t *testing.T, text string) {
		var p requestPath
		ok := p.parse(text)
		if !ok {
			return
		}
		back := []string{string(p.stream)}
		switch {
		case p.recording != "":
			back = append(back, recordings, p.recording)
		case p.publication != "":
			back = append(back, p.publication, p.rendition)
		}
		if p.series != "" {
			back = append(back, p.series)
		}
		if back := Prefix + strings.Join(append(back, p.file), "/"); back != text {
			t.Errorf("%q was read as %q", text, back)
		}
		if position, ok := parseMediaFile(p.file); ok && position.MSN < 0 {
			t.Errorf("%+v", position)
		}
	})
}
