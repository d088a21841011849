package mpegts

import (
	"bytes"
	"context"
	"os"
	"testing"
	"time"

	"github.com/globalfandom/lightstick/ingest"
	"github.com/globalfandom/lightstick/ingest/ingesttest"
	"github.com/globalfandom/lightstick/media"
)

func demux(t testing.TB, b []byte) (*ingesttest.Publication, error) {
	t.Helper()
	return demuxProgram(t, b, 0)
}

// demuxProgram demuxes a program, piece by piece: each is 10 ms of arrival time.
func demuxProgram(t testing.TB, b []byte, program uint16) (*ingesttest.Publication, error) {
	t.Helper()
	gate := ingesttest.NewGate()
	sink, err := gate.Open(context.Background(), ingest.Request{Key: ingesttest.Key})
	if err != nil {
		t.Fatal(err)
	}
	session := ingest.NewSession(sink, Scale, WrapBits)
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	err = Demux(bytes.NewReader(b), session, Config{Program: program, Now: func() time.Time {
		now = now.Add(10 * time.Millisecond)
		return now
	}})
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
