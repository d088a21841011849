package bitstream

import (
	"bytes"
	"encoding/hex"
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/globalfandom/lightstick/internal/bitfields"
	"github.com/globalfandom/lightstick/media"
)

func TestFramerOnRealStreams(t *testing.T) {
	tests := []struct {
		file     string
		codec    media.Codec
		rate     media.Timescale
		channels int
		samples  media.Ticks
		config   string
	}{
		// dac3: 48 kHz, bsid 8, main service, 3/2 with LFE, 256 kbit/s.
		{"audio/51.ac3", media.AC3, 48000, 6, 1536, "103d80"},
		// dec3: 96 kbit/s, one substream: 48 kHz, bsid 16, 2/0.
		{"audio/stereo.eac3", media.EAC3, 48000, 2, 1536, "0300200400"},
		{"audio/44100.mp3", media.MP3, 44100, 2, 1152, ""},
		{"audio/22050.mp3", media.MP3, 22050, 1, 576, ""},
		{"audio/layer2.mp2", media.MP2, 48000, 2, 1152, ""},
	}
	for _, tt := range tests {
		t.Run(tt.file, func(t *testing.T) {
			stream := testdata(t, tt.file)
			for _, step := range []int{len(stream), 1000, 184, 1} {
				track, units := frames(t, tt.codec, stream, step)
				if track.Codec != tt.codec || track.Timescale != tt.rate || track.Channels != tt.channels ||
					track.FrameSamples != tt.samples || hex.EncodeToString(track.AudioConfig) != tt.config {
					t.Errorf("%+v, config %x", track, track.AudioConfig)
				}
				if joined := bytes.Join(units, nil); !bytes.Equal(joined, stream[:len(joined)]) || len(stream)-len(joined) > 1000 {
					t.Errorf("in steps of %d: %d units of %d bytes, of %d", step, len(units), len(joined), len(stream))
				}
			}
		})
	}
}

// frames pushes a stream in steps; the track must be told once.
func frames(t *testing.T, codec media.Codec, stream []byte, step int) (track media.Track, units [][]byte) {
	t.Helper()
	f, err := NewAudioFramer(codec)
	if err != nil {
		t.Fatal(err)
	}
	told := 0
	for len(stream) > 0 {
		n := min(step, len(stream))
		for _, u := range f.Push(stream[:n]) {
			units = append(units, u.Payload)
			if u.Track != nil {
				track = *u.Track
				told++
			}
		}
		stream = stream[n:]
	}
	if told != 1 {
		t.Errorf("the track is announced %d times", told)
	}
	return track, units
}

func TestFramerFindsBackAfterLoss(t *testing.T) {
	for file, codec := range map[string]media.Codec{"audio/51.ac3": media.AC3, "audio/44100.mp3": media.MP3, "audio/layer2.mp2": media.MP2, "audio/stereo.eac3": media.EAC3} {
		stream := testdata(t, file)
		_, whole := frames(t, codec, stream, len(stream))
		cut := append(bytes.Clone(stream[:len(whole[0])+100]), stream[len(whole[0])+200:]...)
		_, units := frames(t, codec, cut, 184)
		if len(units) < len(whole)-2 || !bytes.Equal(units[len(units)-1], whole[len(whole)-1]) {
			t.Errorf("%s: %d units of %d", file, len(units), len(whole))
		}
	}
}

func TestFramerSaysWhatIsCarried(t *testing.T) {
	stream := testdata(t, "audio/51.ac3")
	f, err := NewAudioFramer(media.AC3)
	if err != nil {
		t.Fatal(err)
	}
	first := f.Push(stream[:1500]) // a frame of 1,024 and a half
	if len(first) != 1 || first[0].Carried {
		t.Fatalf("%+v", first)
	}
	second := f.Push(stream[1500:3072])
	if len(second) != 2 || !second[0].Carried || second[1].Carried {
		t.Errorf("%d units", len(second))
	}
}

