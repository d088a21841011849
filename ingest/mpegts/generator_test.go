package mpegts

import (
	"bytes"
	"context"
	"encoding/binary"
	"io"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/globalfandom/lightstick/ingest"
	"github.com/globalfandom/lightstick/ingest/ingesttest"
	"github.com/globalfandom/lightstick/media"
	"github.com/globalfandom/lightstick/media/scte35"
)

// stream builds a transport stream packet by packet.
type stream struct {
	chunks   []chunk
	counters map[uint16]byte
	lose     map[uint16]int // packets of a PID that are left out from now on
	now      time.Duration
}

// chunk is what arrives at once.
type chunk struct {
	at time.Duration
	b  []byte
}

func (s *stream) write(b []byte) {
	if n := len(s.chunks); n == 0 || s.chunks[n-1].at != s.now {
		s.chunks = append(s.chunks, chunk{at: s.now})
	}
	last := &s.chunks[len(s.chunks)-1]
	last.b = append(last.b, b...)
}

func (s *stream) bytes() []byte {
	var all []byte
	for _, c := range s.chunks {
		all = append(all, c.b...)
	}
	return all
}

// put cuts a PES packet or a section with its pointer field into packets.
func (s *stream) put(pid uint16, unit []byte) {
	if s.counters == nil {
		s.counters, s.lose = make(map[uint16]byte), make(map[uint16]int)
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
		if p = append(p, unit[:n]...); s.lose[pid] > 0 {
			s.lose[pid]--
		} else {
			s.write(p)
		}
		unit = unit[n:]
	}
}

// table is a section with its pointer field and CRC.
func table(id byte, number uint16, version byte, body []byte) []byte {
	b := []byte{id, 0, 0, byte(number >> 8), byte(number), 0xc1 | version<<1, 0, 0}
	b = append(b, body...)
	binary.BigEndian.PutUint16(b[1:], 0xb000|uint16(len(b)+4-3))
	return append([]byte{0}, binary.BigEndian.AppendUint32(b, scte35.CRC32(b))...)
}

// pat lists programs, by number and PID of the map in turn.
func (s *stream) pat(numbers ...uint16) {
	var body []byte
	for i := 0; i < len(numbers); i += 2 {
		body = binary.BigEndian.AppendUint16(body, numbers[i])
		body = binary.BigEndian.AppendUint16(body, 0xe000|numbers[i+1])
	}
	s.put(patPID, table(tablePAT, 1, 0, body))
}

// entry is an elementary stream in a map.
type entry struct {
	kind byte
	pid  uint16
	info []byte
}

func pmtSection(number uint16, version byte, entries ...entry) []byte {
	body := []byte{0xe0 | nullPID>>8, nullPID & 0xff, 0xf0, 0}
	for _, e := range entries {
		body = append(body, e.kind, 0xe0|byte(e.pid>>8), byte(e.pid), 0xf0|byte(len(e.info)>>8), byte(len(e.info)))
		body = append(body, e.info...)
	}
	return table(tablePMT, number, version, body)
}

// pes is a PES packet whose length is given, if it can be.
func pes(id byte, pts, dts int64, data []byte) []byte {
	b := []byte{0, 0, 1, id, 0, 0, 0x80, 0x80, 5}
	b = appendStamp(b, 2, pts)
	if dts != pts {
		b[7], b[8], b[9] = 0xc0, 10, b[9]|0x10
		b = appendStamp(b, 1, dts)
	}
	b = append(b, data...)
	if n := len(b) - 6; n < 1<<16 {
		binary.BigEndian.PutUint16(b[4:], uint16(n))
	}
	return b
}

func appendStamp(b []byte, prefix byte, t int64) []byte {
	return append(b, prefix<<4|byte(t>>29)&0x0e|1, byte(t>>22), byte(t>>14)|1, byte(t>>7), byte(t)<<1|1)
}

// open takes the length out of a PES packet.
func open(b []byte) []byte {
	b[4], b[5] = 0, 0
	return b
}

// untimed is a PES packet without time stamps.
func untimed(id byte, data []byte) []byte {
	b := append([]byte{0, 0, 1, id, 0, 0, 0x80, 0, 0}, data...)
	binary.BigEndian.PutUint16(b[4:], uint16(len(b)-6))
	return b
}

// unit is the content of a PES packet.
type unit struct {
	kind     media.Kind
	pts, dts int64
	data     []byte
}

// recordings are what FFmpeg made, by its arguments.
var recordings sync.Map

