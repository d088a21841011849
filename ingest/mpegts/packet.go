package mpegts

import "encoding/binary"

// nullPID is that of packets without content.
const nullPID = 0x1fff

// packet is a transport packet (ISO/IEC 13818-1 §2.4.3.2).
type packet struct {
	pid           uint16
	start         bool // payload_unit_start_indicator
	scrambled     bool
	discontinuity bool // discontinuity_indicator: the counter may jump
	counter       byte
	payload       []byte // empty: an adaptation field only
}

// parsePacket reads a packet of packetSize bytes. It reports false for a damaged one,
// which counts as lost.
func parsePacket(b []byte) (packet, bool) {
	const (
		transportError  = 0x80
		unitStart       = 0x40
		scrambling      = 0xc0
		adaptationField = 0x20
		hasPayload      = 0x10
		header          = 4
	)
	if b[1]&transportError != 0 {
		return packet{}, false
	}
	p := packet{
		pid: binary.BigEndian.Uint16(b[1:]) & 0x1fff, start: b[1]&unitStart != 0,
		scrambled: b[3]&scrambling != 0, counter: b[3] & 0x0f,
	}
	payload := b[header:]
	if b[3]&adaptationField != 0 {
		size := 1 + int(payload[0])
		if size > len(payload) {
			return packet{}, false
		}
		p.discontinuity = size > 1 && payload[1]&0x80 != 0
		payload = payload[size:]
	}
	if b[3]&hasPayload != 0 {
		p.payload = payload
	}
	return p, true
}

// continuity follows the continuity counter of a PID (§2.4.3.3).
type continuity struct {
	begun   bool
	counter byte
	mark    uint64 // of the last payload
}

// next takes a packet with payload into account. repeated: it is the same as the one
// before, which multiplexers may send twice. lost: packets before it are missing.
func (c *continuity) next(p packet) (repeated, lost bool) {
	mark := fingerprint(p.payload)
	switch {
	case !c.begun || p.discontinuity:
	case p.counter == c.counter && mark == c.mark:
		return true, false
	case p.counter != (c.counter+1)&0x0f:
		lost = true
	}
	*c = continuity{begun: true, counter: p.counter, mark: mark}
	return false, lost
}

// fingerprint tells a repeated payload from another one with the same counter: its
// ends and its size.
func fingerprint(b []byte) uint64 {
	if len(b) < 8 {
		mark := uint64(len(b))
		for _, c := range b {
			mark = mark<<8 | uint64(c)
		}
		return mark
	}
	return binary.LittleEndian.Uint64(b) ^ binary.LittleEndian.Uint64(b[len(b)-8:])<<1 ^ uint64(len(b))
}
