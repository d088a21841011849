package mpegts

import (
	"io"
	"testing"
	"time"

	"github.com/globalfandom/lightstick/ingest"
	"github.com/globalfandom/lightstick/media"
)

// discard is an ingest.Sink that keeps nothing.
type discard struct{ samples int }

func (d *discard) Stream() media.StreamID               { return "test" }
func (d *discard) Expect(_, _ bool)                     {}
func (d *discard) SetTrack(media.Track) error           { return nil }
func (d *discard) Event(media.Event)                    {}
func (d *discard) Advise(ingest.Advice)                 {}
func (d *discard) Repaired(string)                      {}
func (d *discard) Close(error)                          {}
func (d *discard) Write(media.Kind, media.Sample) error { d.samples++; return nil }

// datagrams reads as SRT gives out a stream: seven packets at a time.
type datagrams struct{ b []byte }

func (d *datagrams) Read(b []byte) (int, error) {
	if len(d.b) == 0 {
		return 0, io.EOF
	}
	n := copy(b, d.b[:min(7*188, len(d.b))])
	d.b = d.b[n:]
	return n, nil
}

func BenchmarkDemux(b *testing.B) {
	ts := fixture(b)
	now := func() time.Time { return time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC) }
	b.SetBytes(int64(len(ts)))
	b.ReportAllocs()
	for b.Loop() {
		sink := &discard{}
		if err := Demux(&datagrams{ts}, ingest.NewSession(sink, Scale, WrapBits), Config{Now: now}); err != nil {
			b.Fatal(err)
		}
		if sink.samples < 100 {
			b.Fatalf("%d samples", sink.samples)
		}
	}
}
