package mpegts

import (
	"github.com/bluenviron/mediacommon/v2/pkg/formats/mpegts/substructs"

	"github.com/globalfandom/lightstick/media"
)

// codec is what an elementary stream carries.
type codec uint8

// The codecs that are told apart. What is not listed, subtitles for example, is
// codecNone.
const (
	codecNone codec = iota
	codecSCTE35
	codecID3

	codecH264
	codecHEVC
	codecADTS
	codecLATM
	codecOpus
	codecAC3
	codecEAC3
	codecMPEGAudio

	codecMPEG1Video
	codecMPEG2Video
	codecMPEG4Video
	codecVC1
	codecVVC
	codecAVS
	codecAV1
	codecPCM
	codecDTS
	codecTrueHD
	codecAC4
	codecMPEGH
)

// codecInfo is what can be done with a codec.
type codecInfo struct {
	name string // as creators know it
	kind media.Kind
	// open makes what takes its PES packets; nil: it can't be packaged.
	open func(*track) pesSink
}

// codecs are those of picture and sound. A stream of one without open is left out.
func (c codec) info() codecInfo {
	switch c {
	case codecH264:
		return codecInfo{"H.264", media.Video, newVideoDecoder(media.H264)}
	case codecHEVC:
		return codecInfo{"HEVC", media.Video, newVideoDecoder(media.HEVC)}
	case codecADTS:
		return codecInfo{"AAC", media.Audio, newADTSDecoder}
	case codecLATM:
		return codecInfo{"AAC in LATM", media.Audio, newLATMDecoder}
	case codecOpus:
		return codecInfo{"Opus", media.Audio, newOpusDecoder}
	case codecAC3:
		return codecInfo{"AC-3", media.Audio, newStreamDecoder(media.AC3)}
	case codecEAC3:
		return codecInfo{"E-AC-3", media.Audio, newStreamDecoder(media.EAC3)}
	case codecMPEGAudio:
		return codecInfo{"MPEG audio", media.Audio, newStreamDecoder(media.MP3)} // or MP2, as its frames say
	}
	if name, ok := unplayableVideo[c]; ok {
		return codecInfo{name: name, kind: media.Video}
	}
	return codecInfo{name: unplayableAudio[c], kind: media.Audio}
}

// What players can't play.
var (
	unplayableVideo = map[codec]string{
		codecMPEG1Video: "MPEG-1 video", codecMPEG2Video: "MPEG-2 video", codecMPEG4Video: "MPEG-4 Part 2 video",
		codecVC1: "VC-1", codecVVC: "VVC", codecAVS: "AVS", codecAV1: "AV1 in MPEG-TS",
	}
	unplayableAudio = map[codec]string{
		codecPCM: "SMPTE 302M PCM", codecDTS: "DTS", codecTrueHD: "Dolby TrueHD", codecAC4: "AC-4", codecMPEGH: "MPEG-H audio",
	}
)

// media reports whether the codec is one of picture or sound.
func (c codec) media() bool { return c > codecID3 }

// playable reports whether the codec can be packaged.
func (c codec) playable() bool { return c.info().open != nil }

// streamTypes are the codecs by stream_type (ISO/IEC 13818-1 Table 2-34; ATSC A/53 Part 3
// §6.2; ANSI/SCTE 35 §8.1; the rest is what FFmpeg takes them for).
var streamTypes = map[byte]codec{
	0x01: codecMPEG1Video, 0x02: codecMPEG2Video, 0x10: codecMPEG4Video, 0x1b: codecH264, 0x24: codecHEVC, 0x33: codecVVC,
	0x42: codecAVS, 0xd2: codecAVS, 0xd4: codecAVS, 0xea: codecVC1,
	0x03: codecMPEGAudio, 0x04: codecMPEGAudio, 0x0f: codecADTS, 0x11: codecLATM, 0x2d: codecMPEGH, 0x2e: codecMPEGH,
	0x81: codecAC3, 0x82: codecDTS, 0x83: codecTrueHD, 0x85: codecDTS, 0x87: codecEAC3, 0x8a: codecDTS,
	streamSCTE35: codecSCTE35,
}

// Stream types that need more than a table.
const (
	streamPrivate  = 0x06
	streamMetadata = 0x15 // in PES packets
	streamSCTE35   = 0x86
)

// registrations are the codecs of private streams by format_identifier.
var registrations = map[string]codec{
	"AC-3": codecAC3, "EAC3": codecEAC3, "Opus": codecOpus, "HEVC": codecHEVC, "AV01": codecAV1, "VC-1": codecVC1,
	"BSSD": codecPCM, "DTS1": codecDTS, "DTS2": codecDTS, "DTS3": codecDTS, "AC-4": codecAC4,
}

// dvbDescriptors mark private streams (ETSI EN 300 468 Table 12).
var dvbDescriptors = []struct {
	tag   byte
	codec codec
}{{0x6a, codecAC3}, {0x7a, codecEAC3}, {0x7b, codecDTS}}

// identify finds the codec by what a program map table says of a stream.
func identify(streamType byte, descriptors []byte) elementaryStream {
	switch {
	case streamType == streamMetadata && announcesID3(descriptors):
		return elementaryStream{codec: codecID3}
	case streamType != streamPrivate:
		return elementaryStream{codec: streamTypes[streamType]}
	}
	es := elementaryStream{codec: registrations[registered(descriptors)]}
	for _, d := range dvbDescriptors {
		if _, ok := descriptor(descriptors, d.tag); ok && es.codec == codecNone {
			es.codec = d.codec
		}
	}
	if es.codec == codecOpus {
		es.channels = opusChannels(descriptors)
	}
	return es
}

// opusChannels reads the Opus audio descriptor (ETSI TS "Opus" §4.3.2); without one it is
// stereo.
func opusChannels(descriptors []byte) int {
	const extension, opus = 0x7f, 0x80
	body, ok := descriptor(descriptors, extension)
	if !ok || len(body) < 2 || body[0] != opus {
		return 2
	}
	var d substructs.OpusAudioDescriptor
	if err := d.Unmarshal(body[1:]); err != nil {
		return 2
	}
	return d.ChannelCount()
}
