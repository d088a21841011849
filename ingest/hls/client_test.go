package hls

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/globalfandom/lightstick/ingest"
	"github.com/globalfandom/lightstick/ingest/ingesttest"
	"github.com/globalfandom/lightstick/media"
)

const mapped = "#EXT-X-MAP:URI=\"/init\"\n"

// A live stream is followed to its end, and passed on in real time and whole.
func TestFetchLive(t *testing.T) {
	const segments = 12
	plain := func(int) string { return "" }
	withMap := func(int) string { return mapped }
	tests := []struct {
		name   string
		build  func(t *testing.T, s *server)
		path   string
		sound  bool
		begins int // the first segment
		want   func(t *testing.T, p *ingesttest.Publication)
	}{
		{name: "transport stream", path: "/live/index.m3u8", begins: 1, build: func(t *testing.T, s *server) {
			s.has["/live/index.m3u8"] = s.live(plain)
			s.put("/live/", func(n int) []byte { return transport(n) }, segments)
		}},
		{name: "fMP4 with sound", path: "/live/index.m3u8", begins: 1, sound: true, build: func(t *testing.T, s *server) {
			s.has["/live/index.m3u8"] = s.live(withMap)
			s.has["/init"] = func() []byte { return header(t, sps, pictureTrack, soundTrack) }
			s.put("/live/", func(n int) []byte { return fragment(t, n, pictureTrack, soundTrack) }, segments)
		}},
		{name: "sound apart", path: "/main.m3u8", begins: 1, sound: true, build: func(t *testing.T, s *server) {
			s.has["/main.m3u8"] = func() []byte {
				return []byte("#EXTM3U\n#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"a\",NAME=\"x\",URI=\"other\"\n" +
					"#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"a\",NAME=\"y, z\",DEFAULT=YES,URI=\"/sound/index\"\n" +
					"#EXT-X-STREAM-INF:BANDWIDTH=9,CODECS=\"vp09.00\"\n/no\n" +
					"#EXT-X-STREAM-INF:BANDWIDTH=1,CODECS=\"avc1.64001f,mp4a.40.2\",AUDIO=\"a\"\n/no\n" +
					"#EXT-X-STREAM-INF:BANDWIDTH=2,CODECS=\"avc1.64001f,mp4a.40.2\",AUDIO=\"a\"\n/live/index\n")
			}
			s.has["/live/index"], s.has["/sound/index"] = s.live(withMap), s.live(func(int) string { return "#EXT-X-MAP:URI=\"/sound/init\"\n" })
			s.has["/init"] = func() []byte { return header(t, sps, pictureTrack) }
			s.has["/sound/init"] = func() []byte { return header(t, sps, soundTrack) }
			s.put("/live/", func(n int) []byte { return fragment(t, n, pictureTrack) }, segments)
			s.put("/sound/", func(n int) []byte { return fragment(t, n, soundTrack) }, segments)
		}},
		{name: "discontinuity with another picture", path: "/live/index.m3u8", begins: 1, sound: true, build: func(t *testing.T, s *server) {
			const at = 6
			s.has["/live/index.m3u8"] = s.live(func(n int) string {
				switch {
				case n == at:
					return "#EXT-X-DISCONTINUITY\n#EXT-X-MAP:URI=\"/init2\"\n"
				case n > at:
					return "#EXT-X-MAP:URI=\"/init2\"\n"
				}
				return mapped
			})
			s.has["/init"] = func() []byte { return header(t, sps, pictureTrack, soundTrack) }
			s.has["/init2"] = func() []byte { return header(t, otherSPS, pictureTrack, soundTrack) }
			s.put("/live/", func(n int) []byte {
				if n >= at {
					n += 1000 // another clock
				}
				return fragment(t, n, pictureTrack, soundTrack)
			}, segments)
		}, want: func(t *testing.T, p *ingesttest.Publication) {
			widths := make(map[int]bool)
			for _, track := range p.Tracks {
				widths[track.Width] = true
			}
			if len(p.Repairs) > 0 || !widths[1920] {
				t.Errorf("repairs %v, widths %v", p.Repairs, widths)
			}
		}},
		{name: "a gap, and a segment that is missing", path: "/live/index.m3u8", begins: 1, build: func(t *testing.T, s *server) {
			s.has["/live/index.m3u8"] = s.live(func(n int) string {
				if n == 5 {
					return "#EXT-X-GAP\n"
				}
				return ""
			})
			s.put("/live/", func(n int) []byte { return transport(n) }, segments)
			delete(s.has, "/live/7")
			s.removed = 2
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newServer()
				s.ends = segments
				tt.build(t, s)
				gate := ingesttest.NewGate()
				begun := time.Now()
				if err := s.fetch(t.Context(), gate, tt.path); err != nil {
					t.Fatal(err)
				}
				p := ended(t, gate, nil)
				seconds := segments - tt.begins - s.removed
				pictures, sounds := p.Samples[media.Video], p.Samples[media.Audio]
				if want := seconds * perSecond; len(pictures) != want && len(pictures) != want-1 { // the end of a transport stream shows its last one's
					t.Errorf("%d pictures, want %d; repairs %v", len(pictures), want, p.Repairs)
				}
				for i := 1; i < len(pictures); i++ {
					// A new period begins behind the last frame of sound.
					step := pictures[i].DTS - pictures[i-1].DTS
					if step != 9000 && !(s.removed > 0 && step == 9000+90000) && !(tt.want != nil && step < 9000+1920) {
						t.Fatalf("picture %d comes %d after the one before", i, step)
					}
				}
				if want := seconds * 48000 / frameSamples; tt.sound && (len(sounds) < want-1 || len(sounds) > want+1) || !tt.sound && len(sounds) > 0 {
					t.Errorf("%d units of sound, want about %d", len(sounds), want)
				}
				// Within a segment of when they were made.
				if took := time.Since(begun); took < (segments-4)*time.Second || took > (segments+2)*time.Second {
					t.Errorf("it took %v", took)
				}
				if tt.want != nil {
					tt.want(t, p)
				}
			})
		})
	}
}

