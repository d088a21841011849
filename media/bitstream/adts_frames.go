package bitstream

import "fmt"

// Sizes of ADTS headers, in bytes (ISO/IEC 14496-3 §1.A.2.2).
const (
	adtsHeader = 7
	adtsCRC    = 2
)

// IsADTS reports whether AAC begins with an ADTS header: a sync word, and layer 0. A raw
// access unit never does, since it would begin with its end.
func IsADTS(b []byte) bool {
	return len(b) >= adtsHeader && b[0] == 0xff && b[1]&0xf6 == 0xf0
}

// SplitADTS splits ADTS frames into access units, which alias b, and makes the
// AudioSpecificConfig that their first header stands for.
func SplitADTS(b []byte) (config []byte, units [][]byte, err error) {
	for len(b) > 0 {
		if !IsADTS(b) {
			return nil, nil, fmt.Errorf("%w: no ADTS header", ErrAccessUnit)
		}
		header := adtsHeader
		if b[1]&1 == 0 { // protection_absent
			header += adtsCRC
		}
		size := int(b[3]&3)<<11 | int(b[4])<<3 | int(b[5])>>5
		if size <= header || size > len(b) || b[6]&3 != 0 {
			return nil, nil, fmt.Errorf("%w: ADTS frame of %d bytes with %d blocks where %d bytes are left", ErrAccessUnit, size, b[6]&3+1, len(b))
		}
		if config == nil {
			object, rate, channels := b[2]>>6+1, b[2]>>2&0xf, b[2]&1<<2|b[3]>>6
			config = []byte{object<<3 | rate>>1, rate<<7 | channels<<3}
		}
		units = append(units, b[header:size:size])
		b = b[size:]
	}
	return config, units, nil
}
