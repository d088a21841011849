package rtmp

import (
	"fmt"

	"github.com/globalfandom/lightstick/ingest"
	"github.com/globalfandom/lightstick/media"
	"github.com/globalfandom/lightstick/media/bitstream"
)

// videoTag is the body of a video message: an FLV tag (FLV 10.1 §E.4.3) or an
// Enhanced RTMP one (E-RTMP v2, "Enhanced Video").
type videoTag struct {
	codec             media.Codec
	track             byte // of a multitrack publication
	packet            packetKind
	compositionOffset int32 // milliseconds
	body              []byte
}

type packetKind uint8

const (
	packetIgnored packetKind = iota
	packetSequenceStart
	packetFrames
)

// FLV codec IDs (§E.4.3.1) and how people call them, for refusals.
const (
	flvAVC  = 7
	flvHEVC = 12 // not in the specification, but widely used
)

var flvVideoNames = map[byte]string{
	2: "Sorenson H.263", 3: "Screen video", 4: "VP6", 5: "VP6 with alpha", 6: "Screen video 2", 8: "H.263", 9: "MPEG-4 Part 2",
}

const useVideo = "set the encoder to H.264 (or HEVC, AV1)"

func parseVideoTag(b []byte) (videoTag, error) {
	if len(b) == 0 {
		return videoTag{}, nil
	}
	if b[0]&0x80 != 0 {
		return parseEnhancedVideoTag(b)
	}
	frameType, codecID := b[0]>>4, b[0]&0x0f
	if frameType == 5 {
		return videoTag{}, nil // a command frame holds no picture
	}
	tag := videoTag{codec: media.H264}
	switch codecID {
	case flvAVC:
	case flvHEVC:
		tag.codec = media.HEVC
	default:
		name, ok := flvVideoNames[codecID]
		if !ok {
			name = fmt.Sprintf("number %d", codecID)
		}
		return videoTag{}, fmt.Errorf("%w: video codec %s; %s", ingest.ErrUnsupported, name, useVideo)
	}
	if len(b) < 5 {
		return videoTag{}, fmt.Errorf("%w: video tag of %d bytes", ErrChunk, len(b))
	}
	tag.compositionOffset = int24(b[2:])
	tag.body = b[5:]
	switch b[1] {
	case 0:
		tag.packet = packetSequenceStart
	case 1:
		tag.packet = packetFrames
	}
	return tag, nil
}

var videoFourCCs = map[string]media.Codec{"avc1": media.H264, "hvc1": media.HEVC, "av01": media.AV1}

// parseEnhancedVideoTag also gives the track when the error is ErrUnsupported.
func parseEnhancedVideoTag(b []byte) (videoTag, error) {
	const commandFrame = 5
	e, err := parseEnhanced(b[0]&0x0f, enhancedVideoMultitrack, b[1:])
	switch {
	case b[0]>>4&7 == commandFrame:
		return videoTag{}, nil // it holds no picture
	case err != nil:
		return videoTag{}, err
	}
	codec, known := videoFourCCs[e.fourCC]
	tag := videoTag{codec: codec, track: e.track, body: e.body}
	if !known {
		return tag, fmt.Errorf("%w: video codec %q; %s", ingest.ErrUnsupported, e.fourCC, useVideo)
	}
	switch {
	case e.packet == enhancedSequenceStart:
		tag.packet = packetSequenceStart
	case e.packet == enhancedFramesX, e.packet == enhancedFrames && codec == media.AV1:
		tag.packet = packetFrames
	case e.packet == enhancedFrames:
		if len(e.body) < 3 {
			return videoTag{}, fmt.Errorf("%w: video tag of %d bytes", ErrChunk, len(b))
		}
		tag.packet, tag.compositionOffset, tag.body = packetFrames, int24(e.body), e.body[3:]
	}
	return tag, nil
}

// int24 reads a signed 24-bit number.
func int24(b []byte) int32 { return int32(uint24(b)<<8) >> 8 }

