package packager

import (
	"bytes"
	"fmt"
	"io"
	"math"
	"runtime"
	"testing"
	"time"

	"github.com/globalfandom/lightstick/media"
)

// benchStream is a stream of 30 frames a second with sound that has run for so long.
func benchStream(b *testing.B, dvr, run time.Duration) (*Stream, *source) {
	b.Helper()
	s := NewStream(Config{DVR: dvr}, &keeper{})
	src := newSource(s, [2]int64{30, 1}, 60, 48000)
	src.begin(b, "p")
	src.run(run)
	return s, src
}

// BenchmarkSample packages one sample: a picture of 12.5 kB (3 Mbit/s), a unit of
// AAC; every seventh picture closes a part, as in a live stream.
func BenchmarkSample(b *testing.B) {
	picture, sound := make([]byte, 12_500), make([]byte, 340)
	b.Run("H264", func(b *testing.B) {
		s := NewStream(Config{}, &keeper{})
		src := newSource(s, [2]int64{30, 1}, 60, 0)
		src.begin(b, "p")
		b.ReportAllocs()
		for frame := 0; b.Loop(); frame++ {
			s.Write("source", media.Sample{DTS: media.Ticks(frame * 3000), KeyFrame: frame%60 == 0, Payload: picture})
		}
	})
	b.Run("AAC", func(b *testing.B) {
		s := NewStream(Config{}, &keeper{})
		err := s.Begin(Epoch{ID: "p", Leader: "audio", Tracks: map[string]media.Track{"audio": audioTrack(48000)}})
		if err != nil {
			b.Fatal(err)
		}
		b.ReportAllocs()
		for unit := 0; b.Loop(); unit++ {
			s.Write("audio", media.Sample{DTS: media.Ticks(unit * 1024), Duration: 1024, KeyFrame: true, Payload: sound})
		}
	})
}

// BenchmarkPart closes a part of 7 pictures (88 kB), with its snapshot.
func BenchmarkPart(b *testing.B) {
	s, src := benchStream(b, 0, 35*time.Second)
	payload := make([]byte, 12_500)
	r := rendition(b, s, "source")
	b.ReportAllocs()
	for b.Loop() {
		for snap := r.Snapshot(); r.Snapshot() == snap; src.frame++ {
			s.Write("source", media.Sample{DTS: src.dts(src.frame), KeyFrame: src.frame%60 == 0, Payload: payload})
		}
	}
}

// BenchmarkPlaylist makes the playlist that follows a part: what whoever asks first
// pays, once for everybody.
func BenchmarkPlaylist(b *testing.B) {
	for _, window := range []time.Duration{10 * time.Second, time.Hour, 12 * time.Hour} {
		s, _ := benchStream(b, window, max(window+5*time.Minute, time.Minute))
		snap := rendition(b, s, "source").Snapshot()
		for _, gzip := range []bool{false, true} {
			for skip, name := range []string{SkipNothing: "whole", SkipSegments: "delta"} {
				b.Run(fmt.Sprintf("%v/%s/gzip=%v", window, name, gzip), func(b *testing.B) {
					b.ReportAllocs()
					size := 0
					for b.Loop() {
						d := Document{compose: func() []piece {
							return snap.listSelection(selection{form: formMedia, to: len(snap.closed), skip: Skip(skip), live: true})
						}}
						if gzip {
							size = len(d.Gzip())
						} else {
							size = len(d.Plain())
						}
					}
					b.ReportMetric(float64(size), "bytes")
				})
			}
		}
	}
}

// copier is a Recorder that reads each segment as a disk, a bucket or a viewer does, and keeps it.
type copier struct {
	nothing
	t        *testing.T
	segments int
}

// Segment checks that what is written is the memory of a part.
func (r *copier) Segment(_ string, s *Segment) {
	r.segments++
	chunks := s.Chunks()
	open, err := s.Open()
	if err != nil {
		r.t.Error(err)
		return
	}
	defer open.Close()
	if _, err := io.Copy(writerFunc(func(b []byte) {
		if len(chunks) == 0 || &chunks[0][0] != &b[0] || len(chunks[0]) != len(b) {
			r.t.Errorf("%d bytes were written that are no part", len(b))
			return
		}
		chunks = chunks[1:]
	}), open); err != nil || len(chunks) > 0 {
		r.t.Errorf("%v, %d parts were not written", err, len(chunks))
	}
	s.MarkStored(emptyFile{})
}

type writerFunc func([]byte)

func (f writerFunc) Write(b []byte) (int, error) {
	f(b)
	return len(b), nil
}

// A sample is copied once, into its part. Segments are not joined of them, whoever reads them.
func TestASampleIsCopiedOnce(t *testing.T) {
	const size, few, many = 200_000, 180, 480
	picture := bytes.Repeat([]byte{0x55}, size)
	allocated := func(pictures int) uint64 {
		rec := &copier{t: t}
		s := NewStream(Config{}, rec)
		src := newSource(s, [2]int64{30, 1}, 60, 0)
		src.begin(t, "p")
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		for i := range pictures {
			s.Write("source", media.Sample{DTS: src.dts(i), KeyFrame: i%60 == 0, Payload: picture})
		}
		runtime.ReadMemStats(&after)
		if rec.segments < pictures/60-1 {
			t.Fatalf("%d segments of %d pictures", rec.segments, pictures)
		}
		return after.TotalAlloc - before.TotalAlloc
	}
	short, long := uint64(math.MaxUint64), uint64(math.MaxUint64)
	for range 3 { // the runtime and other tests allocate, too
		short, long = min(short, allocated(few)), min(long, allocated(many))
	}
	const besides = 20_000 // boxes, lists and snapshots
	each := (long - short) / (many - few)
	t.Logf("%d bytes are allocated for a picture of %d", each, size)
	if each > size+besides {
		t.Errorf("%d bytes are allocated for a picture of %d: it is copied more than once", each, size)
	}
}
