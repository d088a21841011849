package packager

import (
	"strings"
	"testing"
	"time"

	"github.com/globalfandom/lightstick/media"
)

// sound publishes sound alone from a time of the stream on.
func sound(t *testing.T, s *Stream, id string, rate int, from, length time.Duration) {
	t.Helper()
	err := s.Begin(Epoch{
		ID: id, Leader: "audio", Tracks: map[string]media.Track{"audio": audioTrack(rate)},
		Clock: media.Clock{Start: startTime.Add(from), Origin: media.TicksOf(from, 90000)},
	})
	if err != nil {
		t.Fatal(err)
	}
	scale := media.Timescale(rate)
	for at, end := media.TicksOf(from, scale), media.TicksOf(from+length, scale); at < end; at += 1024 {
		s.Write("audio", media.Sample{DTS: at, Duration: 1024, KeyFrame: true, Payload: make([]byte, 40)})
	}
}

// The camera is switched on: the sound's window stays, though the picture has none yet.
func TestPictureJoins(t *testing.T) {
	s := NewStream(Config{}, &nothing{})
	sound(t, s, "p", 48000, 0, 30*time.Second)
	s.End()
	before := len(rendition(t, s, "audio").window.closed)
	src := newSource(s, [2]int64{30, 1}, 60, 48000)
	src.base = media.TicksOf(31*time.Second, 90000)
	src.begin(t, "q")
	src.run(7 * time.Second)
	if after := len(rendition(t, s, "audio").window.closed); after < before {
		t.Errorf("%d segments of sound were listed, now %d", before, after)
	}
}

// The picture goes for good: its playlist goes on as gaps, and ends with the stream.
func TestPictureLeaves(t *testing.T) {
	s := NewStream(Config{}, &nothing{})
	src := newSource(s, [2]int64{30, 1}, 60, 0)
	src.begin(t, "p")
	src.run(30 * time.Second)
	s.End()
	sound(t, s, "q", 48000, 31*time.Second, 20*time.Second)
	video := rendition(t, s, "source")
	if last := video.Snapshot().LastMSN; last < 20 || len(video.window.closed) == 0 {
		t.Errorf("the picture's playlist stands at %d with %d segments", last, len(video.window.closed))
	}
	s.End()
	s.Finish()
	if !s.Ended() || !strings.Contains(text(video.Snapshot().Playlist(SkipNothing)), "#EXT-X-ENDLIST") {
		t.Error("it does not end")
	}
	if !s.AudioOnly() {
		t.Error("there is said to be a picture")
	}
}

// A rendition of sound alone from an earlier epoch goes on beside muxed ones.
func TestMuxedAfterSoundAlone(t *testing.T) {
	s := NewStream(Config{Muxed: true}, &nothing{})
	sound(t, s, "p", 44100, 0, 20*time.Second)
	s.End()
	src := newSource(s, [2]int64{30, 1}, 60, 48000)
	src.base = media.TicksOf(21*time.Second, 90000)
	src.begin(t, "q")
	src.run(9 * time.Second)
	for _, name := range []string{"audio", "source"} {
		w := &rendition(t, s, name).window
		if last := w.lastSegment(); last.Gap || last.Epoch != "q" || (last.Duration-2*time.Second).Abs() > 30*time.Millisecond {
			t.Errorf("%s: %+v of %v", name, last.Epoch, last.Duration)
		}
	}
}

// A picture that was held up and comes in a burst doesn't send anybody back.
func TestLatePictureDoesNotGoBack(t *testing.T) {
	s := NewStream(Config{Window: 2 * time.Minute}, &nothing{})
	src := newSource(s, [2]int64{30, 1}, 60, 48000)
	var late []media.Sample
	src.mute = func(frame int) bool {
		if frame < 600 || frame >= 870 {
			return false
		}
		late = append(late, media.Sample{DTS: src.dts(frame), KeyFrame: frame%60 == 0, Payload: make([]byte, 200)})
		return true
	}
	src.begin(t, "p")
	src.run(29 * time.Second)
	for _, sample := range late {
		s.Write("source", sample)
	}
	src.run(10 * time.Second)
	for _, name := range []string{"source", "audio"} {
		var before time.Time
		gaps := 0
		for _, segment := range rendition(t, s, name).window.closed {
			if segment.ProgramDateTime.Before(before) {
				t.Errorf("%s goes back at %d", name, segment.MSN)
			}
			before = segment.ProgramDateTime
			if segment.Gap {
				gaps++
			}
		}
		if name == "audio" && gaps > 0 {
			t.Errorf("%d gaps in the sound", gaps)
		}
	}
}

// A rung that begins late in a muxed stream has its sound from its first picture on.
func TestLateRungHasSound(t *testing.T) {
	s := NewStream(Config{Muxed: true, Window: time.Minute}, &nothing{})
	src := newSource(s, [2]int64{30, 1}, 60, 48000)
	src.begin(t, "p")
	var pictures []media.Sample
	for frame := range 240 {
		src.step()
		pictures = append(pictures, media.Sample{DTS: src.dts(frame), KeyFrame: frame%60 == 0, Payload: make([]byte, 100)})
		if frame == 150 { // the worker gives out what it has had since frame 60
			if err := s.SetTrack("240p", "p", videoTrack()); err != nil {
				t.Fatal(err)
			}
		}
		if frame >= 150 {
			for _, picture := range pictures[60:] {
				s.Write("240p", picture)
			}
			pictures = pictures[:60]
		}
	}
	got := runs(t, rendition(t, s, "240p"))
	if len(got[0]) == 0 || len(got[1]) == 0 {
		t.Fatal("nothing was packaged")
	}
	if picture, sound := float64(got[0][0][0])/90000, float64(got[1][0][0])/48000; sound-picture > 0.03 {
		t.Errorf("the picture begins at %.3f, the sound at %.3f", picture, sound)
	}
	continuous(t, "sound", got[1])
}
