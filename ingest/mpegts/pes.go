package mpegts

import (
	"bytes"
	"encoding/binary"
)

// Bounds of PES packets, in bytes.
const (
	// maxPicture is more than any encoder for live use makes of a keyframe of 8K.
	maxPicture = 16 << 20
	// maxSound is more than a PES packet of sound holds whose length is given.
	maxSound = 128 << 10
	maxTags  = 16 << 10
	// keptBuffer is the largest buffer that is kept for the next PES packet.
	keptBuffer = 1 << 20
)

// pesPacket is a PES packet (ISO/IEC 13818-1 §2.4.3.6). Its data is valid until the
// decoder returns.
type pesPacket struct {
	pts, dts int64 // 90 kHz, 33 bits
	timed    bool  // pts and dts were given
	full     bool  // it has about the size that the length field can say: it may go on in another one
	cut      bool  // the end of the data is missing
	data     []byte
}

// pesAssembler gathers the PES packets of a PID.
type pesAssembler struct {
	limit     int
	emit      func(pesPacket) error
	bad       func() // told of each PES packet that can't be read
	scrambled func() // told of each one that is scrambled

	buf  []byte
	open bool // buf is being gathered
	size int  // of the whole PES packet; 0: it ends where the next begins
}

const (
	pesPrefix = 6 // bytes up to PES_packet_length
	pesHeader = 9 // bytes up to PES_header_data_length
	// fullPES is near the 65,541 bytes that PES_packet_length can say.
	fullPES = 60_000
)

// addPayload gathers the payload of a packet. A PES packet is whole when its length says so,
// or the next begins.
func (a *pesAssembler) addPayload(payload []byte, start, lost bool) error {
	if lost || start {
		if err := a.finish(lost); err != nil {
			return err
		}
	}
	if start {
		a.open, a.size, a.buf = true, 0, a.buf[:0]
	}
	if !a.open {
		return nil
	}
	if len(a.buf)+len(payload) > a.limit {
		a.open, a.buf = false, nil
		a.bad()
		return nil
	}
	a.buf = append(a.buf, payload...)
	if a.size == 0 && len(a.buf) >= pesPrefix {
		if length := int(binary.BigEndian.Uint16(a.buf[4:])); length > 0 {
			a.size = pesPrefix + length
		}
	}
	if a.size > 0 && len(a.buf) >= a.size {
		a.buf = a.buf[:a.size]
		return a.finish(false)
	}
	return nil
}

// finish passes on what was gathered. cut says that its end is missing.
func (a *pesAssembler) finish(cut bool) error {
	if !a.open {
		return nil
	}
	a.open = false
	p, kind := parsePES(a.buf)
	p.cut = cut
	var err error
	switch kind {
	case pesMedia:
		err = a.emit(p)
	case pesScrambled:
		a.scrambled()
	case pesDamaged:
		a.bad()
	}
	if cap(a.buf) > keptBuffer {
		a.buf = nil
	}
	return err
}

func (a *pesAssembler) held() int { return cap(a.buf) }

// pesKind is what a PES packet turned out to be.
type pesKind uint8

const (
	pesMedia pesKind = iota
	pesOther         // padding and control, which has no such header
	pesScrambled
	pesDamaged
)

// parsePES reads the header of a PES packet (§2.4.3.7).
func parsePES(b []byte) (pesPacket, pesKind) {
	switch {
	case len(b) < pesPrefix || !bytes.HasPrefix(b, []byte{0, 0, 1}):
		return pesPacket{}, pesDamaged
	case !hasPESHeader(b[3]):
		return pesPacket{}, pesOther
	case len(b) < pesHeader || b[6]&0xc0 != 0x80:
		return pesPacket{}, pesDamaged
	case b[6]&0x30 != 0:
		return pesPacket{}, pesScrambled
	}
	data := pesHeader + int(b[8])
	if data > len(b) {
		return pesPacket{}, pesDamaged
	}
	p := pesPacket{data: b[data:], full: len(b) >= fullPES && binary.BigEndian.Uint16(b[4:]) != 0}
	fields := b[pesHeader:data]
	const hasPTS, hasDTS, stamp = 0x80, 0x40, 5
	if b[7]&hasPTS != 0 && len(fields) >= stamp {
		p.pts, p.timed = timestamp(fields), true
		p.dts = p.pts
		if b[7]&hasDTS != 0 && len(fields) >= 2*stamp {
			p.dts = timestamp(fields[stamp:])
		}
	}
	return p, pesMedia
}

// hasPESHeader reports whether packets of the stream_id have the long header (§2.4.3.6).
func hasPESHeader(id byte) bool {
	switch id {
	case 0xbc, 0xbe, 0xbf, 0xf0, 0xf1, 0xf2, 0xf8, 0xff:
		return false
	}
	return true
}

// timestamp reads a time stamp of 33 bits, among which are marker bits.
func timestamp(b []byte) int64 {
	return int64(b[0]>>1&7)<<30 | int64(binary.BigEndian.Uint16(b[1:])>>1)<<15 | int64(binary.BigEndian.Uint16(b[3:])>>1)
}
