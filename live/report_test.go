package live

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/globalfandom/lightstick/ingest"
	"github.com/globalfandom/lightstick/media"
)

// codes are the kinds of advice given, in the order of the rules.
func codes(list []ingest.Advice) string {
	var all []string
	for _, a := range list {
		all = append(all, a.Code)
	}
	return strings.Join(all, " ")
}

func TestAdvice(t *testing.T) {
	// What an input looks like that needs no advice.
	good := symptoms{
		wanted: 2 * time.Second, target: 2 * time.Second, connected: time.Hour,
		packaged: true, video: true, audio: true,
		lastKey: 2 * time.Second, shortestKey: 2 * time.Second, longestKey: 2 * time.Second,
		measured: true, pace: 100, frames: 30_000, declaredFrames: 30_000,
	}
	tests := []struct {
		name   string
		change func(s *symptoms)
		want   string
		text   string
	}{
		{"nothing wrong", func(*symptoms) {}, "", ""},
		{"nothing known yet", func(s *symptoms) { *s = symptoms{wanted: s.wanted} }, "", ""},
		{"no keyframe came", func(s *symptoms) { s.packaged = false }, "nothing_playable", "H.264"},
		{"none came so far", func(s *symptoms) { s.packaged, s.connected = false, time.Second }, "", ""},
		{"rare keyframes", func(s *symptoms) { s.lastKey, s.longestKey, s.rareKeys = 10*time.Second, 10*time.Second, true }, "keyframe_interval", "10.0 s"},
		{"irregular keyframes", func(s *symptoms) { s.shortestKey = 400 * time.Millisecond }, "keyframes_irregular", "0.4 to 2.0 s"},
		{"mended keyframes", func(s *symptoms) { s.target = 10 * time.Second }, "latency_kept", "30 s behind; stop streaming and start again"},
		{"mended by a reconnect", func(s *symptoms) { s.target, s.connected = 10*time.Second, 20*time.Second }, "", ""},
		{"mended a moment ago", func(s *symptoms) { s.target, s.longestKey = 10*time.Second, 10*time.Second }, "keyframes_irregular", "2.0 to 10.0 s"},
		{"sound has stopped", func(s *symptoms) { s.missingSound = 7 * time.Second }, "sound_stopped", "for 7 s"},
		{"sound has stopped for a moment", func(s *symptoms) { s.missingSound = time.Second }, "", ""},
		{"no sound", func(s *symptoms) { s.audio = false }, "no_audio", "Audio Track"},
		{"no sound so far", func(s *symptoms) { s.audio, s.connected = false, time.Second }, "", ""},
		{"sound that is left out", func(s *symptoms) { s.audio, s.leftOut = false, true }, "", ""},
		{"slow", func(s *symptoms) { s.pace, s.frames = 80, 24_000 }, "input_slow", "80 %"},
		{"not measured", func(s *symptoms) { s.measured, s.pace, s.frames = false, 0, 0 }, "", ""},
		{"frames are dropped", func(s *symptoms) { s.frames = 24_000 }, "frames_missing", "24.0 of 30.0"},
		{"frame rate unknown", func(s *symptoms) { s.frames, s.declaredFrames = 24_000, 0 }, "", ""},
		{"media is lost", func(s *symptoms) { s.lost = manyFaults }, "media_lost", "3 times"},
		{"the latency is short", func(s *symptoms) {
			s.lost, s.link = 1, ingest.Link{Dropped: 9, RoundTrip: 0.08, Latency: 0.12, Advised: 0.32}
		}, "latency_short", "set the latency to 320 ms"},
		{"the latency is long enough", func(s *symptoms) {
			s.lost, s.link = 1, ingest.Link{Dropped: 9, RoundTrip: 0.02, Latency: 0.12, Advised: 0.12}
		}, "", ""},
		{"nothing is lost any more", func(s *symptoms) { s.link = ingest.Link{Dropped: 9, RoundTrip: 0.08, Latency: 0.12, Advised: 0.32} }, "", ""},
		{"one was lost", func(s *symptoms) { s.lost = 1 }, "", ""},
		{"the clock jumps", func(s *symptoms) { s.jumps = 5 }, "clock_jumps", "5 times"},
		{"FFmpeg is slow", func(s *symptoms) { s.overload = 40 }, "transcoding_slow", "transcode.ladder"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := good
			tt.change(&s)
			list := advise(s)
			if got := codes(list); got != tt.want {
				t.Fatalf("advice %q, want %q", got, tt.want)
			}
			if tt.want != "" && !strings.Contains(list[0].Text, tt.text) {
				t.Errorf("%q; want %q in it", list[0].Text, tt.text)
			}
		})
	}
}

