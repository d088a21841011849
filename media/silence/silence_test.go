package silence

import (
	"encoding/hex"
	"fmt"
	"testing"

	"github.com/bluenviron/mediacommon/v2/pkg/codecs/mpeg4audio"
	codec "github.com/bluenviron/mediacommon/v2/pkg/codecs/opus"

	"github.com/globalfandom/lightstick/media"
	"github.com/globalfandom/lightstick/media/bitstream"
)

// The elements of an access unit of AAC, by channel configuration; end-to-end tests decode
// them.
func TestAAC(t *testing.T) {
	tests := []struct {
		name, config, want string
	}{
		{"mono", "1188", "00000007"},
		{"stereo", "1190", "21000000001c"},
		{"stereo of 960 samples", "1194", "21000000001c"},
		{"HE-AAC", "2b118800", "21000000001c"},
		{"HE-AAC v2, whose core is mono", "eb098800", "00000007"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			config, err := hex.DecodeString(tt.config)
			if err != nil {
				t.Fatal(err)
			}
			track, err := bitstream.AACTrack(config)
			if err != nil {
				t.Fatal(err)
			}
			u, ok := For(track)
			if got := hex.EncodeToString(u.Payload); !ok || got != tt.want || u.Duration != track.FrameSamples {
				t.Errorf("got %s of %d samples, want %s", got, u.Duration, tt.want)
			}
		})
	}
}

func TestOpus(t *testing.T) {
	tests := map[int]string{1: "f8fffe", 2: "fcfffe", 3: "fc02fffef8fffe", 6: "fc02fffefc02fffef802fffef8fffe"}
	for channels, want := range tests {
		track, err := bitstream.OpusTrack(channels)
		if err != nil {
			t.Fatal(err)
		}
		u, ok := For(track)
		if got := hex.EncodeToString(u.Payload); !ok || got != want || int64(u.Duration) != codec.PacketDuration2(u.Payload) {
			t.Errorf("%d channels: %s of %d samples, want %s", channels, got, u.Duration, want)
		}
	}
	if u, ok := For(media.Track{Codec: media.Opus, Timescale: 48000}); !ok || hex.EncodeToString(u.Payload) != "fcfffe" {
		t.Errorf("of an unknown encoder: %x", u.Payload)
	}
}

// Frames that describe themselves describe the track that they were made for.
func TestFramesDescribeTheirTrack(t *testing.T) {
	tracks := map[string]media.Track{}
	for rate, samples := range map[media.Timescale]media.Ticks{
		48000: 1152, 44100: 1152, 32000: 1152, 24000: 576, 22050: 576, 16000: 576, 12000: 576, 11025: 576, 8000: 576,
	} {
		for channels := 1; channels <= 2; channels++ {
			tracks[fmt.Sprintf("MP3 %d %d", rate, channels)] = media.Track{
				Codec: media.MP3, Timescale: rate, Channels: channels, FrameSamples: samples,
			}
		}
	}
	for fscod, rate := range []media.Timescale{48000, 44100, 32000} {
		for mode := range 16 {
			acmod, lfe := mode>>1, mode&1
			channels := acmodChannels[acmod] + lfe
			dac3 := uint32(fscod)<<22 | 8<<17 | uint32(mode)<<10 // 32 kbit/s
			tracks[fmt.Sprintf("AC-3 %d %d", rate, mode)] = media.Track{
				Codec: media.AC3, Timescale: rate, Channels: channels, FrameSamples: 1536,
				AudioConfig: []byte{byte(dac3 >> 16), byte(dac3 >> 8), byte(dac3)},
			}
			tracks[fmt.Sprintf("E-AC-3 %d %d", rate, mode)] = media.Track{
				Codec: media.EAC3, Timescale: rate, Channels: channels, FrameSamples: 1536,
				AudioConfig: []byte{0, 0, byte(fscod<<6 | 16<<1), byte(mode), 0},
			}
		}
	}
	for name, want := range tracks {
		u, ok := For(want)
		if !ok {
			t.Errorf("%s: nothing", name)
			continue
		}
		framer, err := bitstream.NewAudioFramer(want.Codec)
		if err != nil {
			t.Fatal(err)
		}
		units := framer.Push(append(u.Payload[:len(u.Payload):len(u.Payload)], u.Payload...))
		if len(units) != 2 || units[0].Track == nil {
			t.Errorf("%s: %d units", name, len(units))
			continue
		}
		got := *units[0].Track
		if want.Codec == media.EAC3 {
			got.AudioConfig[0], got.AudioConfig[1] = 0, 0 // the data rate
		}
		if !got.SameInit(want) || got.FrameSamples != want.FrameSamples || u.Duration != want.FrameSamples {
			t.Errorf("%s: %+v, want %+v", name, got, want)
		}
		if want.Codec != media.MP3 && crc16(u.Payload[2:]) != 0 {
			t.Errorf("%s: the check word is wrong", name)
		}
		if words := len(u.Payload) / 2; want.Codec == media.AC3 && crc16(u.Payload[2:2*(words>>1+words>>3)]) != 0 {
			t.Errorf("%s: the first check word is wrong", name)
		}
	}
}

func TestWhatCannotBeMade(t *testing.T) {
	tests := map[string]media.Track{
		"no track":                      {},
		"a picture":                     {Codec: media.H264, Timescale: media.VideoTimescale},
		"AAC without configuration":     {Codec: media.AAC, FrameSamples: 1024},
		"AAC with a program config":     {Codec: media.AAC, FrameSamples: 1024, AudioConfig: []byte{0x11, 0x80}},
		"MP3 of no sampling rate":       {Codec: media.MP3, FrameSamples: 1152, Timescale: 44000},
		"AC-3 without dac3":             {Codec: media.AC3, FrameSamples: 1536, Timescale: 48000},
		"AC-3 of another sampling rate": {Codec: media.AC3, FrameSamples: 1536, Timescale: 1, AudioConfig: []byte{0x10, 0x3d, 0x80}},
		"AC-3 of a reserved rate":       {Codec: media.AC3, FrameSamples: 1536, Timescale: 48000, AudioConfig: []byte{0x10, 0x3f, 0xe0}},
		"E-AC-3 without dec3":           {Codec: media.EAC3, FrameSamples: 1536, Timescale: 48000},
		"E-AC-3 of 7.1": {
			Codec: media.EAC3, FrameSamples: 1536, Timescale: 48000, AudioConfig: []byte{0, 0, 0x20, 0x0f, 0x02, 0x00},
		},
	}
	for name, track := range tests {
		if u, ok := For(track); ok {
			t.Errorf("%s: %x", name, u.Payload)
		}
	}
}

func TestTrackOfNoSound(t *testing.T) {
	var config mpeg4audio.AudioSpecificConfig
	track := Track()
	if err := config.Unmarshal(track.AudioConfig); err != nil || config.SampleRate != 48000 || config.ChannelConfig != 2 {
		t.Errorf("%+v, %v", config, err)
	}
	if _, ok := For(track); !ok {
		t.Error("it has no unit")
	}
}
