package app

import (
	"slices"
	"strings"
	"testing"

	"github.com/globalfandom/lightstick/config"
)

// The start says who may write in the chat, and how others get in.
func TestChatNote(t *testing.T) {
	tests := []struct {
		sets []string
		want []string
	}{
		{nil, []string{"everybody may write", "chat.guests=write", "chat account add"}},
		{[]string{"chat.guests=read"}, []string{"guests read", "chat account add"}},
		{[]string{"chat.guests=off"}, []string{"only signed-in users", "chat account add"}},
		{[]string{"chat.guests=read", "chat.token_key=" + strings.Repeat("k", 32)}, []string{"guests read", "your site signs others in"}},
	}
	for _, tt := range tests {
		loaded, err := config.Load("", nil, tt.sets)
		if err != nil {
			t.Fatal(err)
		}
		var out strings.Builder
		(&Server{cfg: &loaded.Config}).Welcome(&out, "", "")
		for _, want := range tt.want {
			if !strings.Contains(out.String(), want) {
				t.Errorf("%q: the start doesn't say %q:\n%s", tt.sets, want, out.String())
			}
		}
	}
}

// The start names the addresses that are open, and no others.
func TestWelcomeNamesWhatIsOpen(t *testing.T) {
	tests := []struct {
		sets []string
		want []string
	}{
		{nil, []string{"rtmp://localhost/live", "rtsp://localhost:8554/", "srt://localhost:8890?"}},
		{[]string{"rtmp.listen=", "srt.listen=", "rtsp.listen=", "webrtc.listen="}, nil},
		{
			[]string{"http.domain=live.example.com", "rtmp.tls_listen=:1936", "rtsp.tls_listen=:8322"},
			[]string{"rtmp://live.example.com/live", "rtmps://live.example.com:1936/live", "rtsp://live.example.com:8554/", "rtsps://live.example.com:8322/", "srt://live.example.com:8890?"},
		},
		{[]string{"http.domain=live.example.com", "rtmp.listen=", "rtsp.listen=", "srt.listen="}, nil},
	}
	for _, tt := range tests {
		loaded, err := config.Load("", nil, tt.sets)
		if err != nil {
			t.Fatal(err)
		}
		var out strings.Builder
		(&Server{cfg: &loaded.Config}).Welcome(&out, "", "")
		var got []string
		for _, word := range strings.Fields(out.String()) {
			if scheme, _, ok := strings.Cut(word, "://"); ok && !strings.HasPrefix(scheme, "http") {
				got = append(got, strings.TrimSuffix(strings.TrimSuffix(word, "live/STREAM_KEY"), "streamid=publish:STREAM_KEY"))
			}
		}
		slices.Sort(got)
		if !slices.Equal(got, tt.want) {
			t.Errorf("%q: %q, want %q", tt.sets, got, tt.want)
		}
	}
}