// Advice comes when something is wrong, goes when it is mended, and goes with the publisher.
func TestAdviceComesAndGoes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := start(t, false)
		p := mustConnect(t, m)
		p.rare, p.silent = 250, true
		p.announce(t)
		p.run(t, 20*time.Second)
		if got := codes(m.Report("show").Advice); got != "keyframe_interval no_audio" {
			t.Errorf("rare keyframes without sound: %q", got)
		}
		if text := playlist(t, m, "source"); !strings.Contains(text, "#EXT-X-TARGETDURATION:9\n") {
			t.Errorf("got\n%s", text)
		}
		p.rare = 60
		p.run(t, 20*time.Second)
		if got := m.Report("show").Advice; slices.ContainsFunc(got, func(a ingest.Advice) bool { return a.Code == "keyframe_interval" }) {
			t.Errorf("mended keyframes: %v", got)
		}
		p.sink.Close(nil)
		if got := m.Report("show"); got.Advice != nil || got.Input != nil {
			t.Errorf("nobody publishes: %+v", got)
		}
	})
}

// What a protocol finds stands beside what is measured, a code once.
func TestAdviceOfAProtocol(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := start(t, false)
		p := mustConnect(t, m)
		advice := ingest.Advice{Code: ingest.AdviceCodecRefused, Severity: ingest.Warning, Text: "the track with codec G711 is left out"}
		p.sink.Advise(advice)
		advice.Text = "the track with codec MP2 is left out"
		p.sink.Advise(advice)
		if got := m.Report("show").Advice; len(got) != 1 || got[0] != advice {
			t.Errorf("%+v, want %+v", got, advice)
		}
		p.sink.Advise(ingest.Advice{Code: ingest.AdviceCodecRefused})
		if got := m.Report("show").Advice; len(got) != 0 {
			t.Errorf("%+v after it was withdrawn", got)
		}
		for i := range 2 * maxFound {
			p.sink.Advise(ingest.Advice{Code: fmt.Sprint(i), Text: "text"})
		}
		if got := m.Report("show").Advice; len(got) != maxFound {
			t.Errorf("%d are kept, want %d", len(got), maxFound)
		}
		p.sink.Close(nil)
		if got := mustConnect(t, m); len(m.Report("show").Advice) != 0 {
			t.Error("the next publication has advice of the one before")
		} else {
			got.sink.Close(nil)
		}
	})
}

func TestInputIsMeasured(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := start(t, false)
		p := mustConnect(t, m)
		p.announce(t)
		begun := time.Now()
		p.run(t, 2*time.Minute)
		p.sink.Repaired(ingest.RepairAudioGap)
		time.Sleep(observed) // the next look is due
		in := m.Report("show").Input
		if in == nil || in.Video == nil || in.Audio == nil {
			t.Fatalf("%+v", in)
		}
		want := ingest.VideoInput{Codec: "avc1.64001e", Width: 640, Height: 360}
		if v := *in.Video; v.Codec != want.Codec || v.Width != want.Width || v.Height != want.Height {
			t.Errorf("picture %+v", v)
		}
		// 30 frames of 100 bytes, and 47 units of 20 bytes a second.
		within := func(what string, got, low, high float64) {
			if got < low || got > high {
				t.Errorf("%s: %v, want %v to %v", what, got, low, high)
			}
		}
		within("frame rate", in.Video.FrameRate, 26, 31)
		within("bit rate of the picture", float64(in.Video.Bitrate), 21_000, 25_000)
		within("bit rate of the sound", float64(in.Audio.Bitrate), 6_400, 7_800)
		if in.Bitrate != in.Video.Bitrate+in.Audio.Bitrate || in.KeyframeInterval != 2 || in.Repairs != 1 || in.Protocol != "test" {
			t.Errorf("%+v", in)
		}
		if in.Audio.SampleRate != 48000 || in.Audio.Channels != 2 || in.Audio.Codec != "mp4a.40.2" {
			t.Errorf("sound %+v", in.Audio)
		}
		if in.Since.Sub(begun).Abs() > time.Second {
			t.Errorf("since %v, want %v", in.Since, begun)
		}
		s, _ := m.Stream("show")
		if n, most := len(s.intake.history), maxObservations; n > most || cap(s.intake.history) > 2*most {
			t.Errorf("%d observations are kept, want %d at most", n, most)
		}
		p.sink.Close(nil)
	})
}

