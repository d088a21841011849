package bitstream

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"

	"github.com/bluenviron/mediacommon/v2/pkg/codecs/h264"

	"github.com/globalfandom/lightstick/media"
)

// NAL unit types of HEVC that matter here (ITU-T H.265 Table 7-1).
const (
	hevcIRAPFirst    = 16
	hevcIRAPLast     = 21
	hevcIRAPReserved = 23
	hevcLastVCL      = 31
	hevcVPS          = 32
	hevcSPS          = 33
	hevcPPS          = 34
	hevcAUD          = 35
	hevcFiller       = 38
	hevcPrefixSEI    = 39
	hevcSuffixSEI    = 40
)

// ErrAccessUnit reports a coded picture whose framing is broken.
var ErrAccessUnit = errors.New("access unit")

// lengthSize is the size of the length before each NAL unit of a canonical payload.
const lengthSize = 4

// maxNALUnits bounds the slices and messages of one picture.
const maxNALUnits = 512

// Bounds of the NAL units that wait for the picture that they come before.
const (
	maxPrefixUnits = 32
	maxPrefixBytes = 64 << 10
)

// Video follows one video track: it brings each access unit to the canonical
// payload form, and notices parameter sets that arrive inside the stream.
type Video struct {
	Codec  media.Codec
	Params ParamSets
	// SliceTypes asks for AccessUnit.Bidirectional.
	SliceTypes bool

	before ParamSets // Params before the last picture that changed them
	prefix [][]byte  // SEI messages that came without a picture: they belong to the next one
	added  []int     // IDs of the PPS that came since Announced

	// Room for the NAL units of a picture, used again for the next one.
	split, kept [][]byte
}

// AccessUnit is one picture, or some slices of one, in canonical form.
type AccessUnit struct {
	Payload       []byte // as package media has it; empty if no slice came
	Continues     bool   // the first slice is not the first of its picture
	KeyFrame      bool
	RecoveryPoint bool // no key frame, but decoding may begin here: see Recovery
	Bidirectional bool // the first slice is a B slice of H.264; with Video.SliceTypes only
	Params        ParamsChange
	BadParams     bool // a parameter set can't be read and was left out
	Captions      media.Captions

	owned    bool // Payload is ours to append to
	sei      []byte
	recovery int    // recovery_frame_cnt plus 1; 0: no message
	inter    bool   // a slice predicts from other pictures; known after a recovery point message only
	first    []byte // slice
}

// Join appends what came later of the same picture.
func (au *AccessUnit) Join(later AccessUnit) {
	if !au.owned {
		payload := make([]byte, 0, 2*(len(au.Payload)+len(later.Payload)))
		au.Payload, au.owned = append(payload, au.Payload...), true
	}
	au.Payload = append(au.Payload, later.Payload...)
	au.KeyFrame = au.KeyFrame || later.KeyFrame
	au.RecoveryPoint = au.RecoveryPoint && !later.inter
	au.Params = max(au.Params, later.Params)
	au.Captions |= later.Captions
}

// RefreshFrames is how many frames after this one the picture is whole for a decoder that
// begins here, as a recovery point message of a picture says that is no key frame; 0
// without one. Encoders that refresh the picture bit by bit send such.
func (au *AccessUnit) RefreshFrames() int {
	if au.KeyFrame {
		return 0
	}
	return max(au.recovery-1, 0)
}

// Restore puts Params back to what they were before the last picture that changed them.
func (v *Video) Restore() { v.Params = v.before }

// Announced notes that a track has been made of Params.
func (v *Video) Announced() { v.added = v.added[:0] }

// NeedsAdded reports whether a picture refers to a PPS that came since Announced.
func (v *Video) NeedsAdded(au *AccessUnit) bool {
	if len(v.added) == 0 || au.first == nil || au.Continues {
		return false
	}
	id, ok := slicePPS(v.Codec, au.first)
	return ok && slices.Contains(v.added, id)
}

