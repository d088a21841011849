package media

import (
	"bytes"
	"slices"
	"time"
)

// Kind says whether a track is seen or heard.
type Kind uint8

// The two kinds of track. A publication has at most one of each.
const (
	Video Kind = iota
	Audio
)

func (k Kind) String() string {
	if k == Video {
		return "video"
	}
	return "audio"
}

// Codec is a codec that publishers send.
type Codec uint8

// The codecs, by their usual names.
const (
	H264 Codec = iota + 1
	HEVC
	AAC
	Opus
	AV1
	AC3
	EAC3
	MP3  // MPEG-1 and MPEG-2 audio, Layer III
	MP2  // MPEG-1 and MPEG-2 audio, Layers I and II
	PCMA // G.711 A-law
	PCMU // G.711 mu-law
	G722
	PCM // linear, 16 bits
)

var codecNames = map[Codec]string{
	H264: "H.264", HEVC: "HEVC", AV1: "AV1", AAC: "AAC", Opus: "Opus", AC3: "AC-3", EAC3: "E-AC-3", MP3: "MP3",
	MP2: "MP2", PCMA: "G.711 A-law", PCMU: "G.711 mu-law", G722: "G.722", PCM: "linear PCM",
}

func (c Codec) String() string { return codecNames[c] }

// Kind is the kind of track that the codec makes.
func (c Codec) Kind() Kind {
	switch c {
	case H264, HEVC, AV1:
		return Video
	}
	return Audio
}

// Playable reports whether players of HLS can decode the codec. The packager takes these
// only; sound in the others has to be converted first.
func (c Codec) Playable() bool {
	switch c {
	case H264, HEVC, AV1, AAC, Opus, AC3, EAC3, MP3:
		return true
	}
	return false
}

// Track describes one elementary stream. Its zero value is no track. A Track is
// immutable: a change of parameters is a new Track.
type Track struct {
	Codec     Codec
	Timescale Timescale // of the samples' DTS: 90 kHz for video, the sample rate for audio
	// BitrateBPS is what the encoder says it keeps to, in bit/s; 0 is unknown.
	BitrateBPS int

	// Video only. The parameter sets are NAL units without start code or length, all that
	// the pictures may refer to, each ID once; the first SPS is the one that they use. AV1
	// has a sequence header OBU instead, with its size field.
	VPS, SPS, PPS  [][]byte
	SequenceHeader []byte
	Width, Height  int // pixels, after cropping
	PixelAspect    PixelAspect
	Color          Color
	Captions       Captions      // that have been seen in the pictures so far
	KeyInterval    time.Duration // longest keyframe interval the encoder declares; 0 is unknown
	FrameDuration  time.Duration // of one frame, as the bitstream declares it; 0 is unknown

	// Audio only.
	// AudioConfig is AAC's AudioSpecificConfig (ISO/IEC 14496-3 §1.6.2.1). Of the others
	// it is the body of the box that describes them in MP4: dac3 and dec3 (ETSI TS 102
	// 366 §F.4, §F.6), dOps (nil: stereo from an unknown encoder); MP3 and codecs that
	// aren't playable have none.
	AudioConfig  []byte
	Channels     int
	FrameSamples Ticks // samples per access unit, at Timescale; 0 if it varies (Opus, G.711, G.722, PCM)
}

// Kind is the kind of the track.
func (t Track) Kind() Kind { return t.Codec.Kind() }

// SameInit reports whether a player can go on with the initialization section of
// t when the track becomes u.
func (t Track) SameInit(u Track) bool {
	return t.Codec == u.Codec && t.Timescale == u.Timescale && t.Channels == u.Channels &&
		slices.EqualFunc(t.VPS, u.VPS, bytes.Equal) && slices.EqualFunc(t.SPS, u.SPS, bytes.Equal) &&
		slices.EqualFunc(t.PPS, u.PPS, bytes.Equal) &&
		bytes.Equal(t.SequenceHeader, u.SequenceHeader) && bytes.Equal(t.AudioConfig, u.AudioConfig)
}

// Sample is one coded video frame or audio access unit.
//
// Whoever makes a sample gives its payload away: nobody writes to these bytes again, and whoever
// has the sample may keep them and share them. They may be a slice of a larger block, such as an
// RTMP message or several pictures: what is kept for longer than the samples beside it is copied.
type Sample struct {
	DTS               Ticks // decode time, in the track's timescale
	CompositionOffset Ticks // presentation time minus DTS
	Duration          Ticks // filled in by the packager for video, by ingest for audio
	KeyFrame          bool  // decodable without earlier samples; always true for audio
	Payload           []byte
}

// PTS is the presentation time in the track's timescale.
func (s Sample) PTS() Ticks { return s.DTS + s.CompositionOffset }
