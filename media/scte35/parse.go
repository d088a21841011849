package scte35

import (
	"encoding/binary"
	"fmt"

	"github.com/globalfandom/lightstick/internal/bitfields"
)

const (
	tableID       = 0xfc
	headerSize    = 3  // table ID and section length
	minSize       = 20 // with an empty command and no descriptors
	commandAt     = 14
	unknownLength = 0xfff // splice_command_length of old encoders
	ptsMask       = 1<<33 - 1
)

// Parse reads a section, from table ID to CRC. The error wraps ErrSection or
// ErrEncrypted. Bytes after the section are ignored.
func Parse(b []byte) (Splice, error) {
	if len(b) < headerSize || b[0] != tableID {
		return Splice{}, fmt.Errorf("%w: table ID", ErrSection)
	}
	size := headerSize + int(binary.BigEndian.Uint16(b[1:])&0xfff)
	if size < minSize || size > len(b) {
		return Splice{}, fmt.Errorf("%w: %d bytes of %d", ErrSection, len(b), size)
	}
	b = b[:size]
	if CRC32(b) != 0 {
		return Splice{}, fmt.Errorf("%w: CRC", ErrSection)
	}
	if b[4]&0x80 != 0 {
		return Splice{}, ErrEncrypted
	}
	r := &bitfields.Reader{Rest: b[commandAt : size-4]}
	s := Splice{Command: Command(b[13])}
	length := int(binary.BigEndian.Uint16(b[11:]) & 0xfff)
	command := r
	if length != unknownLength {
		command = &bitfields.Reader{Rest: r.Take(length)}
	}
	switch s.Command {
	case SpliceInsert:
		s.insert(command)
	case TimeSignal:
		s.time(command)
	}
	if s.Timed {
		adjustment := int64(b[4]&1)<<32 | int64(binary.BigEndian.Uint32(b[5:]))
		s.PTS = (s.PTS + adjustment) & ptsMask
	}
	known := s.Command == SpliceNull || s.Command == SpliceInsert || s.Command == TimeSignal
	if length != unknownLength || known {
		s.descriptors(&bitfields.Reader{Rest: r.Take(int(r.Uint(2)))})
	}
	if r.Short || command.Short {
		return Splice{}, fmt.Errorf("%w: cut short", ErrSection)
	}
	return s, nil
}

// time reads splice_time (§9.7.1).
func (s *Splice) time(r *bitfields.Reader) {
	first := r.Uint(1)
	if first&0x80 == 0 {
		return
	}
	s.Timed = true
	s.PTS = int64(first&1<<32 | r.Uint(4))
}

// insert reads splice_insert (§9.6.3).
func (s *Splice) insert(r *bitfields.Reader) {
	const (
		cancelled    = 0x80
		outOfNetwork = 0x80
		program      = 0x40
		hasDuration  = 0x20
		immediate    = 0x10
	)
	s.EventID = uint32(r.Uint(4))
	if s.Cancel = r.Uint(1)&cancelled != 0; s.Cancel {
		return
	}
	flags := r.Uint(1)
	s.OutOfNetwork = flags&outOfNetwork != 0
	switch {
	case flags&program == 0:
		// Components one by one: the first one's time stands for all.
		for i := range int(r.Uint(1)) {
			r.Take(1) // component_tag
			if flags&immediate == 0 {
				component := Splice{}
				component.time(r)
				if i == 0 {
					s.PTS, s.Timed = component.PTS, component.Timed
				}
			}
		}
	case flags&immediate == 0:
		s.time(r)
	}
	if flags&hasDuration != 0 {
		s.Duration = ticks(r.Uint(5) & ptsMask)
	}
	r.Take(4) // unique_program_id, avail_num, avails_expected
}

// descriptors gathers segmentation descriptors (§10.2).
func (s *Splice) descriptors(r *bitfields.Reader) {
	const segmentation = 0x02
	for len(r.Rest) >= 2 {
		tag := r.Uint(1)
		body := &bitfields.Reader{Rest: r.Take(int(r.Uint(1)))}
		if tag == segmentation && string(body.Take(4)) == "CUEI" {
			if segment, ok := parseSegment(body); ok {
				s.Segments = append(s.Segments, segment)
			}
		}
	}
}

func parseSegment(r *bitfields.Reader) (s Segment, ok bool) {
	const (
		cancelled   = 0x80
		program     = 0x80
		hasDuration = 0x40
	)
	s.EventID = uint32(r.Uint(4))
	if s.Cancel = r.Uint(1)&cancelled != 0; s.Cancel {
		return s, !r.Short
	}
	flags := r.Uint(1)
	if flags&program == 0 {
		r.Take(6 * int(r.Uint(1))) // components: tag and PTS offset
	}
	if flags&hasDuration != 0 {
		s.Duration = ticks(r.Uint(5))
	}
	r.Take(1)              // segmentation_upid_type
	r.Take(int(r.Uint(1))) // segmentation_upid
	s.TypeID = uint8(r.Uint(1))
	return s, !r.Short
}

// crcTable is for CRC_32 of MPEG-2 sections (ISO/IEC 13818-1 Annex A), which isn't
// bit-reversed as hash/crc32 is.
var crcTable = func() (table [256]uint32) {
	for i := range table {
		c := uint32(i) << 24
		for range 8 {
			c = c<<1 ^ 0x04c11db7*(c>>31)
		}
		table[i] = c
	}
	return table
}()

// CRC32 is the checksum of an MPEG-2 section; it is 0 over a whole section with its
// own CRC at the end.
func CRC32(b []byte) uint32 {
	crc := ^uint32(0)
	for _, c := range b {
		crc = crc<<8 ^ crcTable[byte(crc>>24)^c]
	}
	return crc
}