// Sizes and rates of MPEG audio frames, by ISO/IEC 11172-3 §2.4.3.1 and 13818-3 §2.4.2.3.
func TestMPEGAudioHeaders(t *testing.T) {
	tests := []struct {
		name, header string
		size         int // 0: no frame
		want         media.Track
	}{
		{"Layer I", "ffffc400", 384, media.Track{Codec: media.MP2, Timescale: 48000, Channels: 2, FrameSamples: 384}},
		{"Layer I, padded", "ffff6200", 212, media.Track{Codec: media.MP2, Timescale: 44100, Channels: 2, FrameSamples: 384}},
		{"Layer I of MPEG-2", "fff744c0", 128, media.Track{Codec: media.MP2, Timescale: 24000, Channels: 1, FrameSamples: 384}},
		{"Layer II", "fffde400", 1152, media.Track{Codec: media.MP2, Timescale: 48000, Channels: 2, FrameSamples: 1152}},
		{"Layer II, mono", "fffd18c0", 144, media.Track{Codec: media.MP2, Timescale: 32000, Channels: 1, FrameSamples: 1152}},
		{"Layer II of MPEG-2, padded", "fff58200", 418, media.Track{Codec: media.MP2, Timescale: 22050, Channels: 2, FrameSamples: 1152}},
		{"Layer III", "fffb9000", 417, media.Track{Codec: media.MP3, Timescale: 44100, Channels: 2, FrameSamples: 1152}},
		{"Layer III of MPEG-2.5", "ffe318c0", 72, media.Track{Codec: media.MP3, Timescale: 8000, Channels: 1, FrameSamples: 576}},
		{"Layer II of MPEG-2.5", "ffe518c0", 0, media.Track{}},
		{"no layer", "fff918c0", 0, media.Track{}},
		{"free format", "fffb0000", 0, media.Track{}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			header, err := hex.DecodeString(tt.header)
			if err != nil {
				t.Fatal(err)
			}
			frame, err := parseMPEGAudio(header)
			if tt.size == 0 {
				if err == nil {
					t.Errorf("got %+v", frame)
				}
				return
			}
			if got := mpegAudioTrack([]syncFrame{frame}); err != nil || frame.size != tt.size || !reflect.DeepEqual(got, tt.want) {
				t.Errorf("%d bytes, %+v, %v; want %d bytes, %+v", frame.size, got, err, tt.size, tt.want)
			}
		})
	}
}

// eac3Frame writes a frame header of 64 bytes in all.
func eac3Frame(kind, substream, blocks, chanmap uint32) []byte {
	w := &bitfields.BitWriter{}
	w.Put(0x0b77, 16).Put(kind, 2).Put(substream, 3).Put(31, 11).Put(0, 2).Put(blocks, 2).Put(7, 3).Put(1, 1).Put(16, 5)
	w.Put(0, 5).Put(0, 1)
	if kind == 1 {
		w.Put(1, 1).Put(chanmap, 16)
	}
	return append(w.Bytes, make([]byte, 64-len(w.Bytes))...)
}

func TestEAC3UnitsHaveAllTheirSubstreams(t *testing.T) {
	const independent, dependent, sixBlocks, twoBlocks = 0, 1, 3, 1
	back := uint32(1) << (15 - 6) // Lrs and Rrs
	tests := []struct {
		name     string
		frames   [][]byte
		sizes    []int
		channels int
		config   string
	}{
		{"7.1", [][]byte{
			eac3Frame(independent, 0, sixBlocks, 0), eac3Frame(dependent, 0, sixBlocks, back),
			eac3Frame(independent, 0, sixBlocks, 0), eac3Frame(dependent, 0, sixBlocks, back),
		}, []int{128, 128}, 8, "0100200f0202"},
		{"a second program is left out", [][]byte{
			eac3Frame(independent, 0, sixBlocks, 0), eac3Frame(independent, 1, sixBlocks, 0), eac3Frame(dependent, 0, sixBlocks, back),
			eac3Frame(independent, 0, sixBlocks, 0),
		}, []int{64, 64}, 6, "0080200f00"},
		{"frames of two blocks", [][]byte{
			eac3Frame(independent, 0, twoBlocks, 0), eac3Frame(independent, 0, twoBlocks, 0), eac3Frame(independent, 0, twoBlocks, 0),
		}, []int{192}, 6, "0180200f00"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			track, units := frames(t, media.EAC3, bytes.Join(tt.frames, nil), 1<<16)
			var sizes []int
			for _, u := range units {
				sizes = append(sizes, len(u))
			}
			if len(sizes) != len(tt.sizes) || sizes[0] != tt.sizes[0] || track.Channels != tt.channels ||
				hex.EncodeToString(track.AudioConfig) != tt.config {
				t.Errorf("units %v, %d channels, config %x", sizes, track.Channels, track.AudioConfig)
			}
		})
	}
}

// However the stream is cut, the substreams of a unit stay together.
func TestEAC3UnitsAreNotTornApart(t *testing.T) {
	unit := append(eac3Frame(0, 0, 3, 0), eac3Frame(1, 0, 3, 1<<(15-6))...)
	f, err := NewAudioFramer(media.EAC3)
	if err != nil {
		t.Fatal(err)
	}
	announced := 0
	for _, part := range [][]byte{append(bytes.Clone(unit), unit[:64]...), append(bytes.Clone(unit[64:]), unit[:80]...), unit[80:], unit} {
		units := f.Push(part)
		if len(units) == 0 {
			t.Fatal("no unit")
		}
		for _, u := range units {
			if u.Track != nil {
				announced++
			}
			if !bytes.Equal(u.Payload, unit) {
				t.Errorf("a unit of %d bytes", len(u.Payload))
			}
		}
	}
	if announced != 1 {
		t.Errorf("announced %d times", announced)
	}
}

