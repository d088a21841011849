package mpegts

import (
	"bytes"
	"context"
	"errors"
	"os"
	"testing"
	"time"

	"github.com/globalfandom/lightstick/ingest"
	"github.com/globalfandom/lightstick/ingest/ingesttest"
	"github.com/globalfandom/lightstick/media"
)

func demux(t testing.TB, b []byte) (*ingesttest.Publication, error) {
	t.Helper()
	gate := ingesttest.NewGate()
	sink, err := gate.Open(context.Background(), ingest.Request{Key: ingesttest.Key})
	if err != nil {
		t.Fatal(err)
	}
	session := ingest.NewSession(sink, Scale, WrapBits)
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	err = Demux(bytes.NewReader(b), session, func() time.Time {
		now = now.Add(10 * time.Millisecond)
		return now
	})
	return sink.(*ingesttest.Publication), err
}

func fixture(t testing.TB) []byte {
	t.Helper()
	b, err := os.ReadFile("../../testdata/mpegts/obs29.ts")
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestWhatOBSSends(t *testing.T) {
	p, err := demux(t, fixture(t))
	if err != nil {
		t.Fatal(err)
	}
	if len(p.Samples[media.Video]) < 50 || len(p.Samples[media.Audio]) < 50 {
		t.Errorf("%d pictures, %d audio units", len(p.Samples[media.Video]), len(p.Samples[media.Audio]))
	}
	offsets := 0
	for _, s := range p.Samples[media.Video] {
		if s.CompositionOffset > 0 {
			offsets++
		}
	}
	if offsets == 0 {
		t.Error("no composition offsets, though OBS sent B-frames")
	}
}

// A publisher that is killed, or out of reach, ends anywhere.
func TestUnfinishedPictureIsLeftOut(t *testing.T) {
	b := fixture(t)
	whole, err := demux(t, b)
	if err != nil {
		t.Fatal(err)
	}
	const packets = 100 // several pictures
	for end := len(b) - packets*packetSize; end < len(b); end += packetSize {
		p, err := demux(t, b[:end])
		if err != nil {
			t.Fatalf("%d bytes: %v", end, err)
		}
		for kind, samples := range p.Samples {
			for i, s := range samples {
				if !bytes.Equal(s.Payload, whole.Samples[kind][i].Payload) {
					t.Errorf("%d bytes: sample %d of kind %v has %d of %d bytes",
						end, i, kind, len(s.Payload), len(whole.Samples[kind][i].Payload))
				}
			}
		}
	}
}

func TestRubbishIsNoProgram(t *testing.T) {
	for name, b := range map[string][]byte{
		"nothing": nil, "text": bytes.Repeat([]byte("not a transport stream "), 10_000),
		"null packets": bytes.Repeat(append([]byte{0x47, 0x1f, 0xff, 0x10}, make([]byte, 184)...), 30_000),
	} {
		if _, err := demux(t, b); !errors.Is(err, ErrNoProgram) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func FuzzDemux(f *testing.F) {
	b := fixture(f)
	f.Add(b[:188*20])
	f.Add(b[:188*100])
	f.Fuzz(func(t *testing.T, b []byte) { _, _ = demux(t, b) })
}
