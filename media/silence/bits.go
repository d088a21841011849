package silence

// bitWriter writes big-endian bit fields.
type bitWriter struct {
	b []byte
	n int // bits
}

// bits appends the lowest n bits of v.
func (w *bitWriter) bits(v uint32, n int) {
	for n--; n >= 0; n-- {
		if w.n%8 == 0 {
			w.b = append(w.b, 0)
		}
		w.b[w.n/8] |= byte(v>>n&1) << (7 - w.n%8)
		w.n++
	}
}

// zeros appends n bits that are 0.
func (w *bitWriter) zeros(n int) {
	for range n {
		w.bits(0, 1)
	}
}