// FromLengthPrefixed takes a picture with length prefixes of prefixSize bytes, as MP4 and FLV
// carry it and [PictureBuffer] makes it. The payload is a slice of body unless something between
// two units that stay is left out, a message waited for the picture, or lengths have another
// size; so body must not be written to afterwards.
func (v *Video) FromLengthPrefixed(body []byte, prefixSize int) (AccessUnit, error) {
	nalus, err := splitLengthPrefixed(v.split[:0], body, prefixSize)
	if err != nil {
		return AccessUnit{}, err
	}
	v.split = nalus
	waited := len(v.prefix)
	au, kept := v.examine(nalus)
	switch {
	case prefixSize != lengthSize:
	case waited == 0 && len(kept) == len(nalus):
		au.Payload = body[:len(body):len(body)]
	default:
		au.Payload = stretch(body, nalus, kept)
	}
	if au.Payload == nil {
		au.Payload = joinLengthPrefixed(kept)
	}
	return au, nil
}

// stretch is the part of body, which holds nalus behind their lengths, that holds those kept;
// nil if they don't lie behind one another, or one lies elsewhere.
func stretch(body []byte, nalus, kept [][]byte) []byte {
	begin := 0
	for len(nalus) > 0 && len(kept) > 0 && !same(nalus[0], kept[0]) {
		begin += lengthSize + len(nalus[0])
		nalus = nalus[1:]
	}
	if len(kept) == 0 || !slices.EqualFunc(nalus[:min(len(kept), len(nalus))], kept, same) {
		return nil
	}
	end := begin + joinedSize(kept)
	return body[begin:end:end]
}

// same reports whether two units are the same bytes in memory.
func same(a, b []byte) bool { return len(a) > 0 && len(a) == len(b) && &a[0] == &b[0] }

// FromNALUnits takes a picture as its NAL units, which are copied.
func (v *Video) FromNALUnits(nalus [][]byte) (AccessUnit, error) {
	if len(nalus) > maxNALUnits {
		return AccessUnit{}, fmt.Errorf("%w: %d NAL units", ErrAccessUnit, len(nalus))
	}
	au, kept := v.examine(nalus)
	au.Payload = joinLengthPrefixed(kept)
	return au, nil
}

// splitLengthPrefixed appends the NAL units of body to nalus.
func splitLengthPrefixed(nalus [][]byte, body []byte, prefixSize int) ([][]byte, error) {
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
	if len(nalus) == 0 {
		return nil
	}
	out := make([]byte, 0, joinedSize(nalus))
	for _, n := range nalus {
		out = binary.BigEndian.AppendUint32(out, uint32(len(n)))
		out = append(out, n...)
	}
	return out
}

// joinedSize is the size of units behind their lengths.
func joinedSize(nalus [][]byte) (size int) {
	for _, n := range nalus {
		size += lengthSize + len(n)
	}
	return size
}

// examine sorts out parameter sets, delimiters and padding, none of which belong
// into an avc1/hvc1 sample (ISO/IEC 14496-15 §5.3.2), and keeps the rest, in v.kept, behind
// the messages that came before the picture.
func (v *Video) examine(nalus [][]byte) (au AccessUnit, kept [][]byte) {
	kept = v.kept[:0]
	for _, n := range v.prefix {
		v.message(&au, n)
		kept = append(kept, n)
	}
	waited := len(kept)
	for _, n := range nalus {
		if len(n) == 0 {
			continue
		}
		switch role := role(v.Codec, n[0]); role {
		case roleVPS, roleSPS, rolePPS:
			v.parameters(&au, setKind(role-roleVPS), n)
		case roleDrop:
		case roleSEI:
			v.message(&au, n)
			kept = append(kept, n)
		case roleSuffix:
			if au.first != nil {
				kept = append(kept, n)
			}
		case roleOther:
			kept = append(kept, n)
		case roleSlice, roleKey:
			au.KeyFrame = au.KeyFrame || role == roleKey
			v.slice(&au, n)
			kept = append(kept, n)
		}
	}
	v.kept = kept
	if au.first == nil {
		v.holdMessages(kept[waited:])
		return au, nil
	}
	v.prefix = nil
	au.RecoveryPoint = au.recovery == 1 && !au.inter && v.Codec == media.H264
	if au.KeyFrame && !au.Continues && len(v.Params.SPS) > 1 {
		v.activate(&au)
	}
	return au, kept
}

