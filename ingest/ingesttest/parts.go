package ingesttest

import (
	"math"
	"runtime"
	"testing"

	"github.com/globalfandom/lightstick/ingest"
	"github.com/globalfandom/lightstick/media"
	"github.com/globalfandom/lightstick/packager/cmaf"
)

// Discard is an ingest.Sink that keeps nothing and counts samples.
type Discard struct{ Samples int }

// Stream implements ingest.Sink, as do all methods.
func (d *Discard) Stream() media.StreamID { return "test" }

// Expect does nothing.
func (d *Discard) Expect(_, _ bool) {}

// SetTrack takes any track.
func (d *Discard) SetTrack(media.Track) error { return nil }

// Write counts the sample.
func (d *Discard) Write(media.Kind, media.Sample) error { d.Samples++; return nil }

// Event does nothing.
func (d *Discard) Event(media.Event) {}

// Advise does nothing.
func (d *Discard) Advise(ingest.Advice) {}

// Repaired does nothing.
func (d *Discard) Repaired(string) {}

// Close does nothing.
func (d *Discard) Close(error) {}

// Parts is an ingest.Sink that makes a part of each sample, as the packager does, and keeps none.
type Parts struct {
	Discard
	Bytes int // of all parts
}

// Write makes a part of the sample.
func (p *Parts) Write(k media.Kind, s media.Sample) error {
	p.Bytes += len(cmaf.Chunk{Runs: [][]media.Sample{{s}}}.Marshal())
	return p.Discard.Write(k, s)
}

// CheckCopies fails the test if a picture of so many bytes is copied more than twice on its way
// from a protocol's packets to its part: each copy is made into memory of its own, except for
// copies into memory that is used again. take takes so many pictures to a sink.
//
// It counts bytes that were allocated, so that it doesn't depend on the speed of the machine.
// The difference of a long run and a short one leaves out what a connection costs once.
func CheckCopies(t *testing.T, pictureSize int, take func(pictures int, sink *Parts)) {
	t.Helper()
	const few, many = 8, 40
	allocated := func(pictures int) uint64 {
		var before, after runtime.MemStats
		sink := &Parts{}
		runtime.ReadMemStats(&before)
		take(pictures, sink)
		runtime.ReadMemStats(&after)
		if sink.Samples < pictures-1 || sink.Bytes < (pictures-1)*pictureSize {
			t.Fatalf("%d pictures with %d bytes of %d", sink.Samples, sink.Bytes, pictures)
		}
		return after.TotalAlloc - before.TotalAlloc
	}
	short, long := uint64(math.MaxUint64), uint64(math.MaxUint64)
	for range 3 { // the runtime and other tests allocate, too
		short, long = min(short, allocated(few)), min(long, allocated(many))
	}
	least := (long - short) / (many - few)
	const besides = 20_000 // lists, boxes, and what is left of blocks
	t.Logf("%d bytes are allocated for a picture of %d", least, pictureSize)
	if most := uint64(2*pictureSize + besides); least > most {
		t.Errorf("%d bytes are allocated for a picture of %d, want at most %d: it is copied more than twice", least, pictureSize, most)
	}
}
