package bitstream

import (
	"encoding/binary"
	"fmt"

	"github.com/globalfandom/lightstick/media"
)

// Bounds of the samples per second of a raw track.
const (
	minRawRate = 4_000
	maxRawRate = 192_000
)

// RawTrack describes sound whose samples all have the same size: PCMA, PCMU, G722 or PCM.
func RawTrack(codec media.Codec, rate, channels int) (media.Track, error) {
	switch {
	case rate < minRawRate || rate > maxRawRate:
		return media.Track{}, fmt.Errorf("%w: %s with %d samples a second", ErrParameters, codec, rate)
	case channels < 1 || channels > 8 || codec == media.G722 && channels > 1:
		return media.Track{}, fmt.Errorf("%w: %s with %d channels", ErrParameters, codec, channels)
	}
	return media.Track{Codec: codec, Timescale: media.Timescale(rate), Channels: channels}, nil
}

// RawDuration counts the samples of each channel in b, which is sound of track t.
func RawDuration(t media.Track, b []byte) media.Ticks {
	switch t.Codec {
	case media.PCMA, media.PCMU:
		return media.Ticks(len(b) / t.Channels)
	case media.G722:
		return media.Ticks(2 * len(b)) // 4 bits each (ITU-T G.722 §1.1)
	case media.PCM:
		return media.Ticks(len(b) / 2 / t.Channels)
	}
	return 0
}

// PCMFromUnsigned8 brings samples of 8 bits, of which 128 is silence, to canonical form.
func PCMFromUnsigned8(b []byte) []byte {
	pcm := make([]byte, 2*len(b))
	for i, v := range b {
		pcm[2*i+1] = v ^ 0x80
	}
	return pcm
}

// PCMFromBigEndian brings big-endian samples of so many bytes, two or more, to canonical
// form: their first 16 bits.
func PCMFromBigEndian(b []byte, size int) []byte {
	pcm := make([]byte, 0, len(b)/size*2)
	for ; len(b) >= size; b = b[size:] {
		pcm = binary.LittleEndian.AppendUint16(pcm, binary.BigEndian.Uint16(b))
	}
	return pcm
}
