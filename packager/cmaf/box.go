package cmaf

import "encoding/binary"

// box writes a box of the parts of its body.
func box(kind string, body ...[]byte) []byte {
	size := boxHeader
	for _, part := range body {
		size += len(part)
	}
	b := appendBox(make([]byte, 0, size), uint32(size), kind)
	for _, part := range body {
		b = append(b, part...)
	}
	return b
}

// fullBox writes a box with version and flags (ISO/IEC 14496-12 §4.2).
func fullBox(kind string, version byte, flags uint32, body ...[]byte) []byte {
	return box(kind, append([][]byte{u32(uint32(version)<<24 | flags)}, body...)...)
}

// u32, u16 and zeros make the fields of a body, big endian.
func u32(fields ...uint32) []byte {
	b := make([]byte, 0, 4*len(fields))
	for _, f := range fields {
		b = binary.BigEndian.AppendUint32(b, f)
	}
	return b
}

func u16(fields ...uint16) []byte {
	b := make([]byte, 0, 2*len(fields))
	for _, f := range fields {
		b = binary.BigEndian.AppendUint16(b, f)
	}
	return b
}

func zeros(n int) []byte { return make([]byte, n) }
