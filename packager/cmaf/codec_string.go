package cmaf

import (
	"fmt"
	"math/bits"
	"strings"

	"github.com/globalfandom/lightstick/media"
	"github.com/globalfandom/lightstick/media/bitstream"
)

// CodecString names a track's codec for the CODECS attribute (RFC 6381, ISO/IEC
// 14496-15 Annex E), from its real parameter sets.
func CodecString(t media.Track) string {
	switch t.Codec {
	case media.H264:
		// Profile, constraint flags and level are the SPS's bytes 1 to 3.
		if len(t.SPS) == 0 || len(t.SPS[0]) < 4 {
			return "avc1"
		}
		sps := t.SPS[0]
		return fmt.Sprintf("avc1.%02x%02x%02x", sps[1], sps[2], sps[3])
	case media.HEVC:
		if len(t.SPS) == 0 {
			return "hvc1"
		}
		return hevcCodecString(t.SPS[0])
	case media.AV1:
		return av1CodecString(t.SequenceHeader)
	case media.AAC:
		return fmt.Sprintf("mp4a.40.%d", audioObjectType(t.AudioConfig))
	case media.MP3:
		return "mp4a.40.34" // as Apple's HLS authoring specification has it; by RFC 6381 also mp4a.6B
	case media.Opus:
		return "opus"
	case media.AC3:
		return "ac-3"
	case media.EAC3:
		return "ec-3"
	// What follows isn't packaged, but reported as what a publisher sends.
	case media.MP2:
		return "mp4a.40.33"
	case media.PCMA:
		return "alaw"
	case media.PCMU:
		return "ulaw"
	case media.PCM:
		return "sowt" // QuickTime's name for little-endian samples of 16 bits
	case media.G722:
		return "g722" // has no registered name
	}
	return ""
}

func audioObjectType(config []byte) int {
	c, err := bitstream.ParseAACConfig(config)
	if err != nil {
		return bitstream.ObjectLC
	}
	return c.ObjectType
}

// hevcCodecString follows ISO/IEC 14496-15 §E.3.
func hevcCodecString(sps []byte) string {
	p := profileTierLevel(sps)
	if p == nil {
		return "hvc1"
	}
	var s strings.Builder
	s.WriteString("hvc1.")
	if space := p[0] >> 6; space > 0 {
		s.WriteByte('A' + space - 1)
	}
	compatibility := uint32(p[1])<<24 | uint32(p[2])<<16 | uint32(p[3])<<8 | uint32(p[4])
	tier := 'L'
	if p[0]&0x20 != 0 {
		tier = 'H'
	}
	fmt.Fprintf(&s, "%d.%X.%c%d", p[0]&0x1f, bits.Reverse32(compatibility), tier, p[11])
	constraints := p[5:11]
	for len(constraints) > 0 && constraints[len(constraints)-1] == 0 {
		constraints = constraints[:len(constraints)-1]
	}
	for _, c := range constraints {
		fmt.Fprintf(&s, ".%X", c)
	}
	return s.String()
}

// av1CodecString follows AV1-ISOBMFF §5. What comes after the bit depth is left out
// when it is what players assume: 4:2:0, BT.709, limited range.
func av1CodecString(sequence []byte) string {
	s, err := bitstream.ParseAV1Sequence(sequence)
	if err != nil {
		return "av01"
	}
	tier := 'M'
	if s.HighTier {
		tier = 'H'
	}
	name := fmt.Sprintf("av01.%d.%02d%c.%02d", s.Profile, s.Level, tier, s.BitDepth)
	color := s.Color
	if color == (media.Color{}) {
		color = media.Color{Primaries: 1, Transfer: 1, Matrix: 1}
	}
	format := fmt.Sprintf(".%d.%d%d%d.%02d.%02d.%02d.%d", digit(s.Monochrome), digit(s.SubsamplingX), digit(s.SubsamplingY),
		s.ChromaSamplePosition, color.Primaries, color.Transfer, color.Matrix, digit(color.FullRange))
	if format == ".0.110.01.01.01.0" || s.Color == (media.Color{}) && s.Profile == 0 && !s.Monochrome {
		return name
	}
	return name + format
}

func digit(set bool) int {
	if set {
		return 1
	}
	return 0
}
