package mpegts

import (
	"bytes"
	"encoding/binary"
	"io"

	"github.com/globalfandom/lightstick/media"
	"github.com/globalfandom/lightstick/media/scte35"
)

// Sizes of a transport stream (ISO/IEC 13818-1 §2.4.3).
const (
	packetSize = 188
	syncByte   = 0x47
	maxSection = 4096 + 3
	patPID     = 0
	maxPES     = 16 << 10
)

// tap follows the tables of a transport stream that is read by somebody else, to get
// at what that reader leaves out: SCTE-35 sections and ID3 timed metadata. It buffers
// no more than a section or a small PES packet for each of at most six PIDs.
type tap struct {
	onSection func(section []byte)                  // of SCTE-35
	onPES     func(pts int64, ok bool, data []byte) // of ID3

	// audio are the streams that the other reader doesn't recognise, though we do.
	audio map[uint16]media.Codec

	packet []byte // the beginning of one
	pids   map[uint16]*pidTap
}

// purpose is why a PID is watched.
type purpose uint8

const (
	forPAT purpose = iota
	forPMT
	forSCTE35
	forID3
)

// pidTap gathers sections or PES packets of one PID.
type pidTap struct {
	purpose    purpose
	program    uint16 // PID of the PMT that named it
	continuity byte
	begun      bool // continuity holds
	unit       []byte
	open       bool // unit is being gathered
}

// tapReader shows a tap what is read.
type tapReader struct {
	r   io.Reader
	tap *tap
}

func (t tapReader) Read(b []byte) (int, error) {
	n, err := t.r.Read(b)
	t.tap.write(b[:n])
	return n, err
}

// write takes the next bytes of the stream, wherever they were cut.
func (t *tap) write(b []byte) {
	if t.pids == nil {
		t.pids = map[uint16]*pidTap{patPID: {purpose: forPAT}}
	}
	for len(b) > 0 {
		if len(t.packet) == 0 && b[0] != syncByte {
			next := bytes.IndexByte(b, syncByte)
			if next < 0 {
				return
			}
			b = b[next:]
		}
		n := min(packetSize-len(t.packet), len(b))
		if len(t.packet) == 0 && n == packetSize {
			t.take(b[:n])
		} else if t.packet = append(t.packet, b[:n]...); len(t.packet) == packetSize {
			t.take(t.packet)
			t.packet = t.packet[:0]
		}
		b = b[n:]
	}
}

// take reads a packet (§2.4.3.2). A wrong guess at where packets begin ends with the
// next byte that is no sync byte.
func (t *tap) take(p []byte) {
	pid := binary.BigEndian.Uint16(p[1:]) & 0x1fff
	w := t.pids[pid]
	if w == nil || p[1]&0x80 != 0 || p[3]&0xc0 != 0 || p[3]&0x10 == 0 {
		return // damaged, scrambled or without payload
	}
	payload := p[4:]
	if p[3]&0x20 != 0 { // adaptation field
		skip := 1 + int(payload[0])
		if skip >= len(payload) {
			return
		}
		payload = payload[skip:]
	}
	counter := p[3] & 0x0f
	if w.begun && counter == w.continuity {
		return // a repetition
	}
	if w.begun && counter != (w.continuity+1)&0x0f {
		w.open = false
	}
	w.begun, w.continuity = true, counter
	starts := p[1]&0x40 != 0
	if w.purpose == forID3 {
		t.pes(w, payload, starts)
	} else {
		t.sections(pid, w, payload, starts)
	}
}

// sections gathers the sections of a PID: those that start in a packet come behind
// the pointer field, the rest of an earlier one before (§2.4.4).
func (t *tap) sections(pid uint16, w *pidTap, payload []byte, starts bool) {
	if !starts {
		w.add(payload, maxSection)
		t.finish(pid, w)
		return
	}
	pointer := int(payload[0])
	if payload = payload[1:]; pointer > len(payload) {
		w.open = false
		return
	}
	w.add(payload[:pointer], maxSection)
	t.finish(pid, w)
	const stuffing = 0xff
	for payload = payload[pointer:]; len(payload) > 0 && payload[0] != stuffing; {
		w.unit, w.open = w.unit[:0], true
		w.add(payload, maxSection)
		size, whole := w.sectionSize()
		if !whole {
			return
		}
		payload = payload[size:]
		t.finish(pid, w)
	}
}

func (w *pidTap) add(b []byte, limit int) {
	if !w.open {
		return
	}
	if w.unit = append(w.unit, b...); len(w.unit) > limit+packetSize {
		w.unit, w.open = w.unit[:0], false
	}
}

// sectionSize is the size of the section gathered, and whether all of it is there.
func (w *pidTap) sectionSize() (size int, whole bool) {
	if !w.open || len(w.unit) < 3 {
		return 0, false
	}
	size = 3 + int(binary.BigEndian.Uint16(w.unit[1:])&0xfff)
	return size, size <= len(w.unit)
}

// finish passes a section on when it is whole.
func (t *tap) finish(pid uint16, w *pidTap) {
	size, whole := w.sectionSize()
	if !whole {
		return
	}
	section := w.unit[:size]
	w.open = false
	if size < 12 || scte35.CRC32(section) != 0 {
		return
	}
	switch {
	case w.purpose == forPAT && section[0] == tablePAT:
		t.pat(section)
	case w.purpose == forPMT && section[0] == tablePMT:
		t.pmt(pid, section)
	case w.purpose == forSCTE35:
		t.onSection(bytes.Clone(section))
	}
}

// pes gathers a PES packet: it is whole when its length says so, or the next begins.
func (t *tap) pes(w *pidTap, payload []byte, starts bool) {
	if starts {
		t.finishPES(w)
		w.unit, w.open = w.unit[:0], true
	}
	w.add(payload, maxPES)
	const header = 6
	if !w.open || len(w.unit) < header {
		return
	}
	if length := int(binary.BigEndian.Uint16(w.unit[4:])); length > 0 && len(w.unit) >= header+length {
		w.unit = w.unit[:header+length]
		t.finishPES(w)
	}
}

// finishPES reads the header (§2.4.3.6) and passes the data on.
func (t *tap) finishPES(w *pidTap) {
	const header = 9
	u := w.unit
	if !w.open || len(u) < header || !bytes.HasPrefix(u, []byte{0, 0, 1}) || u[6]&0xc0 != 0x80 {
		w.open = false
		return
	}
	w.open = false
	data := header + int(u[8])
	if data > len(u) {
		return
	}
	pts, ok := int64(0), u[7]&0x80 != 0 && data >= header+5
	if ok {
		pts = int64(u[9]>>1&7)<<30 | int64(binary.BigEndian.Uint16(u[10:])>>1)<<15 | int64(binary.BigEndian.Uint16(u[12:])>>1)
	}
	t.onPES(pts, ok, bytes.Clone(u[data:]))
}
