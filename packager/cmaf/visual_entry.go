package cmaf

import (
	"errors"
	"fmt"

	"github.com/bluenviron/mediacommon/v2/pkg/codecs/h264"
	"github.com/bluenviron/mediacommon/v2/pkg/codecs/h265"

	"github.com/globalfandom/lightstick/media"
	"github.com/globalfandom/lightstick/media/bitstream"
)

// visualEntry writes a VisualSampleEntry (ISO/IEC 14496-12 §12.1.3): the decoder's
// configuration, and shape and colour of the pixels if they are known.
func visualEntry(t media.Track) ([]byte, error) {
	var kind string
	var config []byte
	var err error
	switch t.Codec {
	case media.H264:
		kind = "avc1"
		config, err = avcC(t)
	case media.HEVC:
		kind = "hvc1"
		config, err = hvcC(t)
	case media.AV1:
		kind = "av01"
		config, err = av1C(t.SequenceHeader)
	}
	if err != nil {
		return nil, err
	}
	const dpi72, depth = 0x480000, 24
	return box(kind,
		zeros(6), u16(1), zeros(16), // data reference 1
		u16(uint16(t.Width), uint16(t.Height)), u32(dpi72, dpi72, 0), u16(1), // one frame a sample
		zeros(32), u16(depth, 0xffff),
		config, colr(t.Color), pasp(t.PixelAspect)), nil
}

// colr is the ColourInformationBox with H.273 code points (ISO/IEC 14496-12 §12.1.5);
// nothing if the stream doesn't declare them.
func colr(c media.Color) []byte {
	if c == (media.Color{}) {
		return nil
	}
	fullRange := byte(0)
	if c.FullRange {
		fullRange = 0x80
	}
	return box("colr", []byte("nclx"), u16(uint16(c.Primaries), uint16(c.Transfer), uint16(c.Matrix)), []byte{fullRange})
}

// pasp is the PixelAspectRatioBox (ISO/IEC 14496-12 §12.1.4); nothing for square
// pixels.
func pasp(a media.PixelAspect) []byte {
	if a.Square() {
		return nil
	}
	return box("pasp", u32(uint32(a.Width), uint32(a.Height)))
}

var errParameterSets = errors.New("parameter sets are missing")

// avcC is the AVCConfigurationBox (ISO/IEC 14496-15 §5.3.3.1).
func avcC(t media.Track) ([]byte, error) {
	config, err := AVCDecoderConfig(t)
	if err != nil {
		return nil, err
	}
	return box("avcC", config), nil
}

// Bounds of the counts in an AVCDecoderConfigurationRecord: 5 and 8 bits.
const maxAVCSPS, maxAVCPPS = 1<<5 - 1, 1<<8 - 1

// AVCDecoderConfig is the AVCDecoderConfigurationRecord of a track, with lengths of four
// bytes before NAL units (ISO/IEC 14496-15 §5.3.3.1). FLV has the same.
func AVCDecoderConfig(t media.Track) ([]byte, error) {
	if len(t.SPS) == 0 || len(t.SPS[0]) < 4 || len(t.PPS) == 0 || len(t.SPS) > maxAVCSPS || len(t.PPS) > maxAVCPPS {
		return nil, errParameterSets
	}
	const lengthSize4 = 0xff
	first := t.SPS[0]
	record := append([]byte{1}, first[1:4]...)
	record = appendSets(append(record, lengthSize4, 0xe0|byte(len(t.SPS))), t.SPS)
	record = appendSets(append(record, byte(len(t.PPS))), t.PPS)
	switch profile := first[1]; profile {
	case 66, 77, 88: // Baseline, Main and Extended have 4:2:0 in 8 bits
	default:
		var s h264.SPS
		if err := s.Unmarshal(first); err != nil {
			return nil, fmt.Errorf("SPS: %w", err)
		}
		record = append(record,
			0xfc|byte(s.ChromaFormatIdc), 0xf8|byte(s.BitDepthLumaMinus8), 0xf8|byte(s.BitDepthChromaMinus8), 0)
	}
	return record, nil
}

// appendSets appends sets with their lengths.
func appendSets(b []byte, sets [][]byte) []byte {
	for _, set := range sets {
		b = append(append(b, u16(uint16(len(set)))...), set...)
	}
	return b
}

// hvcC is the HEVCConfigurationBox (ISO/IEC 14496-15 §8.3.3.1).
func hvcC(t media.Track) ([]byte, error) {
	if len(t.VPS) == 0 || len(t.SPS) == 0 || len(t.PPS) == 0 {
		return nil, errParameterSets
	}
	var s h265.SPS
	if err := s.Unmarshal(t.SPS[0]); err != nil {
		return nil, fmt.Errorf("SPS: %w", err)
	}
	tierLevel := profileTierLevel(t.SPS[0])
	if tierLevel == nil {
		return nil, errParameterSets
	}
	const lengthSize4 = 3
	layers := (s.MaxSubLayersMinus1+1)<<3 | lengthSize4
	if s.TemporalIDNestingFlag {
		layers |= 1 << 2
	}
	body := [][]byte{
		{1}, tierLevel,
		u16(0xf000), {0xfc}, // segmentation and parallelism: unknown
		{0xfc | byte(s.ChromaFormatIdc), 0xf8 | byte(s.BitDepthLumaMinus8), 0xf8 | byte(s.BitDepthChromaMinus8)},
		u16(0), {layers, 3}, // frame rate: unknown; three arrays
	}
	for _, sets := range [][][]byte{t.VPS, t.SPS, t.PPS} {
		const complete = 0x80 // hvc1 has no parameter sets in its samples
		body = append(body, []byte{complete | sets[0][0]>>1&0x3f}, u16(uint16(len(sets))), appendSets(nil, sets))
	}
	return box("hvcC", body...), nil
}

// profileTierLevel cuts general_profile_tier_level out of an SPS: 12 bytes, which
// begin two bytes of NAL header and one byte of IDs into it (ITU-T H.265 §7.3.2.2,
// §7.3.3). Its zeros are usually split by emulation prevention bytes.
func profileTierLevel(sps []byte) []byte {
	const start, size = 3, 12
	plain := bitstream.Unescape(sps[:min(len(sps), 2*(start+size))])
	if len(plain) < start+size {
		return nil
	}
	return plain[start : start+size]
}

// av1C is the AV1CodecConfigurationBox (AV1-ISOBMFF §2.3.3).
func av1C(sequence []byte) ([]byte, error) {
	s, err := bitstream.ParseAV1Sequence(sequence)
	if err != nil {
		return nil, err
	}
	var flags byte
	for i, set := range []bool{
		s.HighTier, s.BitDepth > 8, s.BitDepth == 12, s.Monochrome, s.SubsamplingX, s.SubsamplingY,
	} {
		if set {
			flags |= 0x80 >> i
		}
	}
	return box("av1C", []byte{0x81, s.Profile<<5 | s.Level, flags | s.ChromaSamplePosition, 0}, sequence), nil
}
