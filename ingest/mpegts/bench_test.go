package mpegts

import (
	"bytes"
	"io"
	"slices"
	"testing"
	"time"

	"github.com/globalfandom/lightstick/ingest"
	"github.com/globalfandom/lightstick/ingest/ingesttest"
	"github.com/globalfandom/lightstick/media"
	"github.com/globalfandom/lightstick/media/bitstream"
)

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
		sink := &ingesttest.Discard{}
		if err := Demux(&datagrams{ts}, ingest.NewSession(sink, Scale, WrapBits), Config{Now: now}); err != nil {
			b.Fatal(err)
		}
		if sink.Samples < 100 {
			b.Fatalf("%d samples", sink.Samples)
		}
	}
}

// largePictures are pictures of so many bytes, in the slices and with the start codes that x264 writes for
// -tune zerolatency: the first of a picture has four bytes, those of the other slices have three.
func largePictures(t testing.TB, pictures, size, slicesEach int, pesOf func(int64, []byte) [][]byte) []byte {
	t.Helper()
	units := bitstream.AppendAnnexB(nil, only(film(t, small, dat), media.Video)[0].data, maxUnits)
	sets := [][]byte{}
	for _, u := range units {
		if kind := u[0] & 0x1f; kind == 7 || kind == 8 {
			sets = append(sets, u)
		}
	}
	delimiter := []byte{0, 0, 0, 1, 9, 0xf0}
	first := append([]byte{0x41, 0x9a}, bytes.Repeat([]byte{0x55}, size/slicesEach)...)
	other := slices.Clone(first)
	other[1] = 0x3a // first_mb_in_slice is not 0
	picture := append(slices.Clone(delimiter), append([]byte{0, 0, 0, 1}, first...)...)
	for range slicesEach - 1 {
		picture = append(append(picture, startCode...), other...)
	}
	key := slices.Clone(delimiter)
	for _, set := range sets {
		key = append(append(key, 0, 0, 0, 1), set...)
	}
	key = append(append(append(key, startCode...), 0x65), picture[len(delimiter)+5:]...)
	s := &stream{}
	s.tables(usual)
	for i := range pictures {
		data := picture
		if i == 0 {
			data = key
		}
		for _, p := range pesOf(start+int64(i)*3600, data) {
			s.put(videoPID, p)
		}
	}
	return s.bytes()
}

// unbounded is a picture in a PES packet whose length isn't given, as most multiplexers write it.
func unbounded(pts int64, data []byte) [][]byte { return [][]byte{open(pes(0xe0, pts, pts, data))} }

// bounded is a picture in PES packets of which each has a length.
func bounded(pts int64, data []byte) (packets [][]byte) {
	const most = 65_000
	packets = append(packets, pes(0xe0, pts, pts, data[:min(most, len(data))]))
	for at := most; at < len(data); at += most {
		packets = append(packets, untimed(0xe0, data[at:min(at+most, len(data))]))
	}
	return packets
}

func receive(t testing.TB, ts []byte, sink ingest.Sink) {
	t.Helper()
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	if err := Demux(&datagrams{ts}, ingest.NewSession(sink, Scale, WrapBits), Config{Now: func() time.Time { return now }}); err != nil {
		t.Fatal(err)
	}
}

func BenchmarkLargePictures(b *testing.B) {
	for _, bench := range []struct {
		name   string
		slices int
		pesOf  func(int64, []byte) [][]byte
	}{{"a slice", 1, unbounded}, {"four slices", 4, unbounded}, {"several PES packets", 1, bounded}} {
		b.Run(bench.name, func(b *testing.B) {
			ts := largePictures(b, 50, 200_000, bench.slices, bench.pesOf)
			b.SetBytes(int64(len(ts)))
			b.ReportAllocs()
			for b.Loop() {
				receive(b, ts, &ingesttest.Discard{})
			}
		})
	}
}

// A picture is copied into the memory in which it is gathered from packets, and into its part.
func TestCopiesOfAPicture(t *testing.T) {
	const size = 200_000
	for _, tt := range []struct {
		name   string
		slices int
		pesOf  func(int64, []byte) [][]byte
	}{{"a slice", 1, unbounded}, {"four slices", 4, unbounded}, {"several PES packets", 1, bounded}} {
		t.Run(tt.name, func(t *testing.T) {
			streams := map[int][]byte{}
			ingesttest.CheckCopies(t, size, func(pictures int, sink *ingesttest.Parts) {
				if streams[pictures] == nil {
					streams[pictures] = largePictures(t, pictures, size, tt.slices, tt.pesOf)
				}
				receive(t, streams[pictures], sink)
			})
		})
	}
}

// payloads is a sink that keeps the payloads of pictures.
type payloads struct {
	ingesttest.Discard
	all [][]byte
}

func (p *payloads) Write(_ media.Kind, s media.Sample) error {
	p.all = append(p.all, s.Payload)
	return nil
}

// A sample's payload is the memory in which its picture was gathered.
func TestPicturesStayWhereTheyWereGathered(t *testing.T) {
	for _, tt := range []struct {
		name   string
		slices int
		pesOf  func(int64, []byte) [][]byte
	}{{"a slice", 1, unbounded}, {"four slices", 4, unbounded}, {"several PES packets", 1, bounded}} {
		t.Run(tt.name, func(t *testing.T) {
			const pictures = 6
			sink := &payloads{}
			r := newPacketReader(&pieces{largePictures(t, pictures, 200_000, tt.slices, tt.pesOf), packetSize}, time.Now)
			d := newDemuxer(r, ingest.NewSession(sink, Scale, WrapBits), 0)
			var units [][]byte
			stay := 0
			for written := 0; d.read() == nil; written = len(sink.all) {
				for _, payload := range sink.all[written:] {
					for _, unit := range units {
						if &unit[0] == &payload[lengthSize] {
							stay++
						}
					}
				}
				if track := d.tracks[media.Video]; track != nil {
					units = track.assembler.sink.(*videoDecoder).buffer.AppendUnits(nil, maxUnits)
				}
			}
			// The session holds the first picture back, until the second shows that it was whole.
			if len(sink.all) != pictures-1 || stay < pictures-2 {
				t.Errorf("%d pictures, of which %d stay", len(sink.all), stay)
			}
		})
	}
}
