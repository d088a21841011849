package bitstream

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/bluenviron/mediacommon/v2/pkg/codecs/h264"

	"github.com/globalfandom/lightstick/media"
)

// NAL unit types of HEVC that matter here (ITU-T H.265 Table 7-1).
const (
	hevcIRAPFirst = 16
	hevcIRAPLast  = 21
	hevcVPS       = 32
	hevcSPS       = 33
	hevcPPS       = 34
	hevcAUD       = 35
	hevcFiller    = 38
	hevcPrefixSEI = 39
)

// ErrAccessUnit reports a coded picture whose framing is broken.
var ErrAccessUnit = errors.New("access unit")

// maxNALUnits bounds the slices and messages of one picture.
const maxNALUnits = 512

// Video follows one video track: it brings each access unit to the canonical
// payload form, and notices parameter sets that arrive inside the stream.
type Video struct {
	Codec  media.Codec
	Params ParamSets
}

// AccessUnit is one picture in canonical form.
type AccessUnit struct {
	Payload       []byte // as package media has it; empty if nothing but parameters came
	KeyFrame      bool
	RecoveryPoint bool // no key frame, but decoding may begin here: see recoveryPoint
	ParamsChanged bool // Video.Params has new content, from this picture on
	Captions      media.Captions
	sei           []byte
}

// FromLengthPrefixed takes a picture as MP4 and FLV carry it, with length
// prefixes of prefixSize bytes. The payload aliases body when nothing needs to
// be left out, which is the usual case.
func (v *Video) FromLengthPrefixed(body []byte, prefixSize int) (AccessUnit, error) {
	nalus, err := splitLengthPrefixed(body, prefixSize)
	if err != nil {
		return AccessUnit{}, err
	}
	au, kept := v.examine(nalus)
	if prefixSize == 4 && len(kept) == len(nalus) {
		au.Payload = body
	} else {
		au.Payload = joinLengthPrefixed(kept)
	}
	return au, nil
}

// FromNALUnits takes a picture as its NAL units, as MPEG-TS and RTP carry it.
func (v *Video) FromNALUnits(nalus [][]byte) (AccessUnit, error) {
	if len(nalus) > maxNALUnits {
		return AccessUnit{}, fmt.Errorf("%w: %d NAL units", ErrAccessUnit, len(nalus))
	}
	au, kept := v.examine(nalus)
	au.Payload = joinLengthPrefixed(kept)
	return au, nil
}

func splitLengthPrefixed(body []byte, prefixSize int) ([][]byte, error) {
	nalus := make([][]byte, 0, 4)
	for len(body) > 0 {
		if len(body) < prefixSize {
			return nil, fmt.Errorf("%w: %d bytes after the last NAL unit", ErrAccessUnit, len(body))
		}
		var size uint64
		for _, b := range body[:prefixSize] {
			size = size<<8 | uint64(b)
		}
		body = body[prefixSize:]
		if size > uint64(len(body)) {
			return nil, fmt.Errorf("%w: NAL unit of %d bytes where %d are left", ErrAccessUnit, size, len(body))
		}
		if len(nalus) == maxNALUnits {
			return nil, fmt.Errorf("%w: more than %d NAL units", ErrAccessUnit, maxNALUnits)
		}
		nalus = append(nalus, body[:size])
		body = body[size:]
	}
	return nalus, nil
}

func joinLengthPrefixed(nalus [][]byte) []byte {
	size := 0
	for _, n := range nalus {
		size += 4 + len(n)
	}
	if size == 0 {
		return nil
	}
	out := make([]byte, 0, size)
	for _, n := range nalus {
		out = binary.BigEndian.AppendUint32(out, uint32(len(n)))
		out = append(out, n...)
	}
	return out
}

// examine sorts out parameter sets, delimiters and padding, none of which belong
// into an avc1/hvc1 sample (ISO/IEC 14496-15 §5.3.2), and keeps the rest.
func (v *Video) examine(nalus [][]byte) (AccessUnit, [][]byte) {
	var (
		au    AccessUnit
		found ParamSets
		coded bool
	)
	kept := make([][]byte, 0, len(nalus))
	for _, n := range nalus {
		if len(n) == 0 {
			continue
		}
		switch role(v.Codec, n[0]) {
		case roleVPS:
			found.VPS = n
		case roleSPS:
			found.SPS = n
		case rolePPS:
			found.PPS = n
		case roleDrop:
		case roleSEI:
			if au.sei == nil || bytes.Contains(n, keyIntOption) {
				au.sei = n
			}
			au.Captions |= seiCaptions(n[min(len(n), headerSize(v.Codec)):])
			au.RecoveryPoint = au.RecoveryPoint || v.Codec == media.H264 && recoveryPoint(n)
			kept = append(kept, n)
		case roleKey:
			au.KeyFrame, coded = true, true
			kept = append(kept, n)
		default:
			coded = true
			au.RecoveryPoint = au.RecoveryPoint && intraSlice(n)
			kept = append(kept, n)
		}
	}
	au.ParamsChanged = v.Params.update(found)
	if !coded {
		kept = nil
	}
	return au, kept
}

type nalRole uint8

const (
	roleSlice nalRole = iota
	roleKey
	roleSEI
	roleVPS
	roleSPS
	rolePPS
	roleDrop
)

func role(codec media.Codec, header byte) nalRole {
	if codec == media.HEVC {
		return hevcRole(header >> 1 & 0x3f)
	}
	switch h264.NALUType(header & 0x1f) {
	case h264.NALUTypeIDR:
		return roleKey
	case h264.NALUTypeSEI:
		return roleSEI
	case h264.NALUTypeSPS:
		return roleSPS
	case h264.NALUTypePPS:
		return rolePPS
	case h264.NALUTypeAccessUnitDelimiter, h264.NALUTypeEndOfSequence,
		h264.NALUTypeEndOfStream, h264.NALUTypeFillerData:
		return roleDrop
	}
	return roleSlice
}

// headerSize is the size of a NAL unit's header in bytes.
func headerSize(codec media.Codec) int {
	if codec == media.HEVC {
		return 2
	}
	return 1
}

func hevcRole(t byte) nalRole {
	switch {
	case t >= hevcIRAPFirst && t <= hevcIRAPLast:
		return roleKey
	case t == hevcVPS:
		return roleVPS
	case t == hevcSPS:
		return roleSPS
	case t == hevcPPS:
		return rolePPS
	case t == hevcPrefixSEI:
		return roleSEI
	case t >= hevcAUD && t <= hevcFiller:
		return roleDrop
	}
	return roleSlice
}
