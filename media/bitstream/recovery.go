package bitstream

import "github.com/globalfandom/lightstick/media"

// recoveryFrames reads the recovery point message of an SEI NAL unit: how many frames
// after its picture all that is shown can be decoded by a decoder that begins there
// (ITU-T H.264 §D.2.8; H.265 §D.3.8 counts picture order instead). Broadcast encoders with
// open groups of pictures send 0, and no IDR pictures after the first. Those that refresh
// the picture bit by bit count more.
func recoveryFrames(codec media.Codec, nalu []byte) (frames int, ok bool) {
	const payloadType = 6
	// Its message comes first or second and is short: no need to look at more.
	var plain [40]byte
	head := headReader(plain[:], codec, nalu)
	for b := head.b; len(b) > 2; {
		kind, rest := seiNumber(b)
		size, body := seiNumber(rest)
		if kind == payloadType {
			r := bitReader{b: body}
			n := int(r.uvlc())
			if codec == media.HEVC {
				n = (n + 1) / 2 * (2*(n%2) - 1) // se(v), H.265 §9.2.2
			}
			return max(n, 0), !r.short
		}
		b = body[min(size, len(body)):]
	}
	return 0, false
}

// Slice types of H.264 (ITU-T H.264 §7.4.3, Table 7-6), modulo 5.
const (
	sliceB  = 1
	sliceI  = 2
	sliceSI = 4
)

func sliceType(nalu []byte) (kind uint32, ok bool) {
	var plain [16]byte
	r := headReader(plain[:], media.H264, nalu)
	r.uvlc() // first_mb_in_slice
	kind = r.uvlc() % 5
	return kind, !r.short
}

// intraSlice reports whether a coded slice of H.264 needs no other picture.
func intraSlice(codec media.Codec, nalu []byte) bool {
	kind, ok := sliceType(nalu)
	return codec == media.H264 && ok && (kind == sliceI || kind == sliceSI)
}

// bidirectional reports whether a slice of H.264 may be shown before one that is decoded
// earlier.
func bidirectional(codec media.Codec, nalu []byte) bool {
	kind, ok := sliceType(nalu)
	return codec == media.H264 && ok && kind == sliceB
}
