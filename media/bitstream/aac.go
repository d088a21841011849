package bitstream

import (
	"bytes"
	"fmt"

	"github.com/globalfandom/lightstick/media"
)

// AAC audio object types (ISO/IEC 14496-3 Table 1.17).
const (
	ObjectLC  = 2
	ObjectSBR = 5  // spectral band replication: HE-AAC
	ObjectPS  = 29 // parametric stereo on top: HE-AAC v2
)

// AACConfig is what an AudioSpecificConfig says (ISO/IEC 14496-3 §1.6.2.1).
type AACConfig struct {
	// ObjectType is ObjectLC, or ObjectSBR or ObjectPS if the configuration says
	// so, in either of its two ways. Implicit SBR shows in the frames only.
	ObjectType int
	SampleRate int // of the core, in Hz
	Channels   int // as heard
	FrameSize  int // samples of the core in an access unit: 1024 or 960
	// Layout is channelConfiguration (§1.6.3.5), which says what elements an access unit
	// has; 0: a program config element does.
	Layout int
}

var aacSampleRates = [...]int{
	96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000, 7350,
}

// ParseAACConfig reads an AudioSpecificConfig of AAC-LC, alone or as the core of
// HE-AAC.
func ParseAACConfig(b []byte) (AACConfig, error) {
	r := &bitReader{b: b}
	object := objectType(r)
	c := AACConfig{ObjectType: object, SampleRate: sampleRate(r)}
	layout := r.bits(4)
	if object == ObjectSBR || object == ObjectPS {
		sampleRate(r) // with SBR
		object = objectType(r)
	}
	if object != ObjectLC {
		return c, fmt.Errorf("%w: AAC object type %d is not AAC-LC or HE-AAC", ErrParameters, object)
	}
	c.FrameSize = 1024
	if r.flag() {
		c.FrameSize = 960
	}
	if r.flag() { // dependsOnCoreCoder
		r.skip(14)
	}
	r.skip(1) // extensionFlag, 0 for these object types
	switch {
	case r.short:
		return c, fmt.Errorf("%w: AAC configuration is cut short", ErrParameters)
	case c.SampleRate < 7350 || c.SampleRate > 96000:
		return c, fmt.Errorf("%w: AAC sample rate %d", ErrParameters, c.SampleRate)
	case layout > 7:
		return c, fmt.Errorf("%w: AAC channel configuration %d", ErrParameters, layout)
	}
	c.setChannels(layout)
	if c.ObjectType == ObjectLC && layout != 0 {
		c.backwardCompatible(r)
	}
	if c.ObjectType == ObjectPS {
		c.Channels = 2 // made from the core's one
	}
	return c, nil
}

func (c *AACConfig) setChannels(layout uint32) {
	c.Layout = int(layout)
	switch c.Channels = c.Layout; layout {
	case 0:
		// A program config element says; players read it from there.
		c.Channels = 2
	case 7:
		c.Channels = 8
	}
}

// backwardCompatible reads the extensions that old decoders overlook, at the end.
func (c *AACConfig) backwardCompatible(r *bitReader) {
	const syncSBR, syncPS = 0x2b7, 0x548
	if r.left() < 16 || r.bits(11) != syncSBR || objectType(r) != ObjectSBR || !r.flag() {
		return
	}
	sampleRate(r)
	if r.short {
		return
	}
	c.ObjectType = ObjectSBR
	if r.left() >= 12 && r.bits(11) == syncPS && r.flag() {
		c.ObjectType = ObjectPS
	}
}

func objectType(r *bitReader) int {
	if object := r.bits(5); object != 31 {
		return int(object)
	}
	return 32 + int(r.bits(6))
}

func sampleRate(r *bitReader) int {
	const explicit = 15
	switch index := int(r.bits(4)); {
	case index == explicit:
		return int(r.bits(24))
	case index < len(aacSampleRates):
		return aacSampleRates[index]
	}
	return 0
}

// AACTrack describes the audio of an AudioSpecificConfig. Its time counts samples of
// the core: 1,024 of them last as long as HE-AAC's 2,048 at twice the rate, and hold
// also when SBR is implicit.
func AACTrack(config []byte) (media.Track, error) {
	c, err := ParseAACConfig(config)
	if err != nil {
		return media.Track{}, err
	}
	return media.Track{
		Codec: media.AAC, Timescale: media.Timescale(c.SampleRate), AudioConfig: bytes.Clone(config),
		Channels: c.Channels, FrameSamples: media.Ticks(c.FrameSize),
	}, nil
}
