package rtmp

import (
	"fmt"

	"github.com/globalfandom/lightstick/ingest"
	"github.com/globalfandom/lightstick/media"
)

// videoTag is the body of a video message: an FLV tag (FLV 10.1 §E.4.3) or an
// Enhanced RTMP one (E-RTMP v1, "Enhanced Video").
type videoTag struct {
	codec             media.Codec
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

const useVideo = "set the encoder to H.264 (or HEVC)"

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

// Enhanced RTMP packet types.
const (
	enhancedSequenceStart = 0
	enhancedFrames        = 1
	enhancedFramesX       = 3 // no composition time: it is 0
)

func parseEnhancedVideoTag(b []byte) (videoTag, error) {
	if len(b) < 5 {
		return videoTag{}, fmt.Errorf("%w: video tag of %d bytes", ErrChunk, len(b))
	}
	packet, fourCC, body := b[0]&0x0f, string(b[1:5]), b[5:]
	tag := videoTag{body: body}
	switch fourCC {
	case "avc1":
		tag.codec = media.H264
	case "hvc1":
		tag.codec = media.HEVC
	default:
		return videoTag{}, fmt.Errorf("%w: video codec %q; %s", ingest.ErrUnsupported, fourCC, useVideo)
	}
	switch packet {
	case enhancedSequenceStart:
		tag.packet = packetSequenceStart
	case enhancedFramesX:
		tag.packet = packetFrames
	case enhancedFrames:
		if len(body) < 3 {
			return videoTag{}, fmt.Errorf("%w: video tag of %d bytes", ErrChunk, len(b))
		}
		tag.packet, tag.compositionOffset, tag.body = packetFrames, int24(body), body[3:]
	}
	return tag, nil
}

// int24 reads a signed 24-bit number.
func int24(b []byte) int32 { return int32(uint24(b)<<8) >> 8 }

// audioTag is the body of an audio message (FLV 10.1 §E.4.2, E-RTMP "Enhanced Audio").
type audioTag struct {
	codec  media.Codec
	packet packetKind
	body   []byte
}

var flvAudioNames = map[byte]string{
	0: "linear PCM", 1: "ADPCM", 2: "MP3", 3: "linear PCM", 4: "Nellymoser", 5: "Nellymoser", 6: "Nellymoser",
	7: "G.711 A-law", 8: "G.711 mu-law", 11: "Speex", 14: "MP3 at 8 kHz",
}

const (
	flvAAC      = 10
	flvEnhanced = 9
	useAudio    = "set the encoder to AAC (or Opus)"
)

func parseAudioTag(b []byte) (audioTag, error) {
	if len(b) == 0 {
		return audioTag{}, nil
	}
	switch format := b[0] >> 4; format {
	case flvEnhanced:
		return parseEnhancedAudioTag(b)
	case flvAAC:
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

func parseEnhancedAudioTag(b []byte) (audioTag, error) {
	if len(b) < 5 {
		return audioTag{}, fmt.Errorf("%w: audio tag of %d bytes", ErrChunk, len(b))
	}
	tag := audioTag{body: b[5:]}
	switch fourCC := string(b[1:5]); fourCC {
	case "mp4a":
		tag.codec = media.AAC
	case "Opus":
		tag.codec = media.Opus
	default:
		return audioTag{}, fmt.Errorf("%w: audio codec %q; %s", ingest.ErrUnsupported, fourCC, useAudio)
	}
	switch b[0] & 0x0f {
	case enhancedSequenceStart:
		tag.packet = packetSequenceStart
	case enhancedFrames:
		tag.packet = packetFrames
	}
	return tag, nil
}
