package rtmp

import (
	"encoding/binary"
	"fmt"
)

// Packet types of Enhanced RTMP v2 that video and audio have in common ("Enhanced
// Video", "Enhanced Audio").
const (
	enhancedSequenceStart = 0
	enhancedFrames        = 1
	enhancedFramesX       = 3 // video only: no composition time, it is 0
	enhancedMetadata      = 4 // video only
	enhancedModEx         = 7

	enhancedAudioMultitrack = 5
	enhancedVideoMultitrack = 6
)

// Kinds of multitrack message.
const (
	oneTrack             = 0
	manyTracksManyCodecs = 2
)

// enhanced is what an Enhanced RTMP tag holds behind its first byte.
type enhanced struct {
	packet byte
	fourCC string
	track  byte // 0 outside multitrack messages
	body   []byte
}

// parseEnhanced reads modifiers, FourCC and the tracks of a multitrack message. Of
// several tracks it takes number 0, which is the default one, else the first.
func parseEnhanced(packet, multitrack byte, b []byte) (enhanced, error) {
	r := tagReader{b: b}
	for packet == enhancedModEx && !r.bad {
		size := int(r.byte()) + 1
		if size == 256 {
			size = int(r.uint(2)) + 1
		}
		r.readBytes(size) // nanoseconds of the timestamp, and what may come
		packet = r.byte() & 0x0f
	}
	e := enhanced{packet: packet}
	if packet == multitrack {
		kind := r.byte()
		e.packet = kind & 0x0f
		r.tracks(&e, kind>>4)
	} else {
		e.fourCC = string(r.readBytes(4))
		e.body = r.b
	}
	if r.bad || e.packet == multitrack {
		return e, fmt.Errorf("%w: media tag of %d bytes", ErrChunk, len(b)+1)
	}
	return e, nil
}

// tagReader reads a tag; bad is sticky.
type tagReader struct {
	b   []byte
	bad bool
}

func (r *tagReader) readBytes(n int) []byte {
	if r.bad || n > len(r.b) {
		r.bad, r.b = true, nil
		return nil
	}
	head := r.b[:n]
	r.b = r.b[n:]
	return head
}

func (r *tagReader) byte() byte { return byte(r.uint(1)) }

// uint reads a number of n bytes, at most 4.
func (r *tagReader) uint(n int) uint32 {
	var number [4]byte
	copy(number[4-n:], r.readBytes(n))
	return binary.BigEndian.Uint32(number[:])
}

func (r *tagReader) tracks(e *enhanced, kind byte) {
	fourCC := ""
	if kind != manyTracksManyCodecs {
		fourCC = string(r.readBytes(4))
	}
	for first := true; first || len(r.b) > 0; first = false {
		if kind == manyTracksManyCodecs {
			fourCC = string(r.readBytes(4))
		}
		id := r.byte()
		body := r.b
		if kind == oneTrack {
			r.b = nil
		} else {
			body = r.readBytes(int(r.uint(3)))
		}
		if first || id == 0 {
			e.fourCC, e.track, e.body = fourCC, id, body
		}
		if r.bad {
			return
		}
	}
}
