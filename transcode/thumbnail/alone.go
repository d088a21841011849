package thumbnail

import (
	"encoding/binary"
	"iter"
	"slices"

	"github.com/globalfandom/lightstick/media"
)

// NAL unit types (ITU-T H.264 Table 7-1, H.265 Table 7-1).
const (
	h264IDR  = 5
	hevcBLA  = 18 // with no leading pictures
	hevcCRA  = 21
	hevcMask = 0x3f << 1
)

// alone makes a keyframe's payload independent of those before it, if its codec lets
// us. A CRA picture of HEVC becomes a BLA picture: that is what it is where streams
// are spliced, has the same syntax (H.265 §7.3.6.1), and begins a sequence of its own.
func alone(codec media.Codec, payload []byte) []byte {
	if codec != media.HEVC {
		return payload
	}
	payload = slices.Clone(payload)
	for nalu := range nalUnits(payload) {
		if nalu[0]&hevcMask == hevcCRA<<1 {
			nalu[0] = nalu[0]&^hevcMask | hevcBLA<<1
		}
	}
	return payload
}

// needsStart reports whether a keyframe can only be decoded right after the start of
// a decoder. That is so for H.264's pictures that aren't IDR: FFmpeg's decoder counts
// on from the last IDR, and drops those that seem to be late.
func needsStart(codec media.Codec, payload []byte) bool {
	if codec != media.H264 {
		return false
	}
	for nalu := range nalUnits(payload) {
		if nalu[0]&0x1f == h264IDR {
			return false
		}
	}
	return true
}

// nalUnits gives a payload's NAL units as far as they are whole; none is empty.
func nalUnits(payload []byte) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		for len(payload) > 4 {
			size := uint64(binary.BigEndian.Uint32(payload))
			payload = payload[4:]
			if size > uint64(len(payload)) || size > 0 && !yield(payload[:size]) {
				return
			}
			payload = payload[size:]
		}
	}
}
