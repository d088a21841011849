package packager

import (
	"bytes"
	"errors"
	"testing"
	"time"

	"github.com/globalfandom/lightstick/media"
)

func TestKeyPictureIsOfTheNewestSegment(t *testing.T) {
	s := NewStream(Config{}, &nothing{})
	src := newSource(s, [2]int64{30, 1}, 60, 0)
	src.begin(t, "a")
	r := rendition(t, s, "source")
	if _, err := r.KeyPicture(); !errors.Is(err, ErrGone) {
		t.Errorf("before the first segment: %v", err)
	}
	src.run(20 * time.Second)
	got, err := r.KeyPicture()
	if err != nil {
		t.Fatal(err)
	}
	closed := r.Snapshot().closed
	newest := closed[len(closed)-1]
	want := bytes.Join(newest.Chunks(), nil)[newest.KeyFrame.End-newest.KeyFrame.Size : newest.KeyFrame.End]
	init, _ := r.Init("a")
	if !bytes.Equal(got.Payload, want) || !bytes.Equal(got.Init, init) || got.Track.Width != 640 {
		t.Errorf("got %d bytes of %dx%d, want %d", len(got.Payload), got.Track.Width, got.Track.Height, len(want))
	}
}

// smallTrack is a transcoded rendition's.
func smallTrack() media.Track {
	t := videoTrack()
	t.Width, t.Height = 320, 180
	return t
}

func TestPreviewSegment(t *testing.T) {
	s := NewStream(Config{Window: 20 * time.Second}, &nothing{})
	src := newSource(s, [2]int64{30, 1}, 60, 48000)
	src.begin(t, "p")
	if err := s.SetTrack("180p", "p", smallTrack()); err != nil {
		t.Fatal(err)
	}
	src.follower = "180p"
	src.run(12 * time.Second)
	src.follower = "" // the transcoder fails: segments 6 and 7 are gaps in its rendition
	src.run(4 * time.Second)
	src.follower = "180p"
	src.run(7 * time.Second) // into segment 11
	tests := []struct {
		name        string
		publication string
		msn         int64
		want        int64 // -1: gone
		height      int
	}{
		{"the first of ten seconds", "p", 0, 0, 180},
		{"the last of ten seconds", "p", 4, 0, 180},
		{"the next ten seconds", "p", 5, 5, 180},
		{"a gap in the smallest rendition", "p", 6, 5, 360},
		{"after a gap in the smallest rendition", "p", 9, 8, 180},
		{"an open segment", "p", 11, -1, 0},
		{"what has not come yet", "p", 30, -1, 0},
		{"another publication", "q", 0, -1, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			k, err := s.PreviewSegment(tt.publication, tt.msn)
			if tt.want < 0 {
				if !errors.Is(err, ErrGone) {
					t.Errorf("segment %d, %v; want ErrGone", k.MSN, err)
				}
				return
			}
			if err != nil || k.MSN != tt.want {
				t.Fatalf("segment %d, %v; want %d", k.MSN, err, tt.want)
			}
			if p, err := k.Read(); err != nil || p.Track.Height != tt.height || len(p.Payload) != 200 || len(p.Init) == 0 {
				t.Errorf("%d bytes of height %d, %v; want height %d", len(p.Payload), p.Track.Height, err, tt.height)
			}
		})
	}
	src.run(2 * time.Minute)
	if k, err := s.PreviewSegment("p", 4); !errors.Is(err, ErrGone) {
		t.Errorf("segment %d long after it was trimmed, %v", k.MSN, err)
	}
}

func TestPreviewSegmentOfSoundIsGone(t *testing.T) {
	s := NewStream(Config{}, &nothing{})
	tracks := map[string]media.Track{"audio": audioTrack(48000)}
	if err := s.Begin(Epoch{ID: "p", Clock: media.Clock{Start: startTime}, Leader: "audio", Tracks: tracks}); err != nil {
		t.Fatal(err)
	}
	for at := media.Ticks(0); at < 10*48000; at += 1024 {
		s.Write("audio", media.Sample{DTS: at, Duration: 1024, KeyFrame: true, Payload: make([]byte, 40)})
	}
	if _, err := rendition(t, s, "audio").Segment("p", Position{MSN: 1, Part: WholeSegment}); err != nil {
		t.Fatal(err)
	}
	if k, err := s.PreviewSegment("p", 1); !errors.Is(err, ErrGone) {
		t.Errorf("segment %d, %v; want ErrGone", k.MSN, err)
	}
}

// After a restart each epoch's pictures are decoded by its own parameters.
func TestPreviewSegmentAfterARestart(t *testing.T) {
	cfg := Config{DVR: time.Hour}
	d := &diary{}
	s := NewStream(cfg, d)
	src := newSource(s, [2]int64{30, 1}, 60, 0)
	src.begin(t, "first")
	src.run(21 * time.Second)
	s.End()
	if err := s.Begin(Epoch{
		ID: "second", Clock: media.Clock{Start: startTime.Add(time.Minute)}, Leader: "source", Tracks: map[string]media.Track{"source": smallTrack()},
	}); err != nil {
		t.Fatal(err)
	}
	src.frame = 0
	src.run(21 * time.Second)
	s.End()
	again, err := Restore(cfg, Discard{}, d.reread(t), d.locate)
	if err != nil {
		t.Fatal(err)
	}
	last := rendition(t, again, "source").Snapshot().LastMSN
	for _, want := range []struct {
		publication string
		msn         int64
		height      int
	}{{"first", 7, 360}, {"second", last, 180}} {
		k, err := again.PreviewSegment(want.publication, want.msn)
		if err != nil {
			t.Fatalf("%s: %v", want.publication, err)
		}
		if p, err := k.Read(); err != nil || p.Track.Height != want.height || len(p.Payload) != 200 {
			t.Errorf("%s: %d bytes of height %d, %v; want height %d", want.publication, len(p.Payload), p.Track.Height, err, want.height)
		}
	}
}
