// Package bitfields reads fields of bytes, and writes fields of bits, that stand one behind
// the other.
package bitfields

// Reader takes fields off the front of outside bytes. It never reads past their end: it
// gives zeros instead and sets Short, which the caller checks once, at the end.
type Reader struct {
	Rest  []byte // what has not been read; empty once Short
	Short bool   // a field was longer than what was left
}

// Take is the next n bytes, not copied. It is nil if there are fewer.
func (r *Reader) Take(n int) []byte {
	if r.Short || n > len(r.Rest) {
		r.Short, r.Rest = true, nil
		return nil
	}
	head := r.Rest[:n]
	r.Rest = r.Rest[n:]
	return head
}

// Uint is a big-endian number of n bytes, at most 8.
func (r *Reader) Uint(n int) (v uint64) {
	for _, b := range r.Take(n) {
		v = v<<8 | uint64(b)
	}
	return v
}

// Byte is the next byte.
func (r *Reader) Byte() byte { return byte(r.Uint(1)) }
