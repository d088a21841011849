package mpegts

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"os"
	"testing"

	"github.com/globalfandom/lightstick/media"
	"github.com/globalfandom/lightstick/media/scte35"
)

// PIDs of the test stream.
const (
	pmtPID    = 0x100
	audioPID  = 0x101
	splicePID = 0x102
	id3PID    = 0x103
)

// stream builds a transport stream packet by packet.
type stream struct {
	b        []byte
	counters map[uint16]byte
}

// put cuts a PES packet or a section with its pointer field into packets.
func (s *stream) put(pid uint16, unit []byte) {
	if s.counters == nil {
		s.counters = make(map[uint16]byte)
	}
	for start := byte(0x40); len(unit) > 0; start = 0 {
		p := []byte{syncByte, start | byte(pid>>8), byte(pid), 0x10 | s.counters[pid]}
		s.counters[pid] = (s.counters[pid] + 1) & 0x0f
		if n := packetSize - 4; len(unit) < n { // stuff by an adaptation field
			p[3] |= 0x20
			fill := n - 1 - len(unit)
			p = append(p, byte(fill))
			if fill > 0 {
				p = append(append(p, 0), bytes.Repeat([]byte{0xff}, fill-1)...)
			}
		}
		n := packetSize - len(p)
		s.b = append(append(s.b, p...), unit[:n]...)
		unit = unit[n:]
	}
}

// table is a section with its pointer field and CRC.
func table(id byte, body []byte) []byte {
	b := []byte{id, 0xb0, 0, 0, 1, 0xc1, 0, 0}
	b = append(b, body...)
	binary.BigEndian.PutUint16(b[1:], 0xb000|uint16(len(b)+4-3))
	return append([]byte{0}, binary.BigEndian.AppendUint32(b, scte35.CRC32(b))...)
}

func (s *stream) tables() {
	s.put(patPID, table(tablePAT, []byte{0, 1, 0xe0 | pmtPID>>8, pmtPID & 0xff}))
	descriptor := append([]byte{0x26, 13, 0xff, 0xff}, "ID3 \xffID3 \x00\x0f"...)
	descriptor[1] = byte(len(descriptor) - 2)
	body := []byte{0xe0 | audioPID>>8, audioPID & 0xff, 0xf0, 0}
	for _, es := range []struct {
		kind byte
		pid  uint16
		info []byte
	}{{0x03, audioPID, nil}, {streamSCTE35, splicePID, nil}, {streamID3, id3PID, descriptor}} {
		body = append(body, es.kind, 0xe0|byte(es.pid>>8), byte(es.pid), 0xf0, byte(len(es.info)))
		body = append(body, es.info...)
	}
	s.put(pmtPID, table(tablePMT, body))
}

func pes(id byte, pts int64, data []byte) []byte {
	b := []byte{0, 0, 1, id, 0, 0, 0x80, 0x80, 5}
	b = append(b, 0x21|byte(pts>>30)<<1, byte(pts>>22), byte(pts>>14)|1, byte(pts>>7), byte(pts)<<1|1)
	b = append(b, data...)
	binary.BigEndian.PutUint16(b[4:], uint16(len(b)-6))
	return b
}

// id3 is a tag with a body of n bytes.
func id3(n int) []byte {
	return append([]byte{'I', 'D', '3', 4, 0, 0, 0, 0, byte(n >> 7), byte(n & 0x7f)}, bytes.Repeat([]byte{'x'}, n)...)
}

// splice is the standard's sample of splice_insert, out for a minute, with the time
// moved to pts by its adjustment.
func splice(t testing.TB, pts int64) []byte {
	t.Helper()
	b, err := base64.StdEncoding.DecodeString("/DAvAAAAAAAA///wFAVIAACPf+/+c2nALv4AUsz1AAAAAAAKAAhDVUVJAAABNWLbowo=")
	if err != nil {
		t.Fatal(err)
	}
	adjustment := (pts - 0x7369c02e) & (1<<33 - 1)
	b[4] = byte(adjustment >> 32)
	binary.BigEndian.PutUint32(b[5:], uint32(adjustment))
	binary.BigEndian.PutUint32(b[len(b)-4:], scte35.CRC32(b[:len(b)-4]))
	return b
}

