package rtmp

import (
	"fmt"

	"github.com/globalfandom/lightstick/internal/bitfields"
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
	r := &bitfields.Reader{Rest: b}
	for packet == enhancedModEx && !r.Short {
		size := int(r.Byte()) + 1
		if size == 256 {
			size = int(r.Uint(2)) + 1
		}
		r.Take(size) // nanoseconds of the timestamp, and what may come
		packet = r.Byte() & 0x0f
	}
	e := enhanced{packet: packet}
	if packet == multitrack {
		kind := r.Byte()
		e.packet = kind & 0x0f
		e.tracks(r, kind>>4)
	} else {
		e.fourCC = string(r.Take(4))
		e.body = r.Rest
	}
	if r.Short || e.packet == multitrack {
		return e, fmt.Errorf("%w: media tag of %d bytes", ErrChunk, len(b)+1)
	}
	return e, nil
}

// tracks reads the tracks of a multitrack message.
func (e *enhanced) tracks(r *bitfields.Reader, kind byte) {
	fourCC := ""
	if kind != manyTracksManyCodecs {
		fourCC = string(r.Take(4))
	}
	for first := true; first || len(r.Rest) > 0; first = false {
		if kind == manyTracksManyCodecs {
			fourCC = string(r.Take(4))
		}
		id := r.Byte()
		body := r.Rest
		if kind == oneTrack {
			r.Rest = nil
		} else {
			body = r.Take(int(r.Uint(3)))
		}
		if first || id == 0 {
			e.fourCC, e.track, e.body = fourCC, id, body
		}
		if r.Short {
			return
		}
	}
}
