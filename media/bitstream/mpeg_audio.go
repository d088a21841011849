package bitstream

import (
	"fmt"

	"github.com/globalfandom/lightstick/media"
)

// Bit rates in kbit/s of Layer III by index, of MPEG-1 and of MPEG-2 and 2.5
// (ISO/IEC 11172-3 §2.4.2.3, 13818-3 §2.4.2.3).
var (
	mp3Rates    = [15]int{0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320}
	mp3LowRates = [15]int{0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160}
)

var mpegSampleRates = [3]int{44100, 48000, 32000}

// parseMPEGAudio reads the header of an MPEG audio frame (ISO/IEC 11172-3 §2.4.1.3).
// The error for Layers I and II, which HLS doesn't carry in MP4, wraps ErrParameters.
func parseMPEGAudio(b []byte) (syncFrame, error) {
	if len(b) < 4 {
		return syncFrame{}, errMoreAudio
	}
	version, layer := b[1]>>3&3, b[1]>>1&3
	rateIndex, sampleIndex := b[2]>>4, b[2]>>2&3
	if b[0] != 0xff || b[1]&0xe0 != 0xe0 || version == 1 || layer == 0 ||
		rateIndex == 0 || rateIndex == 15 || sampleIndex == 3 {
		return syncFrame{}, errNoSync
	}
	const layerIII = 1
	if layer != layerIII {
		return syncFrame{}, fmt.Errorf("%w: MPEG audio Layer %s is not for HLS; send Layer III (MP3) or AAC",
			ErrParameters, map[byte]string{2: "II", 3: "I"}[layer])
	}
	// Each step down in version halves the sample rate.
	f := syncFrame{channels: 2, samples: 1152, rate: mpegSampleRates[sampleIndex]}
	bitrate := mp3Rates[rateIndex]
	switch version {
	case 2: // MPEG-2
		f.rate, f.samples, bitrate = f.rate/2, 576, mp3LowRates[rateIndex]
	case 0: // MPEG-2.5
		f.rate, f.samples, bitrate = f.rate/4, 576, mp3LowRates[rateIndex]
	}
	if b[3]>>6 == 3 {
		f.channels = 1
	}
	f.size = f.samples/8*bitrate*1000/f.rate + int(b[2]>>1&1)
	return f, nil
}

func mp3Track(unit []syncFrame) media.Track {
	f := unit[0]
	return media.Track{
		Codec: media.MP3, Timescale: media.Timescale(f.rate), Channels: f.channels, FrameSamples: media.Ticks(f.samples),
	}
}
