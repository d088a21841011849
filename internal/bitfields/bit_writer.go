package bitfields

// BitWriter writes fields of bits, the highest bit first. The zero value is empty.
type BitWriter struct {
	Bytes []byte // what was written; missing bits of the last byte are 0
	n     int    // bits
}

// Put appends the lowest n bits of v, at most 32.
func (w *BitWriter) Put(v uint32, n int) *BitWriter {
	for n--; n >= 0; n-- {
		if w.n%8 == 0 {
			w.Bytes = append(w.Bytes, 0)
		}
		w.Bytes[w.n/8] |= byte(v>>n&1) << (7 - w.n%8)
		w.n++
	}
	return w
}

// Zeros appends n bits that are 0.
func (w *BitWriter) Zeros(n int) {
	for range n {
		w.Put(0, 1)
	}
}

// Len is how many bits were written.
func (w *BitWriter) Len() int { return w.n }