// activate puts the SPS first that a key frame uses.
func (v *Video) activate(au *AccessUnit) {
	before := v.Params
	if !v.Params.activate(v.Codec, au.first) {
		return
	}
	if au.Params == ParamsSame {
		v.before = before
	}
	au.Params = ParamsChanged
}

// holdMessages keeps messages that came without a picture for the next one.
func (v *Video) holdMessages(messages [][]byte) {
	held := 0
	for _, n := range v.prefix {
		held += len(n)
	}
	for _, n := range messages {
		if held += len(n); len(v.prefix) == maxPrefixUnits || held > maxPrefixBytes {
			return
		}
		v.prefix = append(v.prefix, bytes.Clone(n))
	}
}

func (v *Video) parameters(au *AccessUnit, kind setKind, set []byte) {
	before := v.Params
	change, err := v.Params.putSet(v.Codec, kind, set)
	if change != ParamsSame && au.Params == ParamsSame {
		v.before = before
	}
	au.BadParams = au.BadParams || err != nil
	au.Params = max(au.Params, change)
	if change == ParamsAdded && kind == kindPPS {
		if id, _ := setID(v.Codec, kind, set); !slices.Contains(v.added, id) {
			v.added = append(v.added, id)
		}
	}
}

func (v *Video) message(au *AccessUnit, n []byte) {
	if au.sei == nil || bytes.Contains(n, keyIntOption) {
		au.sei = n
	}
	au.Captions |= seiCaptions(n[min(len(n), headerSize(v.Codec)):])
	if frames, ok := recoveryFrames(v.Codec, n); ok {
		au.recovery = frames + 1
	}
}

func (v *Video) slice(au *AccessUnit, n []byte) {
	if au.first == nil {
		au.first, au.Continues = n, !beginsPicture(v.Codec, n)
		au.Bidirectional = v.SliceTypes && bidirectional(v.Codec, n)
	}
	if au.recovery > 0 {
		au.inter = au.inter || !intraSlice(v.Codec, n)
	}
}

// beginsPicture reports whether a slice is the first of its picture: first_mb_in_slice, a
// ue(v), is 0 (ITU-T H.264 §7.3.3; the order of slices is free in the Baseline profile
// only, where no encoder makes use of that), or first_slice_segment_in_pic_flag is set
// (H.265 §7.3.6.1). Both are the first bit behind the header.
func beginsPicture(codec media.Codec, nalu []byte) bool {
	if codec == media.H264 {
		switch h264.NALUType(nalu[0] & 0x1f) {
		case h264.NALUTypeDataPartitionB, h264.NALUTypeDataPartitionC:
			return false
		}
	}
	header := headerSize(codec)
	return len(nalu) <= header || nalu[header]&0x80 != 0
}

type nalRole uint8

const (
	roleSlice nalRole = iota
	roleKey
	roleSEI
	roleSuffix // an SEI message behind the slices
	roleVPS    // the parameter sets, in the order of setKind
	roleSPS
	rolePPS
	roleOther // neither slice nor message: extensions, reserved types
	roleDrop
)

func role(codec media.Codec, header byte) nalRole {
	if codec == media.HEVC {
		return hevcRole(header >> 1 & 0x3f)
	}
	switch h264.NALUType(header & 0x1f) {
	case h264.NALUTypeNonIDR, h264.NALUTypeDataPartitionA, h264.NALUTypeDataPartitionB, h264.NALUTypeDataPartitionC:
		return roleSlice
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
	return roleOther
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
	case t <= hevcLastVCL:
		return roleSlice
	case t == hevcVPS:
		return roleVPS
	case t == hevcSPS:
		return roleSPS
	case t == hevcPPS:
		return rolePPS
	case t == hevcPrefixSEI:
		return roleSEI
	case t == hevcSuffixSEI:
		return roleSuffix
	case t >= hevcAUD && t <= hevcFiller:
		return roleDrop
	}
	return roleOther
}
