package live

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/globalfandom/lightstick/ingest"
	"github.com/globalfandom/lightstick/media"
	"github.com/globalfandom/lightstick/media/bitstream"
	"github.com/globalfandom/lightstick/packager"
)

type nothing struct{ packager.Discard }

func (nothing) Pause()  {}
func (nothing) Finish() {}
func (nothing) Close()  {}

// keys lets "good" in, to the stream "show".
type keys struct{}

func (keys) Authorise(_ context.Context, key string) (media.StreamID, error) {
	if key == "good" {
		return "show", nil
	}
	return "", ingest.ErrUnauthorized
}

// start runs a manager in the test's bubble.
func start(t *testing.T, open bool) *Manager {
	t.Helper()
	m := NewManager(Config{
		Packager: packager.Config{}.WithDefaults(), Settings: Settings{Reconnect: 20 * time.Second, Open: open},
		Recorder: func(media.StreamID) Recorder { return nothing{} },
	}, keys{}, slog.New(slog.DiscardHandler))
	runManager(t, m)
	return m
}

func runManager(t *testing.T, m *Manager) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = m.Run(ctx)
	}()
	t.Cleanup(func() {
		cancel()
		<-done
	})
}

func videoTrack(t testing.TB) media.Track {
	t.Helper()
	track, err := bitstream.VideoTrack(media.H264, bitstream.ParamSets{
		SPS: [][]byte{{
			0x67, 0x64, 0x00, 0x1e, 0xac, 0xd9, 0x40, 0xa0, 0x2f, 0xf9, 0x70, 0x11, 0x00, 0x00, 0x03, 0x00,
			0x01, 0x00, 0x00, 0x03, 0x00, 0x3c, 0x0f, 0x16, 0x2d, 0x96,
		}},
		PPS: [][]byte{{0x68, 0xeb, 0xe3, 0xcb, 0x22, 0xc0}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return track
}

func audioTrack(t testing.TB) media.Track {
	t.Helper()
	track, err := bitstream.AACTrack([]byte{0x11, 0x90})
	if err != nil {
		t.Fatal(err)
	}
	return track
}

// publisher sends 30 frames and 47 audio units a second, in real time.
type publisher struct {
	sink   ingest.Sink
	kicked chan error
	frame  int
	sound  int
	silent bool // no audio
	dark   bool // no video
	rare   int  // frames between keyframes; 0 is 60
}

func connect(t *testing.T, m *Manager, key string) (*publisher, error) {
	t.Helper()
	p := &publisher{kicked: make(chan error, 4)}
	sink, err := m.Open(context.Background(), ingest.Request{
		Protocol: "test", Remote: "peer", Key: key, Kick: func(reason error) { p.kicked <- reason },
	})
	p.sink = sink
	return p, err
}

func mustConnect(t *testing.T, m *Manager) *publisher {
	t.Helper()
	p, err := connect(t, m, "good")
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func (p *publisher) announce(t *testing.T) {
	t.Helper()
	for _, track := range []media.Track{videoTrack(t), audioTrack(t)} {
		if (track.Kind() == media.Video && p.dark) || (track.Kind() == media.Audio && p.silent) {
			continue
		}
		if err := p.sink.SetTrack(track); err != nil {
			t.Fatal(err)
		}
	}
}

func (p *publisher) run(t *testing.T, d time.Duration) {
	t.Helper()
	rare := p.rare
	if rare == 0 {
		rare = 60
	}
	for end := time.Now().Add(d); time.Now().Before(end); time.Sleep(time.Second / 30) {
		if !p.dark {
			sample := media.Sample{DTS: media.Ticks(p.frame * 3000), KeyFrame: p.frame%rare == 0, Payload: make([]byte, 100)}
			if err := p.sink.Write(media.Video, sample); err != nil {
				t.Fatal(err)
			}
		}
		p.frame++
		for ; !p.silent && p.sound*1024*30 < p.frame*48000; p.sound++ {
			sample := media.Sample{DTS: media.Ticks(p.sound * 1024), Duration: 1024, KeyFrame: true, Payload: make([]byte, 20)}
			if err := p.sink.Write(media.Audio, sample); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func playlist(t *testing.T, m *Manager, name string) string {
	t.Helper()
	s, ok := m.Stream("show")
	if !ok {
		t.Fatal("no stream")
	}
	r, ok := s.Packager().Rendition(name)
	if !ok {
		t.Fatalf("no rendition %q", name)
	}
	return string(r.Snapshot().Playlist(packager.SkipNothing).Plain())
}

// Who ends a broadcast in the protocol's way is not called lost; either way the stream
// waits for the publisher, and the next publication clears what was said of the last.
func TestStopIsToldFromLoss(t *testing.T) {
	tests := []struct {
		name    string
		reason  error
		stopped bool
	}{
		{"stopped", nil, true},
		{"lost", ingest.ErrLost, false},
		{"kicked", ingest.ErrShuttingDown, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m := start(t, false)
				p := mustConnect(t, m)
				p.announce(t)
				p.run(t, 6*time.Second)
				p.sink.Close(tt.reason)
				s, _ := m.Stream("show")
				if got := s.Status(); got.State != Reconnecting || got.Stopped != tt.stopped {
					t.Errorf("after the end: %q, stopped %v", got.State, got.Stopped)
				}
				time.Sleep(10 * time.Second)
				p = mustConnect(t, m)
				if got := s.Status(); got.State != Reconnecting || got.Stopped {
					t.Errorf("before the first picture of the next: %q, stopped %v", got.State, got.Stopped)
				}
				p.announce(t)
				p.run(t, time.Second)
				if got := s.Status(); got.State != OnAir || got.Stopped {
					t.Errorf("after the return: %q, stopped %v", got.State, got.Stopped)
				}
				p.sink.Close(nil)
				time.Sleep(21 * time.Second)
				if got := s.Status(); got.State != Ended || got.Stopped {
					t.Errorf("when nobody came back: %q, stopped %v", got.State, got.Stopped)
				}
			})
		})
	}
}

func TestLifeOfAStream(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := start(t, false)
		state := func(want State) {
			t.Helper()
			if got := m.State("show"); got != string(want) {
				t.Errorf("state %q, want %q", got, want)
			}
		}
		state(Offline)
		p := mustConnect(t, m)
		p.announce(t)
		p.run(t, time.Second)
		state(Starting)
		p.run(t, 6*time.Second)
		state(OnAir)
		p.sink.Close(errors.New("connection reset"))
		state(Reconnecting)
		time.Sleep(7 * time.Second)

		p = mustConnect(t, m)
		p.announce(t)
		p.run(t, 3*time.Second)
		state(OnAir)
		for _, name := range []string{"source", "audio"} {
			text := playlist(t, m, name)
			if strings.Count(text, "#EXT-X-DISCONTINUITY\n") != 1 || strings.Contains(text, "#EXT-X-GAP") {
				t.Errorf("after the return, %s is\n%s", name, text)
			}
		}
		s, _ := m.Stream("show")
		r, _ := s.Packager().Rendition("source")
		if first := r.Snapshot(); first.LastMSN < 4 {
			t.Errorf("media sequence %d: the numbering began anew", first.LastMSN)
		}

		p.sink.Close(nil)
		time.Sleep(21 * time.Second)
		state(Ended)
		if text := playlist(t, m, "source"); !strings.HasSuffix(text, "#EXT-X-ENDLIST\n") {
			t.Errorf("the end is not shown:\n%s", text)
		}
		time.Sleep(endedTTL + time.Second)
		state(Offline)
	})
}

// TestStreamsAreLookedAtWhenDue has the manager end and forget streams on the dot, and
// look at none meanwhile.
func TestStreamsAreLookedAtWhenDue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := start(t, true)
		due := func(want time.Duration) {
			t.Helper()
			synctest.Wait()
			next := m.endOverdue(time.Now())
			if got := time.Until(next); want == 0 && !next.IsZero() || want != 0 && got != want {
				t.Errorf("next look in %v, want %v", got, want)
			}
		}
		state := func(id media.StreamID, want State) {
			t.Helper()
			synctest.Wait()
			if got := m.State(id); got != string(want) {
				t.Errorf("%s is %s, want %s", id, got, want)
			}
		}
		due(0)
		var publishers []*publisher
		for _, key := range []string{"first", "second"} {
			p, err := connect(t, m, key)
			if err != nil {
				t.Fatal(err)
			}
			p.announce(t)
			p.run(t, 4*time.Second)
			publishers = append(publishers, p)
		}
		due(0)
		publishers[0].sink.Close(nil)
		due(m.cfg.Reconnect)
		time.Sleep(5 * time.Second)
		publishers[1].sink.Close(nil)
		due(m.cfg.Reconnect - 5*time.Second)
		time.Sleep(m.cfg.Reconnect - 5*time.Second)
		state("first", Ended)
		state("second", Reconnecting)
		due(5 * time.Second)
		time.Sleep(5 * time.Second)
		state("second", Ended)
		due(endedTTL - 5*time.Second)
		time.Sleep(endedTTL - 5*time.Second)
		state("first", Offline)
		state("second", Ended)
		time.Sleep(5 * time.Second)
		state("second", Offline)
		due(0)
	})
}

