package live

import (
	"bytes"
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/globalfandom/lightstick/ingest"
	"github.com/globalfandom/lightstick/media"
	"github.com/globalfandom/lightstick/media/bitstream"
	"github.com/globalfandom/lightstick/packager"
)

// waits bounds waits for FFmpeg.
const waits = 30 * time.Second

// camera publishes pictures, and sound in samples of 20 ms, through a session.
type camera struct {
	m       *Manager
	session *ingest.Session
	sink    ingest.Sink
	tick    *time.Ticker
	at      int64 // media time, in milliseconds
}

// newCamera connects to a manager with that FFmpeg, in real time: FFmpeg knows no other.
func newCamera(t *testing.T, program string) *camera {
	t.Helper()
	m := NewManager(Config{
		Packager: packager.Config{}.WithDefaults(), Settings: Settings{Reconnect: time.Minute}, FFmpeg: program,
		Recorder: func(media.StreamID) Recorder { return nothing{} },
	}, keys{}, slog.New(slog.DiscardHandler))
	sink, err := m.Open(context.Background(), ingest.Request{Protocol: "test", Key: "good", Kick: func(error) {}})
	if err != nil {
		t.Fatal(err)
	}
	c := &camera{m: m, session: ingest.NewSession(sink, 1000, 0), sink: sink, tick: time.NewTicker(4 * time.Millisecond)}
	t.Cleanup(c.tick.Stop)
	c.session.Expect(true, true)
	if err := sink.SetTrack(videoTrack(t)); err != nil {
		t.Fatal(err)
	}
	if err := c.session.SetVideo(media.H264, bitstream.ParamSets{}); err != nil {
		t.Fatal(err)
	}
	return c
}

func (c *camera) setSound(t *testing.T, codec media.Codec) {
	t.Helper()
	track, err := bitstream.RawTrack(codec, 8000, 1)
	if codec == media.AAC {
		track, err = audioTrack(t), nil
	}
	if err != nil {
		t.Fatal(err)
	}
	if err := c.session.SetAudio(track); err != nil {
		t.Fatal(err)
	}
}

// until publishes until something is so.
func (c *camera) until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(waits); !ok(); c.at += 20 {
		if <-c.tick.C; time.Now().After(deadline) {
			t.Fatalf("not within %v: %s; advice %+v", waits, what, c.m.Report("show").Advice)
		}
		picture := media.Sample{DTS: media.Ticks(c.at * 90), KeyFrame: c.at%1000 == 0, Payload: make([]byte, 100)}
		if err := c.sink.Write(media.Video, picture); err != nil {
			t.Fatal(err)
		}
		sound := bytes.Repeat([]byte{0xd5}, 160)
		if err := c.session.AudioFrames(c.at, [][]byte{sound}, time.Now()); err != nil {
			t.Fatal(err)
		}
	}
}

// lists reports whether a rendition lists a segment.
func (c *camera) lists(t *testing.T, name string) bool {
	t.Helper()
	s, _ := c.m.Stream("show")
	r, ok := s.Packager().Rendition(name)
	return ok && strings.Contains(string(r.Snapshot().Playlist(packager.SkipNothing).Plain()), "#EXTINF:")
}

func (c *camera) advises(code string) bool {
	return slices.ContainsFunc(c.m.Report("show").Advice, func(a ingest.Advice) bool { return a.Code == code })
}

func TestSoundIsConverted(t *testing.T) {
	c := newCamera(t, "ffmpeg")
	c.setSound(t, media.PCMA)
	c.until(t, "sound and picture are listed", func() bool { return c.lists(t, "source") && c.lists(t, "audio") })
	if text := playlist(t, c.m, "audio"); strings.Contains(text, "#EXT-X-DISCONTINUITY\n") || strings.Contains(text, "#EXT-X-GAP") {
		t.Errorf("the sound is\n%s", text)
	}
	s, _ := c.m.Stream("show")
	if got := s.publisher().tracks[media.Audio]; got.Codec != media.AAC {
		t.Errorf("the sound is %+v", got)
	}
	if !c.advises(ingest.AdviceSoundConverted) || c.advises(ingest.AdviceCodecRefused) || c.advises("no_audio") {
		t.Errorf("advice %+v", c.m.Report("show").Advice)
	}
	if in := c.m.Report("show").Input; in.Audio == nil || in.Audio.Codec != "alaw" || in.Audio.SampleRate != 8000 {
		t.Errorf("input %+v", in.Audio)
	}
	// The encoder is set to AAC.
	c.setSound(t, media.AAC)
	c.until(t, "the conversion has ended", func() bool {
		return !c.advises(ingest.AdviceSoundConverted) && s.stats.converter.Load() == nil
	})
	c.session.Close(nil)
}

// What FFmpeg has when the publisher leaves is packaged.
func TestConvertedSoundIsWhole(t *testing.T) {
	c := newCamera(t, "ffmpeg")
	c.setSound(t, media.PCMU)
	c.until(t, "the sound is listed", func() bool { return c.lists(t, "audio") })
	c.session.Close(nil)
	if picture, sound := listed(t, c.m, "source"), listed(t, c.m, "audio"); (picture - sound).Abs() > 50*time.Millisecond {
		t.Errorf("%v of the picture are listed, and %v of the sound", picture, sound)
	}
}

// listed is how long the segments of a rendition are together.
func listed(t *testing.T, m *Manager, name string) (sum time.Duration) {
	t.Helper()
	for line := range strings.Lines(playlist(t, m, name)) {
		if length, ok := strings.CutPrefix(line, "#EXTINF:"); ok {
			d, err := time.ParseDuration(strings.TrimSuffix(length, ",\n") + "s")
			if err != nil {
				t.Fatal(err)
			}
			sum += d
		}
	}
	return sum
}

// Sound that can't be converted is left out, with an advice; the picture is on air.
func TestSoundThatCantBeConverted(t *testing.T) {
	broken := filepath.Join(t.TempDir(), "ffmpeg")
	if err := os.WriteFile(broken, []byte("#!/bin/sh\nexit 1\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	for name, program := range map[string]string{"no FFmpeg": "", "it is missing": "/nonexistent/ffmpeg", "it fails": broken} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newCamera(t, program)
			c.setSound(t, media.PCMA)
			c.until(t, "there is an advice", func() bool { return c.advises(ingest.AdviceCodecRefused) })
			c.until(t, "the picture is listed", func() bool { return c.lists(t, "source") })
			if c.advises(ingest.AdviceSoundConverted) || c.advises("sound_stopped") {
				t.Errorf("advice %+v", c.m.Report("show").Advice)
			}
			// Without FFmpeg there is no sound; where it fails viewers have silence until then.
			if c.lists(t, "audio") && program == "" {
				t.Error("there is sound")
			}
			c.setSound(t, media.AAC)
			c.until(t, "AAC is listed", func() bool {
				return c.lists(t, "audio") && !c.advises(ingest.AdviceCodecRefused) && !c.advises("no_audio")
			})
			c.session.Close(nil)
		})
	}
}
