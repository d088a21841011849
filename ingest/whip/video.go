package whip

import (
	"github.com/bluenviron/gortsplib/v4/pkg/format/rtpav1"
	"github.com/pion/rtp"

	"github.com/globalfandom/lightstick/ingest/rtpvideo"
	"github.com/globalfandom/lightstick/media"
)

// videoTrack gathers the packets of a track, in order, to pictures. A picture of which
// packets are lost is left out, and all that follow until a keyframe: they refer to it.
type videoTrack struct {
	codec    media.Codec
	pictures *rtpvideo.Depacketizer // of H.264 and HEVC
	units    *rtpav1.Decoder        // of AV1
	broken   bool                   // waits for the beginning of a keyframe
}

func newVideoTrack(codec media.Codec) (*videoTrack, error) {
	v := &videoTrack{codec: codec, broken: true}
	return v, v.reset()
}

// reset forgets the picture that has begun.
func (v *videoTrack) reset() error {
	if v.codec == media.AV1 {
		v.units = &rtpav1.Decoder{}
		return v.units.Init()
	}
	v.pictures = &rtpvideo.Depacketizer{Codec: v.codec}
	return nil
}

// lost says that packets are missing before the next one.
func (v *videoTrack) lost() error {
	v.broken = true
	return v.reset()
}

// decodable takes a packet into account. It reports whether pictures can be decoded from it
// on, and whether it begins a keyframe.
func (v *videoTrack) decodable(p *rtp.Packet) (ok, key bool) {
	key = beginsKeyframe(v.codec, p.Payload)
	v.broken = v.broken && !key
	return !v.broken, key
}

// beginsKeyframe reports whether a payload is the first of a picture that decoders can begin
// at. Publishers send the parameter sets before each (RFC 7742 §6.2, RFC 9725 has no other
// place for them than the offer).
func beginsKeyframe(codec media.Codec, payload []byte) bool {
	switch codec {
	case media.H264:
		return h264KeyframeBegins(payload)
	case media.HEVC:
		return hevcKeyframeBegins(payload)
	}
	const first = 0x08 // N: the first packet of a coded video sequence (AV1 RTP §4.4)
	return len(payload) > 1 && payload[0]&first != 0
}

// Types of H.264's NAL units and packets (ITU-T H.264 Table 7-1, RFC 6184 §5.2).
const (
	h264IDR   = 5
	h264SPS   = 7
	h264STAPA = 24
	h264FUA   = 28
)

func h264KeyframeBegins(b []byte) bool {
	const fuHeader, stapHeader = 2, 3
	if len(b) < 2 {
		return false
	}
	kind, slice := b[0]&0x1f, b[1:]
	switch kind {
	case h264STAPA: // the length of the first unit is of two bytes
		if len(b) <= stapHeader {
			return false
		}
		kind, slice = b[stapHeader]&0x1f, b[stapHeader+1:]
	case h264FUA:
		start := b[1]&0x80 != 0
		if !start {
			return false
		}
		kind, slice = b[1]&0x1f, b[fuHeader:]
	}
	return kind == h264SPS || kind == h264IDR && firstSlice(slice)
}

// firstSlice reports whether a slice is its picture's first: first_mb_in_slice is 0, which is
// a single bit (ITU-T H.264 §7.3.3, §9.1), and likewise first_slice_segment_in_pic_flag is set
// (ITU-T H.265 §7.3.6.1).
func firstSlice(b []byte) bool { return len(b) > 0 && b[0]&0x80 != 0 }

// Types of HEVC's NAL units and packets (ITU-T H.265 Table 7-1, RFC 7798 §4.4).
const (
	hevcBLA = 16 // the first of the random access points
	hevcCRA = 21 // the last
	hevcVPS = 32
	hevcPPS = 34
	hevcAP  = 48
	hevcFU  = 49
)

func hevcKeyframeBegins(b []byte) bool {
	const header, fuHeader, apHeader = 2, 3, 4
	if len(b) <= header {
		return false
	}
	kind, slice := b[0]>>1&0x3f, b[header:]
	switch kind {
	case hevcAP: // the length of the first unit is of two bytes
		if len(b) <= apHeader+header {
			return false
		}
		kind, slice = b[apHeader]>>1&0x3f, b[apHeader+header:]
	case hevcFU:
		start := b[header]&0x80 != 0
		if !start {
			return false
		}
		kind, slice = b[header]&0x3f, b[fuHeader:]
	}
	return kind >= hevcVPS && kind <= hevcPPS || kind >= hevcBLA && kind <= hevcCRA && firstSlice(slice)
}
