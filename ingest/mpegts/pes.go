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
)

// pesPacket is a PES packet (ISO/IEC 13818-1 §2.4.3.6).
type pesPacket struct {
	pts, dts int64 // 90 kHz, 33 bits
	timed    bool  // pts and dts were given
	full     bool  // it has about the size that the length field can say: it may go on in another one
	cut      bool  // the end of the data is missing
}

// pesSink takes the data of the PES packets of a PID as it comes. Its errors end the publication:
// what can't be read is reported to the track instead.
type pesSink interface {
	// begin begins a packet. ahead is the beginning of its data, pesAhead bytes if it has so
	// many. addData is given these, too.
	begin(p pesPacket, ahead []byte) error
	// addData gathers data, of which it makes a copy. It reports false, and drops what it has
	// gathered, when that is too large: then the rest of the packet does not come.
	addData(b []byte) (fits bool)
	// end ends the packet.
	end(p pesPacket) error
	// held is how many bytes are kept.
	held() int
}

// pesAssembler reads the PES packets of a PID from the payloads of its packets.
type pesAssembler struct {
	sink      pesSink
	bad       func() // told of each PES packet that can't be read
	scrambled func() // told of each one that is scrambled

	open   bool      // a PES packet is being read
	begun  bool      // the sink was told
	head   []byte    // up to the beginning of the data
	packet pesPacket // as the head says
	came   int       // bytes so far
	size   int       // of the whole PES packet; 0: it ends where the next begins
}

const (
	pesPrefix = 6 // bytes up to PES_packet_length
	pesHeader = 9 // bytes up to PES_header_data_length
	// pesAhead is how much of the data tells what begins there: a start code with its zeros, and
	// the header of a NAL unit.
	pesAhead = 16
	// fullPES is near the 65,541 bytes that PES_packet_length can say.
	fullPES = 60_000
)

// addPayload reads the payload of a packet. A PES packet is whole when its length says so,
// or the next begins.
func (a *pesAssembler) addPayload(payload []byte, start, lost bool) error {
	if lost || start {
		if err := a.finish(lost); err != nil {
			return err
		}
	}
	if start {
		*a = pesAssembler{sink: a.sink, bad: a.bad, scrambled: a.scrambled, head: a.head[:0], open: true}
	}
	switch {
	case !a.open:
		return nil
	case !a.begun:
		return a.addHead(payload)
	case a.size > 0:
		payload = payload[:min(len(payload), a.size-a.came)]
	}
	a.came += len(payload)
	a.addData(payload)
	return a.finishIfWhole()
}

// addHead gathers the header, and as much of the data as tells what begins there.
func (a *pesAssembler) addHead(payload []byte) error {
	a.head = append(a.head, payload...)
	if len(a.head) >= pesPrefix {
		if length := int(binary.BigEndian.Uint16(a.head[4:])); length > 0 {
			a.size = pesPrefix + length
			a.head = a.head[:min(len(a.head), a.size)]
		}
	}
	a.came = len(a.head)
	if data := dataOffset(a.head); !a.isWhole() && (data == 0 || a.came < data+pesAhead) {
		return nil
	}
	if err := a.begin(); err != nil {
		return err
	}
	return a.finishIfWhole()
}

// begin reads the head, and gives what it has of the data to the sink.
func (a *pesAssembler) begin() error {
	packet, data, kind := parsePES(a.head)
	a.packet, a.begun, a.open = packet, true, kind == pesMedia
	switch kind {
	case pesScrambled:
		a.scrambled()
	case pesDamaged:
		a.bad()
	case pesMedia:
		ahead := a.head[data:]
		if err := a.sink.begin(packet, ahead[:min(len(ahead), pesAhead)]); err != nil {
			return err
		}
		a.addData(ahead)
	}
	return nil
}

func (a *pesAssembler) addData(b []byte) {
	if !a.sink.addData(b) {
		a.open = false
		a.bad()
	}
}

func (a *pesAssembler) isWhole() bool { return a.size > 0 && a.came >= a.size }

func (a *pesAssembler) finishIfWhole() error {
	if !a.isWhole() {
		return nil
	}
	return a.finish(false)
}

// finish ends the PES packet, if one is being read. cut says that its end is missing.
func (a *pesAssembler) finish(cut bool) error {
	if a.open && !a.begun {
		if err := a.begin(); err != nil {
			return err
		}
	}
	if !a.open {
		return nil
	}
	a.open = false
	a.packet.cut, a.packet.full = cut, a.size > 0 && a.came >= fullPES
	return a.sink.end(a.packet)
}

func (a *pesAssembler) held() int { return cap(a.head) + a.sink.held() }

// pesKind is what a PES packet turned out to be.
type pesKind uint8

const (
	pesMedia pesKind = iota
	pesOther         // padding and control, which has no such header
	pesScrambled
	pesDamaged
)

// dataOffset is where the data of a PES packet begins; 0: not enough came to say.
func dataOffset(b []byte) int {
	if len(b) < pesHeader {
		return 0
	}
	return pesHeader + int(b[pesHeader-1])
}

// parsePES reads the header of a PES packet (§2.4.3.7), and finds where its data begins.
func parsePES(b []byte) (p pesPacket, data int, kind pesKind) {
	switch {
	case len(b) < pesPrefix || !bytes.HasPrefix(b, []byte{0, 0, 1}):
		return p, 0, pesDamaged
	case !hasPESHeader(b[3]):
		return p, 0, pesOther
	case len(b) < pesHeader || b[6]&0xc0 != 0x80:
		return p, 0, pesDamaged
	case b[6]&0x30 != 0:
		return p, 0, pesScrambled
	}
	data = dataOffset(b)
	if data > len(b) {
		return p, 0, pesDamaged
	}
	fields := b[pesHeader:data]
	const hasPTS, hasDTS, stamp = 0x80, 0x40, 5
	if b[7]&hasPTS != 0 && len(fields) >= stamp {
		p.pts, p.timed = timestamp(fields), true
		p.dts = p.pts
		if b[7]&hasDTS != 0 && len(fields) >= 2*stamp {
			p.dts = timestamp(fields[stamp:])
		}
	}
	return p, data, pesMedia
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
