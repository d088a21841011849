package cmaf

import (
	"bytes"
	"encoding/hex"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/Eyevinn/mp4ff/mp4"

	"github.com/globalfandom/lightstick/media"
	"github.com/globalfandom/lightstick/media/bitstream"
	"github.com/globalfandom/lightstick/media/bitstream/bitstreamtest"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func must(t testing.TB) func(media.Track, error) media.Track {
	return func(track media.Track, err error) media.Track {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return track
	}
}

// tracks are one of each kind, described by the same code that describes publishers'.
func tracks(t testing.TB) map[string]media.Track {
	ok := must(t)
	tracks := map[string]media.Track{
		"avc": ok(bitstream.VideoTrack(media.H264, bitstream.ParamSets{SPS: avc.SPS, PPS: avc.PPS})),
		"avc_422_hlg": ok(bitstream.VideoTrack(media.H264, bitstream.ParamSets{
			SPS: [][]byte{unhex(t, "677a000cb6cd941419f8dc39a848904a000003000200000300641e28532c")}, PPS: [][]byte{unhex(t, "68ebe3cb22c0")},
		})),
		"hevc_pq": ok(bitstream.VideoTrack(media.HEVC, bitstream.ParamSets{
			VPS: [][]byte{unhex(t, "40010c01ffff02200000030090000003000003003c959809")},
			SPS: [][]byte{unhex(t, "42010102200000030090000003000003003ca00a080b9f6d96566924caf016a122012080000003008000000c84")},
			PPS: [][]byte{unhex(t, "4401c172b46240")},
		})),
		"aac":     ok(bitstream.AACTrack(unhex(t, "1208"))),
		"heaac":   ok(bitstream.AACTrack(unhex(t, "2b118800"))),
		"opus":    {Codec: media.Opus, Timescale: 48000, Channels: 2},
		"opus_51": ok(bitstream.OpusTrack(6)),
	}
	for name, file := range map[string]string{"av1": "svt.obu", "av1_pq": "aom_pq.obu"} {
		tracks[name], _ = av1Samples(t, file)
	}
	for name, a := range audioFiles {
		tracks[name], _ = audioSamples(t, a.codec, a.file)
	}
	return tracks
}

var audioFiles = map[string]struct {
	codec media.Codec
	file  string
}{
	"ac3": {media.AC3, "51.ac3"}, "eac3": {media.EAC3, "stereo.eac3"},
	"mp3": {media.MP3, "44100.mp3"}, "mp3_mpeg2": {media.MP3, "22050.mp3"},
}

func testdata(t testing.TB, path ...string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(append([]string{"../../testdata"}, path...)...))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func av1Samples(t testing.TB, file string) (media.Track, []media.Sample) {
	v := &bitstream.Video{Codec: media.AV1}
	var samples []media.Sample
	for _, unit := range bitstreamtest.TemporalUnits(testdata(t, "av1", file)) {
		au, err := v.FromOBUStream(unit)
		if err != nil {
			t.Fatal(err)
		}
		if len(au.Payload) > 0 {
			samples = append(samples, media.Sample{
				DTS: media.Ticks(3000 * len(samples)), Duration: 3000, KeyFrame: au.KeyFrame, Payload: au.Payload,
			})
		}
	}
	return must(t)(bitstream.VideoTrack(media.AV1, v.Params)), samples
}

func audioSamples(t testing.TB, codec media.Codec, file string) (track media.Track, samples []media.Sample) {
	f, err := bitstream.NewAudioFramer(codec)
	if err != nil {
		t.Fatal(err)
	}
	for _, u := range f.Push(testdata(t, "audio", file)) {
		if u.Track != nil {
			track = *u.Track
		}
		samples = append(samples, media.Sample{
			DTS: track.FrameSamples * media.Ticks(len(samples)), Duration: track.FrameSamples, KeyFrame: true, Payload: u.Payload,
		})
	}
	return track, samples
}

// A second, independent parser reads what we write, and its dump is as it was
// reviewed.
func TestInitIsReadByAnotherParser(t *testing.T) {
	for name, track := range tracks(t) {
		t.Run(name, func(t *testing.T) {
			section, err := Init(track)
			if err != nil {
				t.Fatal(err)
			}
			file, err := mp4.DecodeFile(bytes.NewReader(section))
			if err != nil {
				t.Fatal(err)
			}
			var again, dump bytes.Buffer
			if err := file.Encode(&again); err != nil || !bytes.Equal(again.Bytes(), section) {
				t.Errorf("it would write\n%x, not\n%x (%v)", again.Bytes(), section, err)
			}
			if err := file.Info(&dump, "all:1", "", " "); err != nil {
				t.Fatal(err)
			}
			golden := filepath.Join("testdata", name+".txt")
			if *update {
				if err := os.WriteFile(golden, dump.Bytes(), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil || !bytes.Equal(want, dump.Bytes()) {
				t.Errorf("differs from %s (go test -update shows how): %v\n%s", golden, err, &dump)
			}
		})
	}
}

// FFmpeg decodes every frame of an initialization section and a chunk.
func TestFFmpegDecodes(t *testing.T) {
	type stream struct {
		track   media.Track
		samples []media.Sample
		want    string // codec, then what it says of it
	}
	streams := map[string]stream{}
	add := func(name, want string, track media.Track, samples []media.Sample) {
		streams[name] = stream{track, samples, want}
	}
	track, samples := av1Samples(t, "svt.obu")
	add("av1", "av1,320,180,yuv420p,unknown", track, samples)
	track, samples = av1Samples(t, "aom_pq.obu")
	add("av1_pq", "av1,320,180,yuv420p10le,smpte2084", track, samples)
	for name, want := range map[string]string{
		"ac3": "ac3,48000,6", "eac3": "eac3,48000,2", "mp3": "mp3,44100,2", "mp3_mpeg2": "mp3,22050,1",
	} {
		track, samples := audioSamples(t, audioFiles[name].codec, audioFiles[name].file)
		add(name, want, track, samples)
	}
	for name, s := range streams {
		t.Run(name, func(t *testing.T) {
			section, err := Init(s.track)
			if err != nil {
				t.Fatal(err)
			}
			cmd := exec.Command("ffprobe", "-v", "error", "-count_frames", "-of", "csv=p=0", "-show_entries",
				"stream=codec_name,width,height,pix_fmt,color_transfer,sample_rate,channels,nb_read_frames", "-")
			cmd.Stdin = bytes.NewReader(append(section, Chunk{Sequence: 1, Runs: [][]media.Sample{s.samples}}.Marshal()...))
			var stderr bytes.Buffer
			cmd.Stderr = &stderr
			out, err := cmd.Output()
			want := s.want + "," + strconv.Itoa(len(s.samples))
			if !strings.HasPrefix(string(out), want) || err != nil || stderr.Len() > 0 {
				t.Errorf("%v: %s%s; want %s", err, out, &stderr, want)
			}
		})
	}
}

// Whatever describes a track makes an initialization section that can be read.
func FuzzInit(f *testing.F) {
	for _, t := range tracks(f) {
		f.Add(uint8(t.Codec), bytes.Join(t.VPS, nil), bytes.Join(t.SPS, nil), bytes.Join(t.PPS, nil), t.SequenceHeader)
	}
	f.Fuzz(func(t *testing.T, codec uint8, vps, sps, pps, sequence []byte) {
		track, err := bitstream.VideoTrack(media.Codec(codec), bitstream.ParamSets{
			VPS: nonEmpty(vps), SPS: nonEmpty(sps), PPS: nonEmpty(pps), Sequence: sequence,
		})
		if err != nil || track.Kind() != media.Video {
			return
		}
		CodecString(track)
		section, err := Init(track)
		if err != nil {
			return
		}
		if _, err := mp4.DecodeFile(bytes.NewReader(section)); err != nil {
			t.Error(err)
		}
	})
}

// What a publisher says of its Opus stream is kept; what it doesn't say is made up.
func TestOpusConfigurationIsKept(t *testing.T) {
	known := must(t)(bitstream.OpusTrack(2))
	known.AudioConfig[3] = 0x99 // PreSkip, as nobody would guess it
	for _, track := range []media.Track{known, {Codec: media.Opus, Timescale: 48000, Channels: 2}} {
		section, err := Init(track)
		if err != nil {
			t.Fatal(err)
		}
		if kept := bytes.Contains(section, append([]byte("dOps"), known.AudioConfig...)); kept != (track.AudioConfig != nil) || !bytes.Contains(section, []byte("dOps")) {
			t.Errorf("%x: kept %v", track.AudioConfig, kept)
		}
	}
}

func nonEmpty(set []byte) [][]byte {
	if len(set) == 0 {
		return nil
	}
	return [][]byte{set}
}