func TestAACConfig(t *testing.T) {
	tests := []struct {
		name, config string
		want         AACConfig
		fails        bool
	}{
		{"AAC-LC", "1190", AACConfig{ObjectLC, 48000, 2, 1024, 2}, false},
		{"AAC-LC with a short frame", "1194", AACConfig{ObjectLC, 48000, 2, 960, 2}, false},
		{"HE-AAC, explicit", "2b118800", AACConfig{ObjectSBR, 24000, 2, 1024, 2}, false},
		{"HE-AAC v2, explicit", "eb098800", AACConfig{ObjectPS, 24000, 2, 1024, 1}, false},
		{"HE-AAC, backward compatible", "131056e598", AACConfig{ObjectSBR, 24000, 2, 1024, 2}, false},
		{"HE-AAC v2, backward compatible", "130856e59d4880", AACConfig{ObjectPS, 24000, 2, 1024, 1}, false},
		{"SBR denied", "131056e500", AACConfig{ObjectLC, 24000, 2, 1024, 2}, false},
		{"implicit SBR can't be seen", "1310", AACConfig{ObjectLC, 24000, 2, 1024, 2}, false},
		{"sample rate in full", "17805dc010", AACConfig{ObjectLC, 48000, 2, 1024, 2}, false},
		{"AAC Main", "0990", AACConfig{}, true},
		{"USAC", "f9 46", AACConfig{}, true},
		{"cut short", "13", AACConfig{}, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b, err := hex.DecodeString(strings.ReplaceAll(tt.config, " ", ""))
			if err != nil {
				t.Fatal(err)
			}
			got, err := ParseAACConfig(b)
			switch {
			case tt.fails && !errors.Is(err, ErrParameters):
				t.Error(err)
			case !tt.fails && (err != nil || got != tt.want):
				t.Errorf("got %+v, %v; want %+v", got, err, tt.want)
			}
		})
	}
}

func TestOpusHead(t *testing.T) {
	head := func(channels, family byte, table ...byte) []byte {
		return append([]byte{'O', 'p', 'u', 's', 'H', 'e', 'a', 'd', 1, channels, 0x58, 0x01, 0x80, 0xbb, 0, 0, 0, 0, family}, table...)
	}
	tests := []struct {
		name, config string
		head         []byte
	}{
		{"stereo", "000201580000bb80000000", head(2, 0)},
		{"5.1", "000601580000bb80000001040200040102" + "0305", head(6, 1, 4, 2, 0, 4, 1, 2, 3, 5)},
		{"three channels without mapping", "", head(3, 0)},
		{"mapping cut short", "", head(6, 1, 4, 2, 0)},
		{"no channels", "", head(0, 0)},
		{"too short", "", head(2, 0)[:18]},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			track, err := OpusHeadTrack(tt.head)
			if hex.EncodeToString(track.AudioConfig) != tt.config || (err == nil) != (tt.config != "") {
				t.Errorf("%x, %v", track.AudioConfig, err)
			}
		})
	}
	for channels := 1; channels <= 8; channels++ {
		track, err := OpusTrack(channels)
		want := 11
		if channels > 2 {
			want += 2 + channels
		}
		if err != nil || len(track.AudioConfig) != want {
			t.Errorf("%d channels: %x, %v", channels, track.AudioConfig, err)
		}
	}
}

func FuzzAudio(f *testing.F) {
	for _, name := range []string{"51.ac3", "stereo.eac3", "44100.mp3", "22050.mp3", "layer2.mp2"} {
		f.Add(testdata(f, "audio/"+name)[:2000])
	}
	f.Add(eac3Frame(1, 0, 3, 1))
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, codec := range []media.Codec{media.AC3, media.EAC3, media.MP3} {
			framer, err := NewAudioFramer(codec)
			if err != nil {
				t.Fatal(err)
			}
			for _, part := range [][]byte{b[:len(b)/2], b[len(b)/2:], b} {
				units := framer.Push(part)
				if len(units) > 0 && framer.known.Timescale == 0 {
					t.Error("units of an unknown track")
				}
				if len(framer.rest)+len(framer.unit) > 64<<10 {
					t.Errorf("%d bytes are held", len(framer.rest)+len(framer.unit))
				}
			}
		}
		_, _ = AACTrack(b)
		_, _ = OpusHeadTrack(b)
	})
}
