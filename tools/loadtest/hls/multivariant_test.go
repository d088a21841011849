package hls

import (
	"slices"
	"testing"
)

func TestChoose(t *testing.T) {
	const text = `#EXTM3U
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="low",NAME="a",URI="low.m3u8"
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="high",NAME="b",URI="other.m3u8"
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="high",NAME="c",DEFAULT=YES,URI="high.m3u8?session=1"
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="muxed",NAME="d",DEFAULT=YES
#EXT-X-STREAM-INF:BANDWIDTH=64000,CODECS="mp4a.40.2",AUDIO="low"
low.m3u8
#EXT-X-STREAM-INF:BANDWIDTH=3000000,CODECS="avc1.64001f,mp4a.40.2",AUDIO="high"

720p.m3u8
#EXT-X-STREAM-INF:BANDWIDTH=900000,RESOLUTION=640x360,AUDIO="muxed"
360p.m3u8
`
	for nth, want := range [][]string{{"720p.m3u8", "high.m3u8?session=1"}, {"360p.m3u8"}} {
		if got, err := choose([]byte(text), nth); err != nil || !slices.Equal(got, want) {
			t.Errorf("variant %d: %q, %v; want %q", nth, got, err, want)
		}
	}
	if _, err := choose([]byte(text), 2); err == nil {
		t.Error("a variant that isn't there")
	}
	audio := "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1,CODECS=\"mp4a.40.2\",AUDIO=\"a\"\na.m3u8\n#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"a\",URI=\"a.m3u8\"\n"
	if got, err := choose([]byte(audio), 0); err != nil || !slices.Equal(got, []string{"a.m3u8"}) {
		t.Errorf("sound alone: %q, %v", got, err)
	}
}

func TestResolve(t *testing.T) {
	base, err := parseLocation("http://host:8080/live/show/video.m3u8?session=a/b")
	if err != nil {
		t.Fatal(err)
	}
	for reference, want := range map[string]string{
		"p/1.m4s":               "http://host:8080/live/show/p/1.m4s",
		"1.m4s?session=c":       "http://host:8080/live/show/1.m4s?session=c",
		"/x/1.m4s":              "http://host:8080/x/1.m4s",
		"../1.m4s":              "http://host:8080/live/1.m4s",
		"./1.m4s":               "http://host:8080/live/show/1.m4s",
		"//cdn/1.m4s":           "http://cdn/1.m4s",
		"https://cdn:1/1.m4s":   "https://cdn:1/1.m4s",
		"?a=1":                  "http://host:8080/live/show/video.m3u8?a=1",
		"a b.m4s":               "http://host:8080/live/show/a%20b.m4s",
		"1.m4s#t=1":             "http://host:8080/live/show/1.m4s",
		"ftp://cdn/1.m4s":       "",
		"x HTTP/1.1\r\nHost: y": "",
	} {
		origin, path, err := base.resolve(nil, []byte(reference))
		if got := origin + string(path); got != want || (err == nil) != (want != "") {
			t.Errorf("%q: %q, %v; want %q", reference, got, err, want)
		}
	}
}
