package silence

import "github.com/globalfandom/lightstick/media"

// opusDuration is how long the packets are: 20 ms at 48 kHz.
const opusDuration media.Ticks = 960

// opus is a packet of one CELT frame of each stream whose first symbol, coded in its two
// bytes, is the silence flag (RFC 6716 §4.3).
func opus(t media.Track) []byte {
	const (
		toc    = 31 << 3 // CELT, full band, 20 ms, one frame (§3.1)
		stereo = 1 << 2
	)
	frame := []byte{0xff, 0xfe}
	streams, coupled := 1, 0
	if t.Channels != 1 {
		coupled = 1
	}
	const mapped = 13 // bytes of dOps up to the numbers of streams (Opus in ISOBMFF §4.3.2)
	if c := t.AudioConfig; len(c) >= mapped && c[mapped-3] != 0 {
		streams, coupled = int(c[mapped-2]), int(c[mapped-1])
	}
	var packet []byte
	for i := range streams {
		first := byte(toc)
		if i < coupled {
			first |= stereo
		}
		packet = append(packet, first)
		if i < streams-1 {
			packet = append(packet, byte(len(frame))) // all but the last delimit themselves (appendix B)
		}
		packet = append(packet, frame...)
	}
	return packet
}
