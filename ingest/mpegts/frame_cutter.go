package mpegts

import "bytes"

// maxFrame is the largest frame that 13 bits of length can say, of ADTS and LOAS.
const maxFrame = 1<<13 + 2

// frameCutter cuts a stream of frames that begin with a sync word. Frames may go on in the
// next PES packet, and what lies between them is left out.
type frameCutter struct {
	header int                // bytes that size wants to see
	sync   byte               // the first byte of a frame
	size   func(b []byte) int // bytes of the frame at the front of b; 0: none begins there

	rest   []byte // the beginning of a frame
	synced bool   // the last frame ended where the next should begin
}

// cutFrame is a frame that was found.
type cutFrame struct {
	data    []byte
	carried bool // it began in data that was given earlier
}

// cut appends the frames that end in data to frames. They may be kept. skipped reports
// bytes that belong to none.
func (c *frameCutter) cut(frames []cutFrame, data []byte) (found []cutFrame, skipped bool) {
	carried := len(c.rest)
	b := make([]byte, 0, carried+len(data)) // the frames stay in it
	b = append(append(b, c.rest...), data...)
	c.rest = c.rest[:0]
	for at := 0; at < len(b); {
		if len(b)-at < c.header {
			c.rest = append(c.rest, b[at:]...)
			break
		}
		size := c.size(b[at:])
		switch {
		case size > len(b)-at:
			c.rest = append(c.rest, b[at:]...)
			return frames, skipped
		case size == 0 || !c.trusted(b[at+size:], at < carried):
			c.synced, skipped = false, true
			next := bytes.IndexByte(b[at+1:], c.sync)
			if next < 0 {
				return frames, skipped
			}
			at += 1 + next
		default:
			c.synced = true
			frames = append(frames, cutFrame{b[at : at+size : at+size], at < carried})
			at += size
		}
	}
	return frames, skipped
}

// trusted reports whether a frame may end where rest begins. A sync word may be chance, and
// so may be the length of a frame that lost bytes: then another must follow.
func (c *frameCutter) trusted(rest []byte, carried bool) bool {
	if c.synced && !carried || len(rest) < c.header {
		return true
	}
	return c.size(rest) > 0
}

// reset drops the beginning of a frame, whose end is missing.
func (c *frameCutter) reset() { c.rest, c.synced = c.rest[:0], false }

func (c *frameCutter) held() int { return cap(c.rest) }
