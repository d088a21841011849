package mpegts

import (
	"bytes"
	"context"
	"errors"
	"io"
	"slices"
	"testing"
	"time"

	"github.com/globalfandom/lightstick/ingest"
	"github.com/globalfandom/lightstick/ingest/ingesttest"
	"github.com/globalfandom/lightstick/media"
)

// What is kept is bounded by what came, and by the sizes of what is gathered: the
// largest map, of a few PIDs.
func checkHeld(t *testing.T, d *demuxer, came int) {
	t.Helper()
	const tables = (maxPrograms + 1) * 2 * (maxSection + packetSize)
	if held := d.held(); held > readSize+tables+4*came || held > readSize+tables+5*maxPicture {
		t.Fatalf("%d bytes are kept of %d", held, came)
	}
}

// consume demuxes piece by piece, and looks at what is kept between.
func consume(t *testing.T, b []byte, step int, program uint16) *ingesttest.Publication {
	t.Helper()
	sink, err := ingesttest.NewGate().Open(context.Background(), ingest.Request{Key: ingesttest.Key})
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	r := newPacketReader(&pieces{b, step}, func() time.Time {
		now = now.Add(10 * time.Millisecond)
		return now
	})
	d := newDemuxer(r, ingest.NewSession(sink, Scale, WrapBits), program)
	for err == nil {
		err = d.read()
		checkHeld(t, d, int(r.total))
	}
	if errors.Is(err, io.EOF) {
		err = d.end()
	}
	if err != nil && !errors.Is(err, ingest.ErrUnsupported) {
		t.Fatalf("%v", err)
	}
	return sink.(*ingesttest.Publication)
}

// pieces is read a few bytes at a time.
type pieces struct {
	b    []byte
	step int
}

func (p *pieces) Read(b []byte) (int, error) {
	if len(p.b) == 0 {
		return 0, io.EOF
	}
	n := copy(b, p.b[:min(p.step, len(p.b))])
	p.b = p.b[n:]
	return n, nil
}

// The same comes out however the stream is cut, and after rubbish.
func TestPieces(t *testing.T) {
	events, film := eventful(t), fixture(t)
	for _, tt := range []struct {
		name   string
		before string
		step   int
	}{
		{"in one piece", "", 1 << 20},
		{"byte by byte", "", 1},
		{"in datagrams", "", 1316},
		{"in odd pieces", "", 189},
		{"after rubbish", "rubbish without a sync byte", 500},
		{"after rubbish with one", "rubbish with a Gyroscope", 188},
	} {
		t.Run(tt.name, func(t *testing.T) {
			checkEvents(t, consume(t, append([]byte(tt.before), events...), tt.step, 0).Events)
			p := consume(t, append([]byte(tt.before), film...), tt.step, 0)
			if p.Count(media.Video) != 69 || p.Count(media.Audio) != 104 || p.Repairs[ingest.RepairBadUnit] > 0 {
				t.Errorf("%d pictures, %d units of sound, repairs %v", p.Count(media.Video), p.Count(media.Audio), p.Repairs)
			}
		})
	}
}

// A picture without an end is given up.
func TestEndlessPicture(t *testing.T) {
	s := &stream{}
	s.tables(usual)
	s.put(videoPID, open(pes(0xe0, start, start, make([]byte, maxPicture+packetSize))))
	s.tables(usual)
	b := s.bytes()
	if p := consume(t, b, readSize, 0); p.Repairs[ingest.RepairUnreadable] != 1 {
		t.Errorf("repairs %v", p.Repairs)
	}
}

func FuzzDemux(f *testing.F) {
	b := fixture(f)
	b = append(bytes.Clone(b[:packetSize*4]), b[packetSize*60:packetSize*80]...) // tables, and some pictures
	f.Add(b, uint16(0), uint16(1316))
	f.Add(b, uint16(1), uint16(188))
	f.Add(eventful(f), uint16(0), uint16(700))
	swapped := bytes.Clone(b[packetSize*4:])
	for i := 0; i < len(swapped); i += packetSize {
		swapped[i+2] ^= 1 // the streams change places under the same tables
	}
	f.Add(append(bytes.Clone(b), swapped...), uint16(0), uint16(1316))
	f.Fuzz(func(t *testing.T, b []byte, program, step uint16) {
		p := consume(t, b, packetSize/2+int(step), program)
		for kind, samples := range p.Samples {
			for i := 1; i < len(samples); i++ {
				if samples[i].DTS < samples[i-1].DTS && kind == int(media.Video) {
					t.Errorf("sample %d of kind %d goes back", i, kind)
				}
			}
		}
	})
}

// Each decoder on its own is reached more deeply.
func FuzzDecoders(f *testing.F) {
	b := fixture(f)
	sound, err := io.ReadAll(io.LimitReader(bytes.NewReader(b[packetSize*40:]), 600))
	if err != nil {
		f.Fatal(err)
	}
	for kind := range uint8(9) {
		f.Add(kind, sound, sound[100:])
		f.Add(kind, []byte{0, 0, 0, 1, 9, 0xf0, 0, 0, 1, 0x65, 0x88, 0x84}, []byte{0xff, 0xf1, 0x4c, 0x80, 0x01, 0x7f, 0xfc, 0x21})
		f.Add(kind, []byte{0x56, 0xe0, 4, 0, 0, 0, 0, 0x7f, 0xe0, 1, 0xfc}, []byte{0x0b, 0x77, 0, 0, 0, 0x40, 0xff, 0xfb, 0x90, 0x64})
	}
	f.Fuzz(func(t *testing.T, kind uint8, first, second []byte) {
		c := codecH264 + codec(kind)%(codecMPEGAudio-codecH264+1)
		sink, err := ingesttest.NewGate().Open(context.Background(), ingest.Request{Key: ingesttest.Key})
		if err != nil {
			t.Fatal(err)
		}
		now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
		track := &track{
			stream: elementaryStream{videoPID, c, 2}, session: ingest.NewSession(sink, Scale, WrapBits),
			arrival: func() time.Time { now = now.Add(time.Second); return now }, refuse: func(*track, string) {},
		}
		if err := track.startDecoder(); err != nil {
			t.Fatal(err)
		}
		for i, data := range [][]byte{first, second, first, second} {
			p := pesPacket{pts: int64(i) * 3000, dts: int64(i) * 3000, timed: i != 1}
			sink := track.assembler.sink
			if err := sink.begin(p, data[:min(len(data), pesAhead)]); err != nil {
				t.Fatal(err)
			}
			for piece := range slices.Chunk(data, packetSize-4) {
				if !sink.addData(piece) {
					t.Fatalf("%d bytes are too large", len(data))
				}
			}
			p.full = i == 2
			if err := sink.end(p); err != nil {
				t.Fatal(err)
			}
		}
		if held := track.held(); held > 8*(len(first)+len(second))+2*maxFrame {
			t.Errorf("%d bytes are kept of %d", held, 2*(len(first)+len(second)))
		}
	})
}
