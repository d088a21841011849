package sound

import (
	"strconv"

	"github.com/globalfandom/lightstick/media"
	"github.com/globalfandom/lightstick/media/bitstream"
	"github.com/globalfandom/lightstick/transcode/internal/child"
)

// format is how a source's samples are described to FFmpeg: by the fields of Microsoft's
// WAVEFORMATEX.
type format struct {
	tag        uint16
	sampleBits uint16 // 0: frames, not samples
}

var formats = map[media.Codec]format{
	media.PCM:  {tag: 0x0001, sampleBits: 16},
	media.PCMA: {tag: 0x0006, sampleBits: 8},
	media.PCMU: {tag: 0x0007, sampleBits: 8},
	media.MP2:  {tag: 0x0050},
	media.G722: {tag: 0x028f, sampleBits: 4},
}

const (
	// frameSamples are those of an AAC frame.
	frameSamples = 1024
	// priming is what FFmpeg's AAC encoder puts before the first sample.
	priming = 1024
	// bitrate is that of a channel, in bit/s: transparent for what comes from lossy codecs.
	bitrate = 64_000
)

// Target describes the AAC that a source is made. Rates other than 44.1 kHz become 48 kHz:
// at the source's 8 kHz a frame would last 128 ms, and so would the delay.
func Target(source media.Track) media.Track {
	const (
		index48000, index44100 = 3, 4 // ISO/IEC 14496-3 Table 1.18
		objectLC               = bitstream.ObjectLC
	)
	rate, index := media.Timescale(48_000), byte(index48000)
	if source.Timescale == 44_100 {
		rate, index = 44_100, index44100
	}
	channels := min(source.Channels, 2)
	return media.Track{
		Codec: media.AAC, Timescale: rate, Channels: channels, FrameSamples: frameSamples, BitrateBPS: channels * bitrate,
		AudioConfig: []byte{objectLC<<3 | index>>1, index<<7 | byte(channels)<<3},
	}
}

// arguments are FFmpeg's. It must not wait: neither to learn more of the input, nor for a
// full buffer of the output.
func arguments(target media.Track) []string {
	return []string{
		"-hide_banner", "-nostdin", "-loglevel", "error",
		"-probesize", "32", "-analyzeduration", "0",
		"-f", "matroska", "-i", "pipe:" + strconv.Itoa(child.FirstInput),
		"-c:a", "aac", "-b:a", strconv.Itoa(target.BitrateBPS),
		"-ar", strconv.Itoa(int(target.Timescale)), "-ac", strconv.Itoa(target.Channels),
		"-flush_packets", "1", "-f", "adts", "pipe:1",
	}
}