// record has FFmpeg make a transport stream, and takes it apart.
func record(t testing.TB, args ...string) []unit {
	t.Helper()
	key := ""
	for _, a := range args {
		key += " " + a
	}
	if known, ok := recordings.Load(key); ok {
		return known.([]unit)
	}
	var units []unit
	pids := map[uint16]*pesAssembler{}
	for i, kind := range []media.Kind{media.Video, media.Audio} {
		pids[0x100+uint16(i)] = &pesAssembler{
			bad: func() { t.Error("broken PES packet") }, scrambled: func() { t.Error("scrambled PES packet") },
			sink: &wholePackets{limit: maxPicture, decoder: keep(func(p pesPacket, data []byte) {
				units = append(units, unit{kind, p.pts, p.dts, bytes.Clone(data)})
			})},
		}
	}
	for b := mux(t, args...); len(b) > 0; b = b[packetSize:] {
		if p, ok := parsePacket(b[:packetSize]); ok && pids[p.pid] != nil && len(p.payload) > 0 {
			if err := pids[p.pid].addPayload(p.payload, p.start, false); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, a := range pids {
		if err := a.finish(false); err != nil {
			t.Fatal(err)
		}
	}
	recordings.Store(key, units)
	return units
}

// keep is a packetDecoder.
type keep func(p pesPacket, data []byte)

func (k keep) held() int { return 0 }

func (k keep) decode(p pesPacket, data []byte) error {
	k(p, data)
	return nil
}

// film is three seconds of picture and sound, with a keyframe each half second.
func film(t testing.TB, size, rate string) []unit {
	t.Helper()
	return record(t, "-f", "lavfi", "-i", "testsrc2=size="+size+":rate=20", "-f", "lavfi", "-i", "sine=440:sample_rate="+rate,
		"-t", "3", "-c:v", "libx264", "-preset", "ultrafast", "-g", "10", "-bf", "0", "-c:a", "aac", "-pes_payload_size", "0")
}

// only are the units of a kind.
func only(units []unit, kind media.Kind) []unit {
	var some []unit
	for _, u := range units {
		if u.kind == kind {
			some = append(some, u)
		}
	}
	return some
}

// layout is how units travel.
type layout struct {
	program, pmt uint16
	pids         [2]uint16 // by kind; 0: the kind does not travel
	version      byte
	entries      []entry // of the map; nil: H.264 and AAC on pids
}

const (
	programNumber = 1
	pmtPID        = 0x1000
	videoPID      = 0x100
	audioPID      = 0x101
)

var usual = layout{program: programNumber, pmt: pmtPID, pids: [2]uint16{videoPID, audioPID}}

// tables are the PAT and the map.
func (s *stream) tables(l layout) {
	s.pat(l.program, l.pmt)
	s.put(l.pmt, l.section())
}

func (l layout) section() []byte {
	entries := l.entries
	if entries == nil {
		for kind, streamType := range map[media.Kind]byte{media.Video: 0x1b, media.Audio: 0x0f} {
			if l.pids[kind] != 0 {
				entries = append(entries, entry{streamType, l.pids[kind], nil})
			}
		}
	}
	return pmtSection(l.program, l.version, entries...)
}

// start is the first time stamp of what FFmpeg muxes: 1.4 s.
const start = 126_000

// play puts the tables and the units, which arrive in real time from now on.
func (s *stream) play(l layout, units []unit) {
	begun := s.now
	for i, u := range units {
		since := (u.dts - units[0].dts) << (64 - WrapBits) >> (64 - WrapBits)
		s.now = max(s.now, begun+time.Duration(since)*time.Second/90_000)
		if i%10 == 0 {
			s.tables(l)
		}
		if pid := l.pids[u.kind]; pid != 0 {
			s.unit(pid, u)
		}
	}
}

// rewrite changes each packet.
func (s *stream) rewrite(change func(packet []byte) []byte) {
	for i, c := range s.chunks {
		var b []byte
		for p := range slices.Chunk(c.b, packetSize) {
			b = append(b, change(bytes.Clone(p))...)
		}
		s.chunks[i].b = b
	}
}

// unit puts a unit, as FFmpeg does.
func (s *stream) unit(pid uint16, u unit) {
	if u.kind == media.Video {
		s.put(pid, open(pes(0xe0, u.pts, u.dts, u.data)))
		return
	}
	s.put(pid, pes(0xc0, u.pts, u.dts, u.data))
}

// pacedReader gives out chunks at their times.
type pacedReader struct {
	chunks []chunk
	now    time.Time
}

func (r *pacedReader) Read(b []byte) (int, error) {
	if len(r.chunks) == 0 {
		return 0, io.EOF
	}
	c := &r.chunks[0]
	r.now = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC).Add(c.at)
	n := copy(b, c.b)
	if c.b = c.b[n:]; len(c.b) == 0 {
		r.chunks = r.chunks[1:]
	}
	return n, nil
}

// demux reads the stream.
func (s *stream) demux(t testing.TB, program uint16) (*ingesttest.Publication, error) {
	t.Helper()
	sink, err := ingesttest.NewGate().Open(context.Background(), ingest.Request{Key: ingesttest.Key})
	if err != nil {
		t.Fatal(err)
	}
	r := &pacedReader{chunks: append([]chunk(nil), s.chunks...)}
	err = Demux(r, ingest.NewSession(sink, Scale, WrapBits), Config{Program: program, Now: func() time.Time { return r.now }})
	return sink.(*ingesttest.Publication), err
}
