package bitstream

import (
	"bytes"
	"fmt"
)

// OBU types (AV1 §6.2.2).
const (
	obuSequenceHeader    = 1
	obuTemporalDelimiter = 2
	obuFrameHeader       = 3
	obuMetadata          = 5
	obuFrame             = 6
	obuTileList          = 8
	obuPadding           = 15
)

// maxOBUs bounds the slices and messages of one temporal unit.
const maxOBUs = 512

// obu is one open bitstream unit.
type obu struct {
	kind    byte
	header  []byte // without the size field: one byte, or two with the extension
	payload []byte
	whole   []byte // as it came
	sized   bool   // it came with its size field
}

// nextOBU reads the OBU at the front of b. Without a size field it reaches to the
// end.
func nextOBU(b []byte) (o obu, rest []byte, err error) {
	header := 1
	if len(b) > 0 && b[0]&0x04 != 0 {
		header = 2 // obu_extension_flag
	}
	if len(b) < header || b[0]&0x80 != 0 {
		return obu{}, nil, fmt.Errorf("%w: broken OBU header", ErrAccessUnit)
	}
	o = obu{kind: b[0] >> 3 & 0x0f, header: b[:header]}
	if b[0]&0x02 == 0 {
		o.payload, o.whole = b[header:], b
		return o, nil, nil
	}
	size, n := leb128(b[header:])
	if n == 0 || size > uint64(len(b)-header-n) {
		return obu{}, nil, fmt.Errorf("%w: OBU of %d bytes where %d are left", ErrAccessUnit, size, len(b)-header)
	}
	end := header + n + int(size)
	o.payload, o.whole, o.sized = b[header+n:end], b[:end], true
	return o, b[end:], nil
}

// appendTo appends the OBU with its size field.
func (o obu) appendTo(b []byte) []byte {
	b = append(b, o.header[0]|0x02)
	b = append(b, o.header[1:]...)
	b = appendLEB128(b, len(o.payload))
	return append(b, o.payload...)
}

// ParseAV1DecoderConfig reads an AV1CodecConfigurationRecord (AV1-ISOBMFF §2.3.3).
// The sequence header in it is optional: without it the set is empty.
func ParseAV1DecoderConfig(b []byte) (ParamSets, error) {
	if len(b) < 4 || b[0] != 0x81 {
		return ParamSets{}, fmt.Errorf("%w: not an AV1 decoder configuration", ErrParameters)
	}
	for b = b[4:]; len(b) > 0; {
		o, rest, err := nextOBU(b)
		if err != nil {
			return ParamSets{}, fmt.Errorf("%w: AV1 decoder configuration: %w", ErrParameters, err)
		}
		if o.kind == obuSequenceHeader {
			return ParamSets{Sequence: o.appendTo(nil)}, nil
		}
		b = rest
	}
	return ParamSets{}, nil
}

// FromOBUStream takes a temporal unit of AV1 as MP4 and FLV carry it: OBUs with size
// fields, which the last one may lack. The payload is a slice of body unless a size field is
// missing, an OBU between two that stay is left out, or a sequence header is added; so body must
// not be written to afterwards.
func (v *Video) FromOBUStream(body []byte) (AccessUnit, error) {
	var units []obu
	for left := body; len(left) > 0; {
		o, rest, err := nextOBU(left)
		if err != nil {
			return AccessUnit{}, err
		}
		if len(units) == maxOBUs {
			return AccessUnit{}, fmt.Errorf("%w: more than %d OBUs", ErrAccessUnit, maxOBUs)
		}
		units, left = append(units, o), rest
	}
	return v.temporalUnit(body, units), nil
}

// FromOBUs takes a temporal unit of AV1 as its OBUs, as RTP carries it. They are copied.
func (v *Video) FromOBUs(obus [][]byte) (AccessUnit, error) {
	if len(obus) > maxOBUs {
		return AccessUnit{}, fmt.Errorf("%w: %d OBUs", ErrAccessUnit, len(obus))
	}
	units := make([]obu, 0, len(obus))
	for _, b := range obus {
		o, _, err := nextOBU(b)
		if err != nil {
			return AccessUnit{}, err
		}
		units = append(units, o)
	}
	return v.temporalUnit(nil, units), nil
}

// temporalUnit brings OBUs to the canonical form: it drops what may not be in a
// sample, and sees to it that a key frame has its sequence header (AV1-ISOBMFF §2.4). The OBUs
// lie behind one another in body, if that isn't nil.
func (v *Video) temporalUnit(body []byte, units []obu) AccessUnit {
	var (
		au             AccessUnit
		sequence       []byte
		framed         bool
		at, begin, end int // offsets in body: of the OBU, and of those that stay
	)
	inPlace := body != nil // those that stay lie behind one another, with their sizes
	kept := units[:0]
	for _, o := range units {
		from := at
		at += len(o.whole)
		switch o.kind {
		case obuTemporalDelimiter, obuTileList, obuPadding:
			continue
		case obuSequenceHeader:
			sequence = o.appendTo(nil)
		case obuFrameHeader, obuFrame:
			if !framed { // the first frame decides
				au.KeyFrame = v.randomAccess(o, sequence)
			}
			framed = true
		case obuMetadata:
			au.Captions |= metadataCaptions(o.payload)
		}
		if len(kept) == 0 {
			begin, end = from, from
		}
		inPlace = inPlace && o.sized && end == from
		kept, end = append(kept, o), at
	}
	if sequence != nil && !bytes.Equal(sequence, v.Params.Sequence) {
		v.before = v.Params
		v.Params.Sequence, au.Params = sequence, ParamsChanged
	}
	switch {
	case !framed:
	case au.KeyFrame && sequence == nil:
		au.Payload = joinOBUs(v.Params.Sequence, kept)
	case inPlace:
		au.Payload = body[begin:end:end]
	default:
		au.Payload = joinOBUs(nil, kept)
	}
	return au
}

// joinOBUs copies OBUs behind one another, with their size fields, behind a sequence header if one
// is given.
func joinOBUs(sequence []byte, units []obu) []byte {
	const mostSizeField = 5 // of 32 bits
	size := len(sequence)
	for _, o := range units {
		size += len(o.header) + mostSizeField + len(o.payload)
	}
	joined := append(make([]byte, 0, size), sequence...)
	for _, o := range units {
		joined = o.appendTo(joined)
	}
	return joined
}

// randomAccess reports whether decoding may begin with a frame: it is a key frame
// that is shown at once (AV1 §7.6.2). A key frame shown later, by a header that
// refers to it, is none: frames between them may need what came before.
func (v *Video) randomAccess(o obu, sequence []byte) bool {
	if sequence == nil {
		sequence = v.Params.Sequence
	}
	s, err := ParseAV1Sequence(sequence)
	if err != nil || len(o.payload) == 0 {
		return false
	}
	const keyFrame = 0
	first := o.payload[0] // show_existing_frame, frame_type (2 bits), show_frame
	return s.reducedHeader || first&0x80 == 0 && first>>5&3 == keyFrame && first&0x10 != 0
}