// Why a publisher was turned away can be asked for afterwards.
func TestRefusalsAreRemembered(t *testing.T) {
	unsupported := fmt.Errorf("%w: video codec VP6; use H.264", ingest.ErrUnsupported)
	tests := []struct {
		name string
		do   func(t *testing.T, m *Manager)
		want string // "": none
	}{
		{"a codec", func(t *testing.T, m *Manager) { mustConnect(t, m).sink.Close(unsupported) }, "VP6; use H.264"},
		{"a key that was replaced", func(t *testing.T, m *Manager) { mustConnect(t, m).sink.Close(ingest.ErrKeyReplaced) }, "publish with the new key"},
		{"a second publisher", func(t *testing.T, m *Manager) {
			p := mustConnect(t, m)
			if _, err := connect(t, m, "good"); !errors.Is(err, ingest.ErrBusy) {
				t.Error(err)
			}
			p.sink.Close(nil)
		}, "already live"},
		{"a clean end", func(t *testing.T, m *Manager) { mustConnect(t, m).sink.Close(nil) }, ""},
		{"a lost connection", func(t *testing.T, m *Manager) { mustConnect(t, m).sink.Close(errors.New("read: reset")) }, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m := start(t, false)
				tt.do(t, m)
				time.Sleep(time.Hour) // the stream itself is forgotten
				refusal := m.Report("show").Refusal
				if (refusal == nil) != (tt.want == "") {
					t.Fatalf("%+v", refusal)
				}
				if refusal != nil && (!strings.Contains(refusal.Reason, tt.want) || refusal.Protocol != "test" || refusal.At.IsZero()) {
					t.Errorf("%+v, want %q in it", refusal, tt.want)
				}
			})
		})
	}
}

func TestRefusalsAreBounded(t *testing.T) {
	var r refusals
	at := time.Unix(0, 0)
	for i := range maxRefusals + 10 {
		r.add(media.StreamID(fmt.Sprint(i)), ingest.Refusal{At: at.Add(time.Duration(i) * time.Second)})
	}
	if len(r.last) != maxRefusals || r.of("9") != nil || r.of("10") == nil {
		t.Errorf("%d are endedTTL", len(r.last))
	}
	long, ok := ingest.NewRefusal(at, "rtmp", fmt.Errorf("%w: %s", ingest.ErrUnsupported, strings.Repeat("x", 1000)))
	if !ok || len(long.Reason) > 300 {
		t.Errorf("a reason of %d bytes", len(long.Reason))
	}
}

// A picture that begins late has no frames missing before it.
func TestNoFramesAreMissedBeforeThePicture(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := start(t, false)
		p := mustConnect(t, m)
		p.dark = true
		p.announce(t)
		p.run(t, 5*time.Second)
		p.dark = false
		p.frame = 5 * 30
		if err := p.sink.SetTrack(videoTrack(t)); err != nil {
			t.Fatal(err)
		}
		for range 30 {
			p.run(t, time.Second)
			if got := codes(m.Report("show").Advice); strings.Contains(got, "frames_missing") {
				t.Fatalf("advice %q", got)
			}
		}
		p.sink.Close(nil)
	})
}
