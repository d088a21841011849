package bitstream

import "github.com/globalfandom/lightstick/media"

// Layers by the number that a frame header has for them (ISO/IEC 11172-3 §2.4.2.3).
const (
	layerIII = 1
	layerII  = 2
	layerI   = 3
)

// Bit rates in kbit/s by index, of MPEG-1 by layer, and of MPEG-2 and 2.5 (ISO/IEC
// 11172-3 §2.4.2.3, 13818-3 §2.4.2.3).
var (
	mpegRates = [4][15]int{
		layerI:   {0, 32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448},
		layerII:  {0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384},
		layerIII: {0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320},
	}
	mpegLowRates = [4][15]int{
		layerI:   {0, 32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256},
		layerII:  {0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160},
		layerIII: {0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160},
	}
)

// Versions by the number that a frame header has for them.
const (
	mpeg25 = 0
	mpeg2  = 2
	mpeg1  = 3
)

var mpegSampleRates = [3]int{44100, 48000, 32000}

// parseMPEGAudio reads the header of an MPEG audio frame (ISO/IEC 11172-3 §2.4.1.3) of
// any layer.
func parseMPEGAudio(b []byte) (syncFrame, error) {
	if len(b) < 4 {
		return syncFrame{}, errMoreAudio
	}
	version, layer := b[1]>>3&3, b[1]>>1&3
	rateIndex, sampleIndex := b[2]>>4, b[2]>>2&3
	if b[0] != 0xff || b[1]&0xe0 != 0xe0 || version == 1 || layer == 0 ||
		rateIndex == 0 || rateIndex == 15 || sampleIndex == 3 || version == mpeg25 && layer != layerIII {
		return syncFrame{}, errNoSync
	}
	// Each step down in version halves the sample rate.
	f := syncFrame{channels: 2, rate: mpegSampleRates[sampleIndex], layer: layer}
	bitrate := 1000 * mpegLowRates[layer][rateIndex]
	switch version {
	case mpeg1:
		bitrate = 1000 * mpegRates[layer][rateIndex]
	case mpeg2:
		f.rate /= 2
	case mpeg25:
		f.rate /= 4
	}
	if b[3]>>6 == 3 {
		f.channels = 1
	}
	padding := int(b[2] >> 1 & 1)
	switch {
	case layer == layerI:
		const slot = 4 // bytes
		f.samples = 384
		f.size = (f.samples/8/slot*bitrate/f.rate + padding) * slot
		return f, nil
	case layer == layerIII && version != mpeg1:
		f.samples = 576
	default:
		f.samples = 1152
	}
	f.size = f.samples/8*bitrate/f.rate + padding
	return f, nil
}

func mpegAudioTrack(unit []syncFrame) media.Track {
	f := unit[0]
	codec := media.MP2
	if f.layer == layerIII {
		codec = media.MP3
	}
	return media.Track{
		Codec: codec, Timescale: media.Timescale(f.rate), Channels: f.channels, FrameSamples: media.Ticks(f.samples),
	}
}