func TestProgramDateTimeGoesOnOverAReturn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := start(t, false)
		begun := time.Now()
		for range 2 {
			p := mustConnect(t, m)
			p.announce(t)
			p.run(t, 5*time.Second)
			p.sink.Close(nil)
			time.Sleep(5 * time.Second)
		}
		text := playlist(t, m, "source")
		_, after, _ := strings.Cut(text, "#EXT-X-DISCONTINUITY\n")
		_, after, _ = strings.Cut(after, "#EXT-X-PROGRAM-DATE-TIME:")
		stamp, _, _ := strings.Cut(after, "\n")
		at, err := time.Parse(time.RFC3339, stamp)
		if d := at.Sub(begun.Add(10 * time.Second)).Abs(); err != nil || d > 100*time.Millisecond {
			t.Errorf("the second publication is dated %v after the first, want 10 s (%v)", at.Sub(begun), err)
		}
	})
}

func TestWhoMayPublish(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := start(t, false)
		if _, err := connect(t, m, "bad"); !errors.Is(err, ingest.ErrUnauthorized) {
			t.Errorf("wrong key: %v", err)
		}
		p := mustConnect(t, m)
		p.announce(t)
		p.run(t, time.Second)
		p.sink.Close(nil)
	})
}

func TestOpenPublishingUsesTheKeyAsName(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := start(t, true)
		for key, want := range map[string]media.StreamID{"anything": "anything", "쇼": "쇼", "good": "show"} {
			p, err := connect(t, m, key)
			if err != nil || p.sink.Stream() != want {
				t.Errorf("%q: %v", key, err)
				continue
			}
			p.sink.Close(nil)
		}
		if _, err := connect(t, m, "../etc"); !errors.Is(err, ingest.ErrUnauthorized) {
			t.Errorf("a name that can't stand in a URL: %v", err)
		}
	})
}