// eventful is a stream with sound, a splice that is announced ahead, and two tags.
func eventful(t testing.TB) []byte {
	t.Helper()
	audio, err := os.ReadFile("../../testdata/audio/44100.mp3")
	if err != nil {
		t.Fatal(err)
	}
	const start = 900_000
	s := &stream{}
	s.tables()
	s.put(audioPID, pes(0xc0, start, audio[:1000]))
	s.put(splicePID, append([]byte{0}, splice(t, start+4*90_000)...))
	s.put(id3PID, pes(0xbd, start+9_000, append(id3(20), id3(400)...)))
	s.tables()
	s.put(audioPID, pes(0xc0, start+8_000, audio[1000:]))
	s.put(splicePID, append([]byte{3, 1, 2, 3}, append(splice(t, start+8*90_000), 0xff)...))
	s.put(audioPID, pes(0xc0, start+36_000, audio[:400]))
	return s.b
}

func checkEvents(t *testing.T, got []media.Event) {
	t.Helper()
	if len(got) != 4 {
		t.Fatalf("%d events: %+v", len(got), got)
	}
	out, tag, second := got[0], got[1], got[2]
	if out.Kind != media.EventSCTE35 || out.Time != 4*90_000 || out.ID != "1207959695" || out.Name != "splice_insert" ||
		out.Values["out"] != "true" || out.Duration.Seconds() < 60 || scte35.CRC32(out.Payload) != 0 {
		t.Errorf("splice %+v", out)
	}
	if tag.Kind != media.EventID3 || tag.Time != 9_000 || !bytes.Equal(tag.Payload, id3(20)) || len(second.Payload) != 410 {
		t.Errorf("tags %+v, %+v", tag, second)
	}
	if got[3].Time != 8*90_000 {
		t.Errorf("the second splice is at %d", got[3].Time)
	}
}

func TestEventsBesideTheMedia(t *testing.T) {
	p, err := demux(t, eventful(t))
	if err != nil {
		t.Fatal(err)
	}
	checkEvents(t, p.Events)
	if len(p.Samples[media.Audio]) < 15 || len(p.Repairs) > 0 {
		t.Errorf("%d audio units, repairs %v", len(p.Samples[media.Audio]), p.Repairs)
	}
}

// The tap finds the same however the stream is cut, and after rubbish.
func TestTapResynchronises(t *testing.T) {
	whole := eventful(t)
	for _, tt := range []struct {
		name  string
		bytes []byte
		step  int
	}{
		{"in one piece", whole, len(whole)},
		{"byte by byte", whole, 1},
		{"in datagrams", whole, 1316},
		{"in odd pieces", whole, 189},
		{"after rubbish", append([]byte("rubbish without a sync byte"), whole...), 500},
	} {
		t.Run(tt.name, func(t *testing.T) {
			sections, tags := 0, 0
			tap := &tap{onSection: func([]byte) { sections++ }, onPES: func(int64, bool, []byte) { tags++ }}
			for b := tt.bytes; len(b) > 0; b = b[min(tt.step, len(b)):] {
				tap.write(b[:min(tt.step, len(b))])
			}
			if sections != 2 || tags != 1 {
				t.Errorf("%d sections, %d PES packets", sections, tags)
			}
		})
	}
}

func TestSpliceEvents(t *testing.T) {
	tests := []struct {
		name   string
		splice scte35.Splice
		id     string
		values map[string]string
	}{
		{"return", scte35.Splice{Command: scte35.SpliceInsert, EventID: 7}, "7", map[string]string{"out": "false"}},
		{"cancelled", scte35.Splice{Command: scte35.SpliceInsert, EventID: 7, Cancel: true}, "7", map[string]string{"cancel": "true"}},
		{"break", scte35.Splice{Command: scte35.TimeSignal, Segments: []scte35.Segment{{EventID: 9, TypeID: 0x22}}}, "9",
			map[string]string{"out": "true", "segmentation_type": "0x22"}},
		{"nothing said", scte35.Splice{Command: scte35.TimeSignal}, "", nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := spliceEvent(tt.splice)
			if got.ID != tt.id || len(got.Values) != len(tt.values) {
				t.Errorf("got %+v", got)
			}
			for key, want := range tt.values {
				if got.Values[key] != want {
					t.Errorf("%s is %q, want %q", key, got.Values[key], want)
				}
			}
		})
	}
}

func FuzzTap(f *testing.F) {
	f.Add(eventful(f))
	f.Add(fixture(f)[:188*20])
	f.Fuzz(func(t *testing.T, b []byte) {
		tap := &tap{onSection: func([]byte) {}, onPES: func(_ int64, _ bool, data []byte) { cutID3(data) }}
		tap.write(b)
		held := len(tap.packet)
		for _, w := range tap.pids {
			held += len(w.unit)
		}
		if held > 64<<10 {
			t.Errorf("%d bytes are held", held)
		}
	})
}
