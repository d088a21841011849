package hls

import (
	"encoding/binary"
	"io"
)

// segmentReader joins segments of MPEG-TS to one transport stream. Segments are cut where
// pictures are, and their continuity counters may begin anew (RFC 8216 §3.2): they are
// counted on, or else each beginning would look like a loss, which costs the last picture
// before it.
type segmentReader struct {
	follower *follower
	rest     []byte
	counters map[uint16]*counter // by PID
	prepared bool
}

// counter makes the continuity counter of a PID go on.
type counter struct {
	last  byte // that was given out
	shift byte
	begun bool // in this segment
}

// Read implements io.Reader.
func (r *segmentReader) Read(b []byte) (int, error) {
	if !r.prepared {
		r.prepared = true
		r.renumber(r.rest)
	}
	for len(r.rest) == 0 {
		p, ok := <-r.follower.pieces
		if !ok {
			return 0, io.EOF
		}
		r.rest = p.data
		r.renumber(r.rest)
	}
	n := copy(b, r.rest)
	r.rest = r.rest[n:]
	return n, nil
}

// renumber changes the counters of a segment's packets, in place.
func (r *segmentReader) renumber(data []byte) {
	const packet, sync, payload = 188, 0x47, 0x10
	for _, c := range r.counters {
		c.begun = false
	}
	for ; len(data) >= packet && data[0] == sync; data = data[packet:] {
		pid := binary.BigEndian.Uint16(data[1:]) & 0x1fff
		own := data[3] & 0x0f
		c := r.counters[pid]
		switch {
		case c == nil:
			c = &counter{}
			r.counters[pid] = c
		case !c.begun:
			c.shift = c.last - own
			if data[3]&payload != 0 { // a packet without payload does not count (ISO/IEC 13818-1 §2.4.3.3)
				c.shift++
			}
		}
		c.begun = true
		c.last = (own + c.shift) & 0x0f
		data[3] = data[3]&0xf0 | c.last
	}
}