// What is recorded is passed on in real time too.
func TestFetchRecording(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const segments = 30
		s := newServer()
		s.has["/vod.m3u8"] = func() []byte {
			var b strings.Builder
			b.WriteString("#EXTM3U\n#EXT-X-TARGETDURATION:1\n" + mapped)
			for n := range segments {
				fmt.Fprintf(&b, "#EXTINF:1,\n/v/%d\n", n)
			}
			return []byte(b.String() + "#EXT-X-ENDLIST\n")
		}
		s.has["/init"] = func() []byte { return header(t, sps, pictureTrack) }
		s.put("/v/", func(n int) []byte { return fragment(t, n, pictureTrack) }, segments)
		gate := ingesttest.NewGate()
		begun := time.Now()
		if err := s.fetch(t.Context(), gate, "/vod.m3u8"); err != nil {
			t.Fatal(err)
		}
		p := ended(t, gate, nil)
		if n := len(p.Samples[media.Video]); n != segments*perSecond {
			t.Errorf("%d pictures", n)
		}
		if took := time.Since(begun); took < (segments-1)*time.Second {
			t.Errorf("it took %v", took)
		}
	})
}

// How often a playlist is asked for: RFC 8216 §6.3.4.
func TestReload(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newServer()
		s.ends = 10
		s.has["/index"] = s.live(func(int) string { return "" })
		s.put("/", func(n int) []byte { return transport(n) }, 10)
		if err := s.fetch(t.Context(), ingesttest.NewGate(), "/index"); err != nil {
			t.Fatal(err)
		}
		loads := 0
		for _, path := range s.asked {
			if path == "/index" {
				loads++
			}
		}
		// Six seconds of one new segment each, and at most as many half waits.
		if loads < 6 || loads > 14 {
			t.Errorf("%d loads: %v", loads, s.asked)
		}
		if slices.Contains(s.asked, "/0") || !slices.Contains(s.asked, "/1") {
			t.Errorf("it does not begin three target durations from the end: %v", s.asked)
		}
	})
}

