package cmaf

import (
	"fmt"
	"math/bits"
	"strings"

	"github.com/globalfandom/lightstick/media"
)

// CodecString names a track's codec for the CODECS attribute (RFC 6381, ISO/IEC
// 14496-15 Annex E), from its real parameter sets.
func CodecString(t media.Track) string {
	switch t.Codec {
	case media.H264:
		// Profile, constraint flags and level are the SPS's bytes 1 to 3.
		if len(t.SPS) < 4 {
			return "avc1"
		}
		return fmt.Sprintf("avc1.%02x%02x%02x", t.SPS[1], t.SPS[2], t.SPS[3])
	case media.HEVC:
		return hevcCodecString(t.SPS)
	case media.AAC:
		return fmt.Sprintf("mp4a.40.%d", audioObjectType(t.AudioConfig))
	case media.Opus:
		return "opus"
	}
	return ""
}

// audioObjectType reads the first field of an AudioSpecificConfig: five bits, or
// eleven when they are all set.
func audioObjectType(config []byte) int {
	if len(config) == 0 {
		return 2
	}
	object := int(config[0] >> 3)
	if object == 31 && len(config) > 1 {
		object = 32 + int(config[0]&7)<<3 + int(config[1]>>5)
	}
	return object
}

// hevcCodecString reads general_profile_tier_level, which begins two bytes of NAL
// header and one byte of IDs into the SPS (ITU-T H.265 §7.3.2.2, §7.3.3).
func hevcCodecString(sps []byte) string {
	const tierLevel = 3
	if len(sps) < tierLevel+12 {
		return "hvc1"
	}
	// No emulation prevention byte can stand before the level but inside the
	// constraint bytes, where three zeros in a row are usual: take it out.
	p := unescape(sps[tierLevel:min(len(sps), tierLevel+20)])
	if len(p) < 12 {
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

func unescape(b []byte) []byte {
	out := make([]byte, 0, len(b))
	zeros := 0
	for _, c := range b {
		if zeros >= 2 && c == 3 {
			zeros = 0
			continue
		}
		if c == 0 {
			zeros++
		} else {
			zeros = 0
		}
		out = append(out, c)
	}
	return out
}