// audioTag is the body of an audio message (FLV 10.1 §E.4.2, E-RTMP "Enhanced Audio").
type audioTag struct {
	codec          media.Codec
	track          byte // of a multitrack publication
	packet         packetKind
	rate, channels int // of samples that aren't compressed to frames, else 0
	body           []byte
}

// FLV sound formats (§E.4.2.1), and how people call those that are left out.
const (
	flvPCM      = 0 // in the byte order of the publisher's platform, which is little-endian
	flvMP3      = 2
	flvPCMLE    = 3
	flvPCMA     = 7
	flvPCMU     = 8
	flvEnhanced = 9
	flvAAC      = 10
	flvMP3At8k  = 14
)

var flvAudioNames = map[byte]string{1: "ADPCM", 4: "Nellymoser", 5: "Nellymoser", 6: "Nellymoser", 11: "Speex"}

const useAudio = "set the encoder to AAC (or Opus, MP3, AC-3, E-AC-3)"

// flvRates are the samples a second of linear PCM (§E.4.2.1).
var flvRates = [4]int{5512, 11025, 22050, 44100}

// rawAudioTag reads a tag of samples as they are: linear PCM, or G.711, which has 8,000 a
// second whatever the tag says.
func rawAudioTag(b []byte) audioTag {
	tag := audioTag{packet: packetFrames, channels: int(b[0]&1) + 1, rate: 8000, body: b[1:]}
	const sixteenBits = 0x02
	switch format := b[0] >> 4; {
	case format == flvPCMA:
		tag.codec = media.PCMA
	case format == flvPCMU:
		tag.codec = media.PCMU
	default:
		tag.codec, tag.rate = media.PCM, flvRates[b[0]>>2&3]
		if b[0]&sixteenBits == 0 {
			tag.body = bitstream.PCMFromUnsigned8(tag.body)
		}
	}
	return tag
}

func parseAudioTag(b []byte) (audioTag, error) {
	if len(b) == 0 {
		return audioTag{}, nil
	}
	switch format := b[0] >> 4; format {
	case flvEnhanced:
		return parseEnhancedAudioTag(b)
	case flvAAC:
	case flvPCM, flvPCMLE, flvPCMA, flvPCMU:
		return rawAudioTag(b), nil
	case flvMP3, flvMP3At8k:
		return audioTag{codec: media.MP3, packet: packetFrames, body: b[1:]}, nil
	default:
		name, ok := flvAudioNames[format]
		if !ok {
			name = fmt.Sprintf("number %d", format)
		}
		return audioTag{}, fmt.Errorf("%w: audio codec %s; %s", ingest.ErrUnsupported, name, useAudio)
	}
	if len(b) < 2 {
		return audioTag{}, fmt.Errorf("%w: audio tag of %d bytes", ErrChunk, len(b))
	}
	tag := audioTag{codec: media.AAC, body: b[2:], packet: packetFrames}
	if b[1] == 0 {
		tag.packet = packetSequenceStart
	}
	return tag, nil
}

var audioFourCCs = map[string]media.Codec{
	"mp4a": media.AAC, "Opus": media.Opus, "ac-3": media.AC3, "ec-3": media.EAC3, ".mp3": media.MP3,
}

// parseEnhancedAudioTag also gives the track when the error is ErrUnsupported.
func parseEnhancedAudioTag(b []byte) (audioTag, error) {
	e, err := parseEnhanced(b[0]&0x0f, enhancedAudioMultitrack, b[1:])
	if err != nil {
		return audioTag{}, err
	}
	codec, known := audioFourCCs[e.fourCC]
	tag := audioTag{codec: codec, track: e.track, body: e.body}
	if !known {
		return tag, fmt.Errorf("%w: audio codec %q; %s", ingest.ErrUnsupported, e.fourCC, useAudio)
	}
	switch e.packet {
	case enhancedSequenceStart:
		tag.packet = packetSequenceStart
	case enhancedFrames:
		tag.packet = packetFrames
	}
	return tag, nil
}
