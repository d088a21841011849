// Package bitstreamtest takes recorded bitstreams apart, for tests.
package bitstreamtest

import "encoding/binary"

// TemporalUnits splits an AV1 stream whose OBUs all have one byte of header and a
// size field, as `ffmpeg -f obu` writes it, at its temporal delimiters.
func TemporalUnits(b []byte) (units [][]byte) {
	const temporalDelimiter = 2
	for len(b) > 1 {
		size, n := binary.Uvarint(b[1:]) // for sizes, leb128 is the same
		end := 1 + n + int(size)
		if n <= 0 || end > len(b) {
			return units
		}
		if b[0]>>3&0x0f == temporalDelimiter || units == nil {
			units = append(units, nil)
		}
		last := &units[len(units)-1]
		*last = append(*last, b[:end]...)
		b = b[end:]
	}
	return units
}