// Streams that are lost, or can't be taken, end with a reason.
func TestFetchRefusals(t *testing.T) {
	live := func(s *server) { s.has["/index"] = s.live(func(int) string { return "" }) }
	text := func(text string) func(*testing.T, *server) {
		return func(_ *testing.T, s *server) { s.has["/index"] = func() []byte { return []byte(text) } }
	}
	segments := func(content string) func(*testing.T, *server) {
		return func(_ *testing.T, s *server) {
			live(s)
			s.put("/", func(int) []byte { return []byte(content) }, 99)
		}
	}
	tests := []struct {
		name  string
		build func(*testing.T, *server)
		want  error
		text  string
	}{
		{"nothing there", func(*testing.T, *server) {}, ingest.ErrNoStream, ""},
		{"password", func(_ *testing.T, s *server) { s.status = http.StatusUnauthorized }, ingest.ErrCredentials, ""},
		{"server's fault", func(_ *testing.T, s *server) { s.status = http.StatusBadGateway }, nil, "502"},
		{"no playlist", text("<html>"), ErrPlaylist, "#EXTM3U"},
		{"flood", text("#EXTM3U\n" + strings.Repeat("#", maxPlaylist)), ingest.ErrTooLarge, ""},
		{"codecs", text("#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1,CODECS=\"vp09.00,opus\"\nv\n"), ingest.ErrUnsupported, "use H.264"},
		{"another scheme", text("#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nfile:///etc/passwd\n"), ErrPlaylist, "not HTTP"},
		{"encrypted", text("#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXT-X-KEY:METHOD=AES-128,URI=\"k\"\n#EXTINF:1,\n/0\n"), ingest.ErrUnsupported, "encrypted"},
		{"segments are missing", func(_ *testing.T, s *server) { live(s) }, ingest.ErrNoStream, "segment"},
		{"packed audio", segments("ID3 and so on"), ingest.ErrUnsupported, "packed audio"},
		{"text", segments("<html>"), ingest.ErrUnsupported, "neither MPEG-TS nor fMP4"},
		{"no news", func(t *testing.T, s *server) {
			s.start = time.Now().Add(-time.Second)
			list := s.live(func(int) string { return "" })()
			s.has["/index"] = func() []byte { return list }
			s.put("/", func(n int) []byte { return transport(n) }, 9)
		}, ingest.ErrLost, "nothing new"},
		{"begins anew", func(t *testing.T, s *server) {
			live(s)
			s.start = time.Now().Add(-20 * time.Second)
			s.put("/", func(n int) []byte {
				s.start = time.Now()
				return transport(n)
			}, 99)
		}, ingest.ErrLost, "went back"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newServer()
				tt.build(t, s)
				err := s.fetch(t.Context(), ingesttest.NewGate(), "/index")
				if err == nil || tt.want != nil && !errors.Is(err, tt.want) || !strings.Contains(err.Error(), tt.text) || strings.Contains(err.Error(), "secret") {
					t.Errorf("%v, want %v with %q", err, tt.want, tt.text)
				}
			})
		})
	}
}

// The server's end and a kick end everything at once.
func TestFetchStops(t *testing.T) {
	for name, reason := range map[string]error{"stop": ingest.ErrShuttingDown, "kick": ingest.ErrSuperseded} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newServer()
				s.has["/index"] = s.live(func(int) string { return "" })
				s.put("/", func(n int) []byte { return transport(n) }, 99)
				gate := ingesttest.NewGate()
				ctx, cancel := context.WithCancel(t.Context())
				time.AfterFunc(10*time.Second, func() {
					if name == "stop" {
						cancel()
						return
					}
					gate.Live().Request.Kick(ingest.ErrSuperseded)
				})
				err := s.fetch(ctx, gate, "/index")
				cancel()
				if !errors.Is(err, reason) {
					t.Errorf("%v, want %v", err, reason)
				}
				ended(t, gate, reason)
			})
		})
	}
}