func TestTracksThatComeLateOrNever(t *testing.T) {
	tests := []struct {
		name          string
		publish       func(*testing.T, *publisher)
		source, audio bool
		breaks        int
	}{
		{"video only, unannouncedWait", func(t *testing.T, p *publisher) {
			p.silent = true
			p.announce(t)
			p.run(t, 6*time.Second)
		}, true, false, 0},
		{"audio announced, but missing", func(t *testing.T, p *publisher) {
			p.silent = true
			p.sink.Expect(true, true)
			p.announce(t)
			p.run(t, 8*time.Second)
		}, true, true, 0},
		{"audio only", func(t *testing.T, p *publisher) {
			p.dark = true
			p.sink.Expect(false, true)
			p.announce(t)
			p.run(t, 6*time.Second)
		}, false, true, 0},
		{"audio for a while, then video", func(t *testing.T, p *publisher) {
			p.dark = true
			p.announce(t)
			p.run(t, 6*time.Second)
			p.dark, p.frame = false, p.frame/60*60+60
			p.announce(t)
			p.run(t, 6*time.Second)
		}, true, true, 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m := start(t, false)
				p := mustConnect(t, m)
				tt.publish(t, p)
				s, _ := m.Stream("show")
				if got := m.State("show"); got != string(OnAir) {
					t.Errorf("state %q", got)
				}
				for name, want := range map[string]bool{"source": tt.source, "audio": tt.audio} {
					if _, ok := s.Packager().Rendition(name); ok != want {
						t.Errorf("rendition %s: %v", name, ok)
					}
				}
				if tt.audio {
					if n := strings.Count(playlist(t, m, "audio"), "#EXT-X-DISCONTINUITY\n"); n != tt.breaks {
						t.Errorf("%d discontinuities", n)
					}
				}
				if got := s.Status().Video; got != tt.source {
					t.Errorf("a picture: %v", got)
				}
				p.sink.Close(nil)
			})
		})
	}
}

