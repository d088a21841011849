package bitstream

import "github.com/globalfandom/lightstick/media"

// setKind is a kind of parameter set, in the order in which decoders want them.
type setKind uint8

const (
	kindVPS setKind = iota
	kindSPS
	kindPPS
)

// maxSets is how many sets of a kind a decoder configuration record can list: the counts
// of avcC have 5 and 8 bits (ISO/IEC 14496-15 §5.3.3.1). IDs are fewer in HEVC.
func maxSets(kind setKind) int {
	if kind == kindPPS {
		return 255
	}
	return 31
}

// Bounds of the IDs (ITU-T H.264 §7.4.2.1.1, §7.4.2.2; H.265 §7.4.3.2.1, §7.4.3.3.1).
const (
	avcMaxSPS, avcMaxPPS   = 31, 255
	hevcMaxSPS, hevcMaxPPS = 15, 63
)

// setID reads the ID of a parameter set, a NAL unit with its header.
func setID(codec media.Codec, kind setKind, nalu []byte) (id int, ok bool) {
	switch {
	case kind == kindPPS:
		id, _, ok = ppsIDs(codec, nalu)
		return id, ok
	case kind == kindVPS:
		const header = 2
		if len(nalu) <= header {
			return 0, false
		}
		return int(nalu[header] >> 4), true // vps_video_parameter_set_id
	case codec == media.HEVC:
		return hevcSPSID(nalu)
	}
	var plain [16]byte
	r := headReader(plain[:], codec, nalu)
	r.skip(24) // profile_idc, the constraint flags, level_idc
	n := r.uvlc()
	return int(n), !r.short && n <= avcMaxSPS
}

// hevcSPSID reads past profile_tier_level (ITU-T H.265 §7.3.2.2.1, §7.3.3).
func hevcSPSID(nalu []byte) (id int, ok bool) {
	const general, subLayerProfile, subLayerLevel, mostSubLayers = 96, 88, 8, 8
	var plain [112]byte
	r := headReader(plain[:], media.HEVC, nalu)
	r.skip(4) // sps_video_parameter_set_id
	subLayers := int(r.bits(3))
	r.skip(1 + general)
	present := r.pos
	if subLayers > 0 {
		r.skip(2 * mostSubLayers)
	}
	for i := range subLayers {
		flags := bitReader{b: r.b, pos: present + 2*i}
		if flags.flag() {
			r.skip(subLayerProfile)
		}
		if flags.flag() {
			r.skip(subLayerLevel)
		}
	}
	n := r.uvlc()
	return int(n), !r.short && n <= hevcMaxSPS
}

// ppsIDs reads the ID of a PPS and of the SPS that it refers to.
func ppsIDs(codec media.Codec, nalu []byte) (pps, sps int, ok bool) {
	var plain [16]byte
	r := headReader(plain[:], codec, nalu)
	p, s := r.uvlc(), r.uvlc()
	most := [2]uint32{avcMaxPPS, avcMaxSPS}
	if codec == media.HEVC {
		most = [2]uint32{hevcMaxPPS, hevcMaxSPS}
	}
	return int(p), int(s), !r.short && p <= most[0] && s <= most[1]
}

// slicePPS reads the ID of the PPS that a slice, the first of its picture, refers to
// (ITU-T H.264 §7.3.3, H.265 §7.3.6.1).
func slicePPS(codec media.Codec, nalu []byte) (id int, ok bool) {
	var plain [16]byte
	r := headReader(plain[:], codec, nalu)
	most := uint32(avcMaxPPS)
	if codec == media.HEVC {
		most = hevcMaxPPS
		r.skip(1) // first_slice_segment_in_pic_flag
		if t := nalu[0] >> 1 & 0x3f; t >= hevcIRAPFirst && t <= hevcIRAPReserved {
			r.skip(1) // no_output_of_prior_pics_flag
		}
	} else {
		r.uvlc() // first_mb_in_slice
		r.uvlc() // slice_type
	}
	n := r.uvlc()
	return int(n), !r.short && n <= most
}

// headReader reads the beginning of a NAL unit behind its header, as much as there is room
// for in plain once the emulation prevention bytes are taken out.
func headReader(plain []byte, codec media.Codec, nalu []byte) bitReader {
	return bitReader{b: plain[:unescape(plain, nalu[min(headerSize(codec), len(nalu)):])]}
}
