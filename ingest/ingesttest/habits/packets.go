package habits

import "encoding/binary"

// packetizer cuts sections and PES packets into packets of a transport stream (ISO/IEC
// 13818-1 §2.4.3.2).
type packetizer struct {
	out      []byte
	counters map[uint16]byte
}

// packet is the size of a packet of a transport stream.
const packet = 188

func (p *packetizer) take() []byte {
	b := p.out
	p.out = nil
	return b
}

// put writes one packet: an adaptation field of the given body (nil: none), and as much of
// the payload as fits; it returns the rest.
func (p *packetizer) put(pid uint16, start bool, field, payload []byte) []byte {
	if p.counters == nil {
		p.counters = make(map[uint16]byte)
	}
	header := []byte{0x47, byte(pid >> 8 & 0x1f), byte(pid), 0x10 | p.counters[pid]}
	if start {
		header[1] |= 0x40
	}
	p.counters[pid] = (p.counters[pid] + 1) & 0xf
	room := packet - len(header)
	if field != nil {
		room -= 1 + len(field)
	}
	if len(payload) < room {
		stuffing := room - len(payload)
		if field == nil {
			field = []byte{}
			stuffing--
		}
		if len(field) == 0 && stuffing > 0 {
			field, stuffing = append(field, 0), stuffing-1
		}
		for range stuffing {
			field = append(field, 0xff)
		}
		room = len(payload)
	}
	p.out = append(p.out, header...)
	if field != nil {
		p.out[len(p.out)-1] |= 0x20
		p.out = append(append(p.out, byte(len(field))), field...)
	}
	p.out = append(p.out, payload[:room]...)
	return payload[room:]
}

// section writes a table (§2.4.4).
func (p *packetizer) section(pid uint16, table, version byte, body []byte) {
	const number = 1 // of the transport stream, or the program
	b := []byte{0, table, 0xb0, 0, 0, number, 0xc1 | version&0x1f<<1, 0, 0}
	b = append(b, body...)
	binary.BigEndian.PutUint16(b[2:], 0xb000|uint16(len(b)-4+4))
	b = binary.BigEndian.AppendUint32(b, crc32(b[1:]))
	for start := true; len(b) > 0; start = false {
		b = p.put(pid, start, nil, b)
	}
}

// pat lists programs: so many without a PMT that comes, then the one that is sent.
func pat(before int, table uint16) (b []byte) {
	for i := range before {
		b = append(b, 0, byte(i+2), 0xe0|0x1e, byte(i))
	}
	return append(b, 0, 1, 0xe0|byte(table>>8), byte(table))
}

func pmt(clock uint16, entries []Entry) []byte {
	b := []byte{0xe0 | byte(clock>>8), byte(clock), 0xf0, 0}
	for _, e := range entries {
		b = append(b, e.Type, 0xe0|byte(e.PID>>8), byte(e.PID), 0xf0, byte(len(e.Descriptors)))
		b = append(b, e.Descriptors...)
	}
	return b
}

// crc32 is that of ISO/IEC 13818-1 Annex A.
func crc32(b []byte) uint32 {
	crc := uint32(0xffffffff)
	for _, v := range b {
		crc ^= uint32(v) << 24
		for range 8 {
			if crc&0x80000000 != 0 {
				crc = crc<<1 ^ 0x04c11db7
			} else {
				crc <<= 1
			}
		}
	}
	return crc
}

// pesHeader is what the header of a PES packet says (§2.4.3.7). Times at 90 kHz; -1: none.
type pesHeader struct {
	pts, dts, pcr int64
	key, bounded  bool
}

func (p *packetizer) pes(pid uint16, id byte, h pesHeader, data []byte) {
	b := []byte{0, 0, 1, id, 0, 0, 0x80, 0x80, 5}
	if h.dts >= 0 {
		b[7], b[8] = 0xc0, 10
		b = append(b, timestamp(3, h.pts)...)
		b = append(b, timestamp(1, h.dts)...)
	} else {
		b = append(b, timestamp(2, h.pts)...)
	}
	b = append(b, data...)
	if h.bounded && len(b)-6 <= 0xffff {
		binary.BigEndian.PutUint16(b[4:], uint16(len(b)-6))
	}
	var field []byte
	if h.key || h.pcr >= 0 {
		field = []byte{0}
	}
	if h.key {
		field[0] |= 0x40 // random_access_indicator
	}
	if h.pcr >= 0 {
		field[0] |= 0x10
		field = append(field, clockReference(h.pcr)...)
	}
	for start := true; len(b) > 0; start, field = false, nil {
		b = p.put(pid, start, field, b)
	}
}

// clock writes a packet with nothing but a PCR.
func (p *packetizer) clock(pid uint16, pcr int64) {
	field := append([]byte{0x10}, clockReference(pcr)...)
	for len(field) < packet-5 {
		field = append(field, 0xff)
	}
	p.out = append(p.out, 0x47, byte(pid>>8), byte(pid), 0x20|p.counters[pid], byte(len(field)))
	p.out = append(p.out, field...)
}

func clockReference(t int64) []byte {
	return []byte{byte(t >> 25), byte(t >> 17), byte(t >> 9), byte(t >> 1), byte(t<<7) | 0x7e, 0}
}

func timestamp(prefix byte, t int64) []byte {
	return []byte{
		prefix<<4 | byte(t>>29)&0xe | 1, byte(t >> 22), byte(t>>14) | 1, byte(t >> 7), byte(t<<1) | 1,
	}
}