func TestChangeOfResolutionIsADiscontinuity(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := start(t, false)
		p := mustConnect(t, m)
		p.announce(t)
		p.run(t, 5*time.Second)
		changed := videoTrack(t)
		changed.PPS = [][]byte{bytes.Clone(changed.PPS[0])}
		changed.PPS[0][1] ^= 1
		if err := p.sink.SetTrack(changed); err != nil {
			t.Fatal(err)
		}
		p.frame = p.frame/60*60 + 60
		p.run(t, 5*time.Second)
		text := playlist(t, m, "source")
		if strings.Count(text, "#EXT-X-DISCONTINUITY\n") != 1 || strings.Count(text, "#EXT-X-MAP") != 2 {
			t.Errorf("got\n%s", text)
		}
		p.sink.Close(nil)
	})
}

func TestRemoveAndShutDownEndPublishers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := start(t, false)
		p := mustConnect(t, m)
		p.announce(t)
		p.run(t, 3*time.Second)
		go func() { p.sink.Close(<-p.kicked) }()
		m.Remove("show")
		if got := m.State("show"); got != string(Offline) {
			t.Errorf("state %q after removal", got)
		}
		p = mustConnect(t, m)
		p.announce(t)
		p.run(t, 3*time.Second)
		go func() { p.sink.Close(<-p.kicked) }()
		m.shutDown()
		if _, err := connect(t, m, "good"); !errors.Is(err, ingest.ErrShuttingDown) {
			t.Errorf("after the end: %v", err)
		}
	})
}

// BenchmarkWrite takes a second of picture and sound from ingest to the packager.
func BenchmarkWrite(b *testing.B) {
	m := NewManager(Config{
		Packager: packager.Config{}.WithDefaults(), Settings: Settings{Reconnect: time.Second},
		Recorder: func(media.StreamID) Recorder { return nothing{} },
	}, keys{}, slog.New(slog.DiscardHandler))
	sink, err := m.Open(context.Background(), ingest.Request{Protocol: "test", Key: "good", Kick: func(error) {}})
	if err != nil {
		b.Fatal(err)
	}
	for _, track := range []media.Track{videoTrack(b), audioTrack(b)} {
		if err := sink.SetTrack(track); err != nil {
			b.Fatal(err)
		}
	}
	frame, sound := 0, 0
	payload := make([]byte, 2000)
	b.ReportAllocs()
	for b.Loop() {
		for range 30 {
			if err := sink.Write(media.Video, media.Sample{DTS: media.Ticks(frame * 3000), KeyFrame: frame%60 == 0, Payload: payload}); err != nil {
				b.Fatal(err)
			}
			frame++
			for ; sound*1024*30 < frame*48000; sound++ {
				if err := sink.Write(media.Audio, media.Sample{DTS: media.Ticks(sound * 1024), Duration: 1024, KeyFrame: true, Payload: payload[:300]}); err != nil {
					b.Fatal(err)
				}
			}
		}
	}
	sink.Close(nil)
}
