package check

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// box is a box of the ISO base media file format (ISO/IEC 14496-12 §4.2).
type box struct {
	kind  string
	start int    // of its header, from the start of what was read
	body  []byte // behind its header; it shares memory with the input
	size  int    // with its header
}

// maxBoxes of one level are read: a segment of an hour of parts has fewer.
const maxBoxes = 100_000

var errTooManyBoxes = errors.New("more boxes than anyone needs")

// readBoxes reads the boxes of one level. On an error it returns those before it.
func readBoxes(b []byte) ([]box, error) {
	var out []box
	for start := 0; start < len(b); {
		next, err := readBox(b[start:])
		if err != nil {
			return out, fmt.Errorf("byte %d: %w", start, err)
		}
		if len(out) >= maxBoxes {
			return out, errTooManyBoxes
		}
		next.start = start
		out = append(out, next)
		start += next.size
	}
	return out, nil
}

func readBox(b []byte) (box, error) {
	if len(b) < 8 {
		return box{}, fmt.Errorf("%d stray bytes", len(b))
	}
	size, header := uint64(binary.BigEndian.Uint32(b)), 8
	kind := string(b[4:8])
	if size == 1 {
		if len(b) < 16 {
			return box{}, fmt.Errorf("box %q is cut short", kind)
		}
		size, header = binary.BigEndian.Uint64(b[8:]), 16
	}
	if size < uint64(header) || size > uint64(len(b)) {
		return box{}, fmt.Errorf("box %q of %d bytes, %d are there", kind, size, len(b))
	}
	return box{kind: kind, body: b[header:size], size: int(size)}, nil
}

// find returns the first box of the kind, nil if there is none.
func find(boxes []box, kind string) *box {
	for i := range boxes {
		if boxes[i].kind == kind {
			return &boxes[i]
		}
	}
	return nil
}

// descend follows a path of containers, each the first of its kind.
func descend(body []byte, path ...string) ([]byte, bool) {
	for _, kind := range path {
		boxes, _ := readBoxes(body)
		next := find(boxes, kind)
		if next == nil {
			return nil, false
		}
		body = next.body
	}
	return body, true
}

// reader takes big-endian numbers from a box's body. After the end it gives zeros
// and remembers that it did.
type reader struct {
	b     []byte
	short bool
}

func (r *reader) take(n int) []byte {
	if n > len(r.b) {
		r.short, r.b = true, nil
		return make([]byte, 8)[:min(n, 8)]
	}
	out := r.b[:n]
	r.b = r.b[n:]
	return out
}

func (r *reader) skip(n int) {
	if n > len(r.b) {
		r.short, r.b = true, nil
		return
	}
	r.b = r.b[n:]
}

func (r *reader) u16() uint16 { return binary.BigEndian.Uint16(r.take(2)) }
func (r *reader) u32() uint32 { return binary.BigEndian.Uint32(r.take(4)) }
func (r *reader) u64() uint64 { return binary.BigEndian.Uint64(r.take(8)) }

// full reads the version and flags of a full box.
func (r *reader) full() (version uint8, flags uint32) {
	v := r.u32()
	return uint8(v >> 24), v & 0xff_ffff
}

// long reads a number of 64 bits in version 1 of a box, of 32 in version 0.
func (r *reader) long(version uint8) uint64 {
	if version == 1 {
		return r.u64()
	}
	return uint64(r.u32())
}
