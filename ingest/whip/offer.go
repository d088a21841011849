package whip

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/pion/sdp/v3"
	"github.com/pion/webrtc/v4"

	"github.com/globalfandom/lightstick/ingest"
	"github.com/globalfandom/lightstick/media"
)

// Bounds of an offer beside its size.
const (
	maxMedia   = 8
	maxFormats = 128 // of one medium; Chromium offers 60
)

// offered is the format of an offer that a medium is taken in.
type offered struct {
	sdp.Codec
	kind  webrtc.RTPCodecType
	mime  string
	codec media.Codec
}

// offer is what a publisher wants to send.
type offer struct {
	video, audio *offered // nil: it is not offered, or in no format that is taken
	leftOut      []string // codecs of media that are offered in no format that is taken
}

// parseOffer reads an offer (RFC 9725 §4.2) and chooses the formats: of each medium the first
// in the publisher's order that can be packaged. The answer names that one alone, so the
// publisher sends nothing else. The error wraps ingest.ErrMalformed or errUnprocessable.
func parseOffer(text []byte) (o offer, err error) {
	var d sdp.SessionDescription
	if err := d.Unmarshal(text); err != nil {
		return o, fmt.Errorf("%w: SDP: %w", ingest.ErrMalformed, err)
	}
	if err := checkOffer(&d); err != nil {
		return o, err
	}
	codecs := d.GetCodecMap()
	for _, m := range d.MediaDescriptions {
		chosen, names := choose(m, codecs)
		switch {
		case chosen == nil:
			o.leftOut = append(o.leftOut, names...)
		case chosen.kind == webrtc.RTPCodecTypeVideo:
			o.video = chosen
		default:
			o.audio = chosen
		}
	}
	return o, nil
}

// checkOffer refuses what the answer could not be made of.
func checkOffer(d *sdp.SessionDescription) error {
	if len(d.MediaDescriptions) == 0 {
		return fmt.Errorf("%w: SDP without media", ingest.ErrMalformed)
	}
	if len(d.MediaDescriptions) > maxMedia {
		return fmt.Errorf("%w: more than %d media", errUnprocessable, maxMedia)
	}
	seen := make(map[string]bool)
	for _, m := range d.MediaDescriptions {
		kind := m.MediaName.Media
		switch {
		case kind != "video" && kind != "audio":
			return fmt.Errorf("%w: it has a medium %.20q; offer one of video and one of audio, and no data channel", errUnprocessable, kind)
		case seen[kind]:
			return fmt.Errorf("%w: it has more than one medium of %s; offer one", errUnprocessable, kind)
		case len(m.MediaName.Formats) > maxFormats:
			return fmt.Errorf("%w: more than %d formats of %s", errUnprocessable, maxFormats, kind)
		case simulcast(m):
			return fmt.Errorf("%w: it has several layers (simulcast); send one", errUnprocessable)
		}
		seen[kind] = true
		for _, other := range []string{"recvonly", "inactive"} {
			if _, set := m.Attribute(other); set {
				return fmt.Errorf("%w: %s is %s; a publisher offers sendonly", errUnprocessable, kind, other)
			}
		}
	}
	return nil
}

func simulcast(m *sdp.MediaDescription) bool {
	value, set := m.Attribute("simulcast")
	return set && strings.Contains(value, ";")
}

// choose finds the format that is taken of a medium, or names the codecs that are none.
func choose(m *sdp.MediaDescription, codecs map[uint8]sdp.Codec) (chosen *offered, names []string) {
	for _, format := range m.MediaName.Formats {
		number, err := strconv.ParseUint(format, 10, 8)
		if err != nil {
			continue
		}
		codec, known := codecs[uint8(number)]
		if !known {
			continue
		}
		if o := taken(m.MediaName.Media, codec); o != nil {
			return o, nil
		}
		if name := codec.Name; !repair(name) && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return nil, names
}

// repair reports whether a format carries no media of its own: retransmissions, redundancy,
// error correction, comfort noise, digits.
func repair(name string) bool {
	return slices.Contains([]string{"rtx", "red", "ulpfec", "flexfec-03", "cn", "telephone-event"}, strings.ToLower(name))
}

// taken describes a format that can be packaged, or is nil.
func taken(kind string, c sdp.Codec) *offered {
	video := func(mime string, codec media.Codec) *offered {
		if kind != "video" || c.ClockRate != 90_000 {
			return nil
		}
		return &offered{Codec: c, kind: webrtc.RTPCodecTypeVideo, mime: mime, codec: codec}
	}
	switch strings.ToLower(c.Name) {
	case "h264":
		// Mode 0 has one NAL unit a packet (RFC 6184 §6.2), which bounds their size.
		if parameter(c.Fmtp, "packetization-mode") != "1" {
			return nil
		}
		return video(webrtc.MimeTypeH264, media.H264)
	case "h265":
		return video(webrtc.MimeTypeH265, media.HEVC)
	case "av1":
		return video(webrtc.MimeTypeAV1, media.AV1)
	case "opus":
		if kind == "audio" && c.ClockRate == opusRate {
			return &offered{Codec: c, kind: webrtc.RTPCodecTypeAudio, mime: webrtc.MimeTypeOpus, codec: media.Opus}
		}
	}
	return nil
}

// parameter is one of a fmtp attribute's.
func parameter(fmtp, name string) string {
	for field := range strings.SplitSeq(fmtp, ";") {
		if key, value, _ := strings.Cut(strings.TrimSpace(field), "="); strings.EqualFold(key, name) {
			return value
		}
	}
	return ""
}

// parameters are the format as the answer has it: with the number and the parameters of the
// offer, without retransmissions in a format of their own, which come in the first one then
// (RFC 4585 §6.2.1).
func (o *offered) parameters() webrtc.RTPCodecParameters {
	p := webrtc.RTPCodecParameters{
		PayloadType: webrtc.PayloadType(o.PayloadType),
		RTPCodecCapability: webrtc.RTPCodecCapability{
			MimeType: o.mime, ClockRate: o.ClockRate, SDPFmtpLine: o.Fmtp,
			RTCPFeedback: []webrtc.RTCPFeedback{{Type: "transport-cc"}, {Type: "nack"}},
		},
	}
	if o.kind == webrtc.RTPCodecTypeAudio {
		p.Channels = opusChannels // RFC 7587 §7
		return p
	}
	p.RTCPFeedback = append(p.RTCPFeedback, webrtc.RTCPFeedback{Type: "nack", Parameter: "pli"}, webrtc.RTCPFeedback{Type: "ccm", Parameter: "fir"})
	return p
}

// formats are those that are taken. The error wraps ingest.ErrUnsupported if there are none.
func (o *offer) formats() (all []offered, err error) {
	for _, f := range []*offered{o.video, o.audio} {
		if f != nil {
			all = append(all, *f)
		}
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("%w: codec %s; by WebRTC H.264 (packetization-mode=1), HEVC, AV1 and Opus are taken",
			ingest.ErrUnsupported, strings.Join(o.leftOut, ", "))
	}
	return all, nil
}
