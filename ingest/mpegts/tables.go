package mpegts

import (
	"bytes"
	"encoding/binary"
	"slices"
)

// Table identifiers (ISO/IEC 13818-1 Table 2-31).
const (
	tablePAT = 0x00
	tablePMT = 0x02
)

// maxStreams bounds the elementary streams of a program that are remembered.
const maxStreams = 32

// association is an entry of the program association table (§2.4.4.4).
type association struct{ number, pid uint16 }

// patSection is a section of the program association table.
type patSection struct {
	section, last byte
	programs      []association
}

// parsePAT reads a section of the program association table whose CRC is right. It
// reports false for another table, and for one that is not in force yet.
func parsePAT(b []byte) (patSection, bool) {
	if b[0] != tablePAT || !inForce(b) {
		return patSection{}, false
	}
	s := patSection{section: b[6], last: b[7]}
	for b = b[8 : len(b)-4]; len(b) >= 4; b = b[4:] {
		a := association{binary.BigEndian.Uint16(b), binary.BigEndian.Uint16(b[2:]) & 0x1fff}
		if a.number != 0 && a.pid != patPID && a.pid != nullPID { // 0 is the network's
			s.programs = append(s.programs, a)
		}
	}
	return s, true
}

// inForce is current_next_indicator.
func inForce(section []byte) bool { return section[5]&1 != 0 }

// elementaryStream is an entry of a program map table.
type elementaryStream struct {
	pid   uint16
	codec codec
	// channels of Opus, which nothing else tells.
	channels int
}

// programMap is a program map table (§2.4.4.9).
type programMap struct {
	number  uint16
	streams []elementaryStream
}

func (m programMap) equal(n programMap) bool {
	return m.number == n.number && slices.Equal(m.streams, n.streams)
}

// first finds the first stream that ok accepts.
func (m programMap) first(ok func(elementaryStream) bool) (elementaryStream, bool) {
	if i := slices.IndexFunc(m.streams, ok); i >= 0 {
		return m.streams[i], true
	}
	return elementaryStream{}, false
}

// parsePMT reads a program map table whose CRC is right. It reports false for another
// table, and for one that is not in force yet.
func parsePMT(b []byte) (programMap, bool) {
	const header, entry, crc = 12, 5, 4
	if b[0] != tablePMT || !inForce(b) || len(b) < header+crc {
		return programMap{}, false
	}
	m := programMap{number: binary.BigEndian.Uint16(b[3:])}
	skip := int(binary.BigEndian.Uint16(b[10:]) & 0xfff) // the program's descriptors
	b = b[header : len(b)-crc]
	for b = b[min(skip, len(b)):]; len(b) >= entry && len(m.streams) < maxStreams; {
		pid := binary.BigEndian.Uint16(b[1:]) & 0x1fff
		info := b[entry:min(entry+int(binary.BigEndian.Uint16(b[3:])&0xfff), len(b))]
		es := identify(b[0], info)
		es.pid = pid
		if es.codec != codecNone && pid != nullPID {
			m.streams = append(m.streams, es)
		}
		b = b[entry+len(info):]
	}
	return m, true
}

// descriptor finds the body of the first descriptor with the tag (§2.6).
func descriptor(b []byte, tag byte) ([]byte, bool) {
	for len(b) >= 2 {
		end := min(2+int(b[1]), len(b))
		if b[0] == tag {
			return b[2:end], true
		}
		b = b[end:]
	}
	return nil, false
}

// registered reports the format that a registration descriptor names (§2.6.8).
func registered(descriptors []byte) string {
	const tag = 0x05
	body, ok := descriptor(descriptors, tag)
	if !ok || len(body) < 4 {
		return ""
	}
	return string(body[:4])
}

// announcesID3 reports whether metadata is ID3 ("Timed Metadata for HTTP Live Streaming").
func announcesID3(descriptors []byte) bool { return bytes.Contains(descriptors, []byte("ID3 ")) }
