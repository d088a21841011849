package packager

import (
	"bytes"
	"errors"
	"testing"
	"time"
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
