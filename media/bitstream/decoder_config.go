package bitstream

import (
	"encoding/binary"
	"fmt"

	"github.com/globalfandom/lightstick/media"
)

// maxParameterSets bounds how many sets of one kind a decoder configuration may list.
const maxParameterSets = 32

// ParseAVCDecoderConfig reads an AVCDecoderConfigurationRecord (ISO/IEC 14496-15
// §5.3.3.1): the parameter sets, and the size of NAL unit length prefixes in bytes.
func ParseAVCDecoderConfig(b []byte) (ParamSets, int, error) {
	if len(b) < 7 || b[0] != 1 {
		return ParamSets{}, 0, fmt.Errorf("%w: not an AVC decoder configuration", ErrParameters)
	}
	r := setReader{b: b[5:]}
	var p ParamSets
	p.SPS = r.sets(int(r.byte() & 0x1f))
	p.PPS = r.sets(int(r.byte()))
	if r.bad || p.SPS == nil || p.PPS == nil {
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
	r := setReader{b: b[22:]}
	var p ParamSets
	for range min(r.byte(), maxParameterSets) {
		kind := r.byte() & 0x3f
		set := r.sets(int(r.uint16()))
		switch kind {
		case hevcVPS:
			p.VPS = set
		case hevcSPS:
			p.SPS = set
		case hevcPPS:
			p.PPS = set
		}
	}
	if r.bad || !p.Complete(media.HEVC) {
		return ParamSets{}, 0, fmt.Errorf("%w: HEVC decoder configuration is cut short", ErrParameters)
	}
	return p, int(b[21]&3) + 1, nil
}

// setReader reads length-prefixed parameter sets; bad is sticky.
type setReader struct {
	b   []byte
	bad bool
}

func (r *setReader) take(n int) []byte {
	if r.bad || n > len(r.b) {
		r.bad = true
		return nil
	}
	head := r.b[:n]
	r.b = r.b[n:]
	return head
}

func (r *setReader) byte() byte {
	if b := r.take(1); b != nil {
		return b[0]
	}
	return 0
}

func (r *setReader) uint16() uint16 {
	if b := r.take(2); b != nil {
		return binary.BigEndian.Uint16(b)
	}
	return 0
}

// sets reads n sets and returns the first: encoders for live use send one.
func (r *setReader) sets(n int) (first []byte) {
	if n > maxParameterSets {
		r.bad = true
	}
	for i := 0; i < n && !r.bad; i++ {
		if set := r.take(int(r.uint16())); i == 0 && len(set) > 0 {
			first = set
		}
	}
	return first
}
