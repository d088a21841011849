package bitstream

import "math/bits"

// bitReader reads big-endian bit fields. Reading past the end gives zeros and sets
// short, which is sticky: callers check it once, at the end.
type bitReader struct {
	b     []byte
	pos   int // in bits
	short bool
}

// bits reads n bits, at most 32.
func (r *bitReader) bits(n int) uint32 {
	if r.left() < n {
		r.pos, r.short = 8*len(r.b), true
		return 0
	}
	var v uint32
	for ; n > 0; n-- {
		v = v<<1 | uint32(r.b[r.pos>>3]>>(7-r.pos&7)&1)
		r.pos++
	}
	return v
}

func (r *bitReader) flag() bool { return r.bits(1) == 1 }

func (r *bitReader) skip(n int) {
	if r.left() < n {
		r.short = true
	}
	r.pos = min(r.pos+n, 8*len(r.b))
}

func (r *bitReader) left() int { return 8*len(r.b) - r.pos }

// uvlc reads AV1's variable length number (AV1 §4.10.3), which is Exp-Golomb's.
func (r *bitReader) uvlc() uint32 {
	zeros := 0
	for !r.flag() {
		if zeros++; zeros > 31 || r.short {
			r.short = true
			return 0
		}
	}
	return 1<<zeros - 1 + r.bits(zeros)
}

// leb128 reads AV1's byte-wise number (AV1 §4.10.5) from the front of b, and
// returns how many bytes it took; 0 when it is cut short or above 32 bits.
func leb128(b []byte) (value uint64, n int) {
	for i := range min(len(b), 8) {
		value |= uint64(b[i]&0x7f) << (7 * i)
		if b[i]&0x80 == 0 {
			if bits.Len64(value) > 32 {
				return 0, 0
			}
			return value, i + 1
		}
	}
	return 0, 0
}

func appendLEB128(b []byte, v int) []byte {
	for ; v >= 0x80; v >>= 7 {
		b = append(b, byte(v)|0x80)
	}
	return append(b, byte(v))
}
