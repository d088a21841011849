package bitstream

import (
	"bytes"
	"fmt"

	"github.com/globalfandom/lightstick/internal/bitfields"
	"github.com/globalfandom/lightstick/media"
)

// maxArrays bounds the arrays of an HEVC decoder configuration: one for each kind of NAL
// unit that it may hold, VPS, SPS, PPS and both kinds of SEI, is what encoders write.
const maxArrays = 32

// ParseAVCDecoderConfig reads an AVCDecoderConfigurationRecord (ISO/IEC 14496-15
// §5.3.3.1): the parameter sets, and the size of NAL unit length prefixes in bytes.
func ParseAVCDecoderConfig(b []byte) (ParamSets, int, error) {
	if len(b) < 7 || b[0] != 1 {
		return ParamSets{}, 0, fmt.Errorf("%w: not an AVC decoder configuration", ErrParameters)
	}
	r := setReader{bitfields.Reader{Rest: b[5:]}}
	var p ParamSets
	p.SPS = r.sets(nil, media.H264, kindSPS, int(r.Byte()&0x1f))
	p.PPS = r.sets(nil, media.H264, kindPPS, int(r.Byte()))
	if r.Short || !p.Complete(media.H264) {
		return ParamSets{}, 0, fmt.Errorf("%w: AVC decoder configuration is cut short", ErrParameters)
	}
	return p, int(b[4]&3) + 1, nil
}

// ParseHEVCDecoderConfig reads an HEVCDecoderConfigurationRecord (ISO/IEC
// 14496-15 §8.3.3.1).
func ParseHEVCDecoderConfig(b []byte) (ParamSets, int, error) {
	if len(b) < 23 || b[0] != 1 {
		return ParamSets{}, 0, fmt.Errorf("%w: not an HEVC decoder configuration", ErrParameters)
	}
	r := setReader{bitfields.Reader{Rest: b[22:]}}
	var p ParamSets
	for range min(r.Byte(), maxArrays) {
		unit, n := r.Byte()&0x3f, int(r.Uint(2))
		switch unit {
		case hevcVPS:
			p.VPS = r.sets(p.VPS, media.HEVC, kindVPS, n)
		case hevcSPS:
			p.SPS = r.sets(p.SPS, media.HEVC, kindSPS, n)
		case hevcPPS:
			p.PPS = r.sets(p.PPS, media.HEVC, kindPPS, n)
		default:
			r.sets(nil, media.HEVC, kindVPS, n) // SEI messages
		}
	}
	if r.Short || !p.Complete(media.HEVC) {
		return ParamSets{}, 0, fmt.Errorf("%w: HEVC decoder configuration is cut short", ErrParameters)
	}
	return p, int(b[21]&3) + 1, nil
}

// setReader reads length-prefixed parameter sets.
type setReader struct{ bitfields.Reader }

// sets reads n sets and appends those to known that aren't empty. Of two with one ID the
// later holds, as in a stream.
func (r *setReader) sets(known [][]byte, codec media.Codec, kind setKind, n int) [][]byte {
	var places [256]int // by ID: one more than the set's index
	for i, set := range known {
		if id, ok := setID(codec, kind, set); ok {
			places[id] = i + 1
		}
	}
	for ; n > 0 && !r.Short; n-- {
		set := r.Take(int(r.Uint(2)))
		if len(set) == 0 || r.Short {
			continue
		}
		id, ok := setID(codec, kind, set)
		switch {
		case ok && places[id] > 0:
			known[places[id]-1] = bytes.Clone(set)
		case len(known) < maxSets(kind):
			known = append(known, bytes.Clone(set))
			if ok {
				places[id] = len(known)
			}
		}
	}
	return known
}
