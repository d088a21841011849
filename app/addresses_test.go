package app

import (
	"testing"

	"github.com/globalfandom/lightstick/config"
	"github.com/globalfandom/lightstick/control"
)

func TestURLs(t *testing.T) {
	for _, tt := range []struct {
		reached string
		sets    []string
		want    control.URLs
	}{
		{"http://h:8080", nil, control.URLs{Watch: "http://h:8080/watch/a", HLS: "http://h:8080/live/a/index.m3u8", RTMP: "rtmp://h/live", WHIP: "http://h:8080/whip"}},
		{"https://[::1]", nil, control.URLs{WHIP: "https://[::1]/whip", Watch: "https://[::1]/watch/a", HLS: "https://[::1]/live/a/index.m3u8", RTMP: "rtmp://[::1]/live"}},
		{"http://[::1]:80", []string{"rtmp.listen=:1936", "webrtc.listen="}, control.URLs{Watch: "http://[::1]:80/watch/a", HLS: "http://[::1]:80/live/a/index.m3u8", RTMP: "rtmp://[::1]:1936/live"}},
		{"http://h", []string{"http.url=https://cdn.example/"}, control.URLs{WHIP: "http://h/whip", Watch: "https://cdn.example/watch/a", HLS: "https://cdn.example/live/a/index.m3u8", RTMP: "rtmp://h/live"}},
	} {
		loaded, err := config.Load("", nil, append([]string{"srt.listen=", "rtsp.listen="}, tt.sets...))
		if err != nil {
			t.Fatal(err)
		}
		if got := Addresses(&loaded.Config).URLs(tt.reached, "a"); got != tt.want {
			t.Errorf("%s: %+v\nwant %+v", tt.reached, got, tt.want)
		}
	}
}
