package bitstream

import (
	"encoding/binary"
	"fmt"
)

// ADTSHeaderSize is how many bytes ParseADTS needs.
const ADTSHeaderSize = 7

// ADTSHeader is the header of an ADTS frame (ISO/IEC 14496-3 §1.A.2.2).
type ADTSHeader struct {
	Size int // of the frame, in bytes
	// Config are the fields that stay the same from frame to frame, as an
	// AudioSpecificConfig has them (§1.6.2.1).
	Config [2]byte
	Blocks int // raw data blocks: access units
	crc    bool
}

// IsADTS reports whether AAC begins with an ADTS header: a sync word, and layer 0. A raw
// access unit never does, since it would begin with its end.
func IsADTS(b []byte) bool {
	return len(b) >= ADTSHeaderSize && b[0] == 0xff && b[1]&0xf6 == 0xf0
}

// ParseADTS reads the header at the front of b. It reports false if there is none, or one
// that leaves no room for an access unit.
func ParseADTS(b []byte) (ADTSHeader, bool) {
	const sampleRates = 13
	if !IsADTS(b) || b[2]>>2&0x0f >= sampleRates {
		return ADTSHeader{}, false
	}
	object, rate, channels := b[2]>>6+1, b[2]>>2&0x0f, b[2]&1<<2|b[3]>>6
	h := ADTSHeader{
		Size:   int(b[3]&3)<<11 | int(b[4])<<3 | int(b[5])>>5,
		Config: [2]byte{object<<3 | rate>>1, rate&1<<7 | channels<<3},
		Blocks: 1 + int(b[6]&3), crc: b[1]&1 == 0,
	}
	return h, h.Size > h.overhead()
}

// overhead is the number of bytes before the first raw data block.
func (h ADTSHeader) overhead() int {
	if h.crc {
		return ADTSHeaderSize + 2*h.Blocks // positions of the blocks but the first, and a CRC
	}
	return ADTSHeaderSize
}

// Units cuts a frame, which begins with the header and has its size, into access units
// (§1.A.2.1, adts_frame). They alias it. Without a CRC nothing tells where the second one
// begins: then there are none.
func (h ADTSHeader) Units(frame []byte) [][]byte {
	const crc = 2
	data := frame[h.overhead():h.Size:h.Size]
	switch {
	case h.Blocks == 1:
		return [][]byte{data}
	case !h.crc:
		return nil
	}
	var units [][]byte
	begin := 0
	for i := 1; i <= h.Blocks; i++ {
		end := len(data)
		if i < h.Blocks {
			end = int(binary.BigEndian.Uint16(frame[ADTSHeaderSize+2*(i-1):]))
		}
		if end < begin+crc || end > len(data) {
			return nil
		}
		units = append(units, data[begin:end-crc:end-crc])
		begin = end
	}
	return units
}

// SplitADTS splits ADTS frames into access units, which alias b, and makes the
// AudioSpecificConfig that their first header stands for.
func SplitADTS(b []byte) (config []byte, units [][]byte, err error) {
	for len(b) > 0 {
		h, ok := ParseADTS(b)
		if !ok || h.Size > len(b) {
			return nil, nil, fmt.Errorf("%w: no ADTS frame where %d bytes are left", ErrAccessUnit, len(b))
		}
		found := h.Units(b)
		if found == nil {
			return nil, nil, fmt.Errorf("%w: ADTS frame whose %d blocks can't be told apart", ErrAccessUnit, h.Blocks)
		}
		if config == nil {
			config = h.Config[:]
		}
		units = append(units, found...)
		b = b[h.Size:]
	}
	return config, units, nil
}
