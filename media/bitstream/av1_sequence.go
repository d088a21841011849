package bitstream

import (
	"fmt"
	"time"

	"github.com/globalfandom/lightstick/media"
)

// AV1Sequence is what a sequence header says (AV1 §5.5).
type AV1Sequence struct {
	Profile, Level       uint8 // seq_profile, seq_level_idx of the first operating point
	HighTier             bool
	Width, Height        int
	BitDepth             int
	Monochrome           bool
	SubsamplingX         bool
	SubsamplingY         bool
	ChromaSamplePosition uint8
	Color                media.Color   // undeclared if there is no colour description
	FrameDuration        time.Duration // 0: not declared, or not constant
	reducedHeader        bool          // reduced_still_picture_header
}

// ParseAV1Sequence reads a sequence header OBU, with or without its size field.
func ParseAV1Sequence(b []byte) (AV1Sequence, error) {
	o, _, err := nextOBU(b)
	if err != nil {
		return AV1Sequence{}, fmt.Errorf("%w: %w", ErrParameters, err)
	}
	if o.kind != obuSequenceHeader {
		return AV1Sequence{}, fmt.Errorf("%w: OBU type %d is no sequence header", ErrParameters, o.kind)
	}
	r := &bitReader{b: o.payload}
	s := AV1Sequence{Profile: uint8(r.bits(3))}
	r.skip(1) // still_picture
	s.reducedHeader = r.flag()
	if s.reducedHeader {
		s.Level = uint8(r.bits(5))
	} else {
		s.operatingPoints(r)
	}
	s.frameSize(r)
	s.tools(r)
	s.colorConfig(r)
	if r.short || s.Profile > 2 {
		return AV1Sequence{}, fmt.Errorf("%w: AV1 sequence header is broken", ErrParameters)
	}
	return s, nil
}

// operatingPoints reads timing, decoder model and operating points; of those, the
// first counts.
func (s *AV1Sequence) operatingPoints(r *bitReader) {
	delayBits := 0 // of the decoder model; 0: there is none
	if r.flag() {  // timing_info_present_flag
		s.timing(r)
		if r.flag() { // decoder_model_info_present_flag
			delayBits = int(r.bits(5)) + 1
			r.skip(32 + 5 + 5)
		}
	}
	displayDelay := r.flag()
	for i := range int(r.bits(5)) + 1 {
		r.skip(12) // operating_point_idc
		level, tier := uint8(r.bits(5)), false
		if level > 7 {
			tier = r.flag()
		}
		if i == 0 {
			s.Level, s.HighTier = level, tier
		}
		if delayBits > 0 && r.flag() {
			r.skip(2*delayBits + 1)
		}
		if displayDelay && r.flag() {
			r.skip(4)
		}
	}
}

func (s *AV1Sequence) timing(r *bitReader) {
	units, scale := uint64(r.bits(32)), uint64(r.bits(32))
	if !r.flag() { // equal_picture_interval
		return
	}
	units *= uint64(r.uvlc()) + 1
	if scale > 0 && units > 0 && units/scale < 10 {
		s.FrameDuration = time.Duration(float64(time.Second) * float64(units) / float64(scale))
	}
}

func (s *AV1Sequence) frameSize(r *bitReader) {
	widthBits, heightBits := int(r.bits(4))+1, int(r.bits(4))+1
	s.Width, s.Height = int(r.bits(widthBits))+1, int(r.bits(heightBits))+1
	if !s.reducedHeader && r.flag() { // frame_id_numbers_present_flag
		r.skip(4 + 3)
	}
}

// tools skips the switches of coding tools up to color_config.
func (s *AV1Sequence) tools(r *bitReader) {
	r.skip(3) // use_128x128_superblock, enable_filter_intra, enable_intra_edge_filter
	if !s.reducedHeader {
		r.skip(4) // interintra_compound, masked_compound, warped_motion, dual_filter
		orderHint := r.flag()
		if orderHint {
			r.skip(2) // jnt_comp, ref_frame_mvs
		}
		// seq_force_screen_content_tools is 2, "select", when it may be chosen per frame.
		if choose := r.flag(); choose || r.flag() {
			if !r.flag() { // seq_choose_integer_mv
				r.skip(1)
			}
		}
		if orderHint {
			r.skip(3) // order_hint_bits_minus_1
		}
	}
	r.skip(3) // enable_superres, enable_cdef, enable_restoration
}

// colorConfig reads color_config (AV1 §5.5.2).
func (s *AV1Sequence) colorConfig(r *bitReader) {
	s.BitDepth = 8
	if r.flag() {
		s.BitDepth = 10
		if s.Profile == 2 && r.flag() {
			s.BitDepth = 12
		}
	}
	s.Monochrome = s.Profile != 1 && r.flag()
	if r.flag() { // color_description_present_flag
		s.Color = media.Color{Primaries: uint8(r.bits(8)), Transfer: uint8(r.bits(8)), Matrix: uint8(r.bits(8))}
	}
	switch srgb := (media.Color{Primaries: 1, Transfer: 13}); {
	case s.Monochrome:
		s.Color.FullRange = r.flag() && s.Color.Primaries > 0
		s.SubsamplingX, s.SubsamplingY = true, true
		return
	case s.Color == srgb:
		s.Color.FullRange = true
		return
	}
	s.Color.FullRange = r.flag() && s.Color.Primaries > 0
	switch {
	case s.Profile == 0:
		s.SubsamplingX, s.SubsamplingY = true, true
	case s.Profile == 2 && s.BitDepth == 12:
		s.SubsamplingX = r.flag()
		s.SubsamplingY = s.SubsamplingX && r.flag()
	case s.Profile == 2:
		s.SubsamplingX = true
	}
	if s.SubsamplingX && s.SubsamplingY {
		s.ChromaSamplePosition = uint8(r.bits(2))
	}
}
