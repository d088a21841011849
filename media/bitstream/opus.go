package bitstream

import (
	"encoding/binary"
	"fmt"

	"github.com/globalfandom/lightstick/media"
)

// DefaultPreSkip is what libopus, the encoder that nearly everybody uses, puts before
// the sound: 6.5 ms, in samples at 48 kHz.
const DefaultPreSkip = 312

// opusMappings are the numbers of streams and coupled streams, and the channel
// mapping, of the usual layouts from three channels on (RFC 7845 §5.1.1.2).
var opusMappings = [...][]byte{
	3: {2, 1, 0, 2, 1},
	4: {2, 2, 0, 1, 2, 3},
	5: {3, 2, 0, 4, 1, 2, 3},
	6: {4, 2, 0, 4, 1, 2, 3, 5},
	7: {4, 3, 0, 4, 1, 2, 3, 5, 6},
	8: {5, 3, 0, 6, 1, 2, 3, 4, 5, 7},
}

// OpusTrack describes Opus with the given number of channels, 1 to 8, in their usual
// order.
func OpusTrack(channels int) (media.Track, error) {
	if channels < 1 || channels > 8 {
		return media.Track{}, fmt.Errorf("%w: Opus with %d channels", ErrParameters, channels)
	}
	var family byte
	if channels > 2 {
		family = 1
	}
	config := []byte{0, byte(channels)}
	config = binary.BigEndian.AppendUint16(config, DefaultPreSkip)
	config = binary.BigEndian.AppendUint32(config, 48_000)
	config = append(config, 0, 0, family) // no gain
	return opusTrack(append(config, opusMappings[channels]...)), nil
}

// OpusHeadTrack describes the Opus of an ID header (RFC 7845 §5.1), which encoders
// send ahead in RTMP.
func OpusHeadTrack(head []byte) (media.Track, error) {
	const fixed = 19
	if len(head) < fixed || string(head[:8]) != "OpusHead" || head[8]>>4 != 0 {
		return media.Track{}, fmt.Errorf("%w: not an Opus header", ErrParameters)
	}
	channels, family := int(head[9]), head[18]
	table := head[fixed:]
	switch {
	case channels == 0 || channels > 8, family == 0 && channels > 2:
		return media.Track{}, fmt.Errorf("%w: Opus with %d channels", ErrParameters, channels)
	case family == 0:
		table = nil
	case len(table) < 2+channels:
		return media.Track{}, fmt.Errorf("%w: Opus header is cut short", ErrParameters)
	default:
		table = table[:2+channels]
	}
	// The same fields, in the other byte order (Opus in ISOBMFF §4.3.2).
	config := []byte{0, head[9]}
	config = binary.BigEndian.AppendUint16(config, binary.LittleEndian.Uint16(head[10:]))
	config = binary.BigEndian.AppendUint32(config, binary.LittleEndian.Uint32(head[12:]))
	config = binary.BigEndian.AppendUint16(config, binary.LittleEndian.Uint16(head[16:]))
	config = append(config, family)
	return opusTrack(append(config, table...)), nil
}

func opusTrack(config []byte) media.Track {
	return media.Track{Codec: media.Opus, Timescale: 48_000, Channels: int(config[1]), AudioConfig: config}
}
