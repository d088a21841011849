package rtsp

import (
	"log/slog"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/bluenviron/gortsplib/v4"
	"github.com/bluenviron/gortsplib/v4/pkg/description"
	"github.com/bluenviron/gortsplib/v4/pkg/format"
	"github.com/bluenviron/mediacommon/v2/pkg/codecs/av1"
	"github.com/pion/rtp"
	"go.uber.org/goleak"

	"github.com/globalfandom/lightstick/ingest"
	"github.com/globalfandom/lightstick/ingest/ingesttest"
	"github.com/globalfandom/lightstick/media"
	"github.com/globalfandom/lightstick/media/bitstream"
	"github.com/globalfandom/lightstick/media/bitstream/bitstreamtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func startServer(t *testing.T, gate ingest.Gate) string {
	t.Helper()
	s, err := Listen(Config{Listen: "127.0.0.1:0"}, gate, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	ingesttest.Start(t, s.Run)
	return "rtsp://" + s.Addr().String() + "/live/" + ingesttest.Key
}

func testdata(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile("../../testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestAV1AndAC3(t *testing.T) {
	gate := ingesttest.NewGate()
	address := startServer(t, gate)
	video, audio := &format.AV1{PayloadTyp: 96}, &format.AC3{PayloadTyp: 97, SampleRate: 48000, ChannelCount: 6}
	desc := &description.Session{Medias: []*description.Media{
		{Type: description.MediaTypeVideo, Formats: []format.Format{video}},
		{Type: description.MediaTypeAudio, Formats: []format.Format{audio}},
	}}
	tcp := gortsplib.TransportTCP
	client := &gortsplib.Client{Transport: &tcp}
	if err := client.StartRecording(address, desc); err != nil {
		t.Fatal(err)
	}
	write := func(media int, pkts []*rtp.Packet, timestamp uint32) {
		for _, pkt := range pkts {
			pkt.Timestamp += timestamp
			if err := client.WritePacketRTP(desc.Medias[media], pkt); err != nil {
				t.Fatal(err)
			}
		}
	}
	pictures := av1Packets(t, video)
	sound := ac3Packets(t, audio)
	for i := range pictures {
		write(0, pictures[i], uint32(3000*i))
		if i < len(sound) {
			write(1, sound[i], uint32(1536*i))
		}
	}
	// Packets wait in the client's queue: closing now would throw them away.
	arrived := func() bool {
		p := gate.Live()
		return p != nil && p.Count(media.Video) >= len(pictures)-1 && p.Count(media.Audio) >= len(sound)-1
	}
	poll := time.NewTicker(5 * time.Millisecond)
	for deadline := time.Now().Add(5 * time.Second); !arrived() && time.Now().Before(deadline); {
		<-poll.C
	}
	poll.Stop()
	client.Close()
	p := <-gate.Ended
	if v, a := len(p.Samples[media.Video]), len(p.Samples[media.Audio]); v < len(pictures)-1 || a < len(sound)-1 {
		t.Fatalf("%d pictures, %d audio units (%v)", v, a, p.Reason)
	}
	if s := p.Samples[media.Video]; !s[0].KeyFrame || !s[20].KeyFrame || s[1].DTS-s[0].DTS != 3000 || s[1].CompositionOffset != 0 {
		t.Errorf("key %v %v, the second picture at %d", s[0].KeyFrame, s[20].KeyFrame, s[1].DTS)
	}
	if len(p.Tracks) < 2 {
		t.Errorf("tracks %+v", p.Tracks)
	}
	for _, track := range p.Tracks {
		if track.Codec == media.AV1 && track.Width != 320 || track.Codec == media.AC3 && track.Channels != 6 {
			t.Errorf("%+v", track)
		}
	}
}

func av1Packets(t *testing.T, f *format.AV1) (packets [][]*rtp.Packet) {
	t.Helper()
	encoder, err := f.CreateEncoder()
	if err != nil {
		t.Fatal(err)
	}
	v := &bitstream.Video{Codec: media.AV1}
	for _, unit := range bitstreamtest.TemporalUnits(testdata(t, "av1/svt.obu")) {
		au, err := v.FromOBUStream(unit)
		if err != nil {
			t.Fatal(err)
		}
		var obus av1.Bitstream
		if err := obus.Unmarshal(au.Payload); err != nil {
			t.Fatal(err)
		}
		pkts, err := encoder.Encode(obus)
		if err != nil {
			t.Fatal(err)
		}
		packets = append(packets, pkts)
	}
	return packets
}

func ac3Packets(t *testing.T, f *format.AC3) (packets [][]*rtp.Packet) {
	t.Helper()
	encoder, err := f.CreateEncoder()
	if err != nil {
		t.Fatal(err)
	}
	const frame = 1024
	for b := testdata(t, "audio/51.ac3"); len(b) >= frame; b = b[frame:] {
		pkts, err := encoder.Encode([][]byte{b[:frame]})
		if err != nil {
			t.Fatal(err)
		}
		packets = append(packets, pkts)
	}
	return packets
}

func TestMP3FromFFmpeg(t *testing.T) {
	// FFmpeg packs as many frames into a packet as fit, and leaves the last one unsent.
	for name, units := range map[string]int{"44100.mp3": 12, "22050.mp3": 9} {
		gate := ingesttest.NewGate()
		address := startServer(t, gate)
		out, err := exec.Command("ffmpeg", "-v", "error", "-re", "-i", "../../testdata/audio/"+name,
			"-c", "copy", "-f", "rtsp", "-rtsp_transport", "tcp", address).CombinedOutput()
		if err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		p := <-gate.Ended
		if len(p.Tracks) != 1 || p.Tracks[0].Codec != media.MP3 || len(p.Samples[media.Audio]) < units || len(p.Repairs) > 0 {
			t.Errorf("%s: tracks %+v, %d units, repairs %v (%v)", name, p.Tracks, len(p.Samples[media.Audio]), p.Repairs, p.Reason)
		}
	}
}

// Sound that players can't play arrives as it is, sample by sample.
func TestUnplayableSoundFromFFmpeg(t *testing.T) {
	tests := []struct {
		args     []string
		codec    media.Codec
		rate     media.Timescale
		channels int
	}{
		{[]string{"-c:a", "pcm_alaw", "-ar", "8000"}, media.PCMA, 8000, 1},
		{[]string{"-c:a", "pcm_mulaw", "-ar", "16000", "-ac", "2"}, media.PCMU, 16000, 2},
		{[]string{"-c:a", "pcm_s16be", "-ar", "44100", "-ac", "2"}, media.PCM, 44100, 2},
		{[]string{"-c:a", "g722", "-ar", "16000"}, media.G722, 16000, 1},
		{[]string{"-c:a", "mp2", "-ar", "48000"}, media.MP2, 48000, 1},
	}
	for _, tt := range tests {
		t.Run(tt.codec.String(), func(t *testing.T) {
			t.Parallel()
			gate := ingesttest.NewGate()
			address := startServer(t, gate)
			args := append([]string{"-v", "error", "-re", "-f", "lavfi", "-i", "sine=duration=1"}, tt.args...)
			out, err := exec.Command("ffmpeg", append(args, "-f", "rtsp", "-rtsp_transport", "tcp", address)...).CombinedOutput()
			if err != nil {
				t.Fatalf("%v: %s", err, out)
			}
			p := <-gate.Ended
			if len(p.Tracks) != 1 {
				t.Fatalf("tracks %+v (%v)", p.Tracks, p.Reason)
			}
			if track := p.Tracks[0]; track.Codec != tt.codec || track.Timescale != tt.rate || track.Channels != tt.channels {
				t.Errorf("%+v", track)
			}
			var length media.Ticks
			for _, s := range p.Samples[media.Audio] {
				if s.DTS != p.Samples[media.Audio][0].DTS+length {
					t.Fatalf("a sample at %d, want %d after the first", s.DTS, length)
				}
				length += s.Duration
			}
			if got := length.Duration(tt.rate); got < 700*time.Millisecond || got > 1100*time.Millisecond || len(p.Repairs) > 0 {
				t.Errorf("%v of sound; repairs %v", got, p.Repairs)
			}
		})
	}
}

// The first bytes of linear samples are the most significant (RFC 3551 §4.5.11).
func TestLinearSamples(t *testing.T) {
	for depth, want := range map[int]string{8: "\x00\xff", 16: "\x02\x01", 24: "\x02\x01"} {
		d, err := newAudioDecoder(&format.LPCM{BitDepth: depth, SampleRate: 48000, ChannelCount: 1})
		if err != nil {
			t.Fatal(err)
		}
		packet := []byte{0x7f, 0x02, 0x03}[:depth/8]
		if depth > 8 {
			packet[0], packet[1] = 0x01, 0x02
		}
		if got, err := d.decode(&rtp.Packet{Payload: packet}); err != nil || string(got[0]) != want {
			t.Errorf("%d bits: %x, %v", depth, got, err)
		}
		if _, err := d.decode(&rtp.Packet{Payload: make([]byte, 5)}); depth > 8 && err == nil {
			t.Errorf("%d bits: half a sample is taken", depth)
		}
	}
}

// Pictures come in the order of decoding, without times of it: those are worked out,
// from parameter sets that the SDP alone may have.
func TestReorderedPicturesFromFFmpeg(t *testing.T) {
	for codec, encoder := range map[media.Codec][]string{
		media.H264: {"-c:v", "libx264", "-preset", "ultrafast", "-bf", "2", "-x264-params", "log-level=none:b-adapt=0:scenecut=0"},
		media.HEVC: {"-c:v", "libx265", "-preset", "ultrafast", "-x265-params", "log-level=none:bframes=2:b-adapt=0:scenecut=0"},
	} {
		t.Run(codec.String(), func(t *testing.T) {
			gate := ingesttest.NewGate()
			address := startServer(t, gate)
			args := append([]string{"-v", "error", "-f", "lavfi", "-i", "testsrc2=size=160x90:rate=25:duration=3", "-f", "lavfi", "-i", "sine=duration=3", "-g", "25", "-c:a", "aac"}, encoder...)
			out, err := exec.Command("ffmpeg", append(args, "-flags", "+global_header", "-f", "rtsp", "-rtsp_transport", "tcp", address)...).CombinedOutput()
			if err != nil {
				t.Fatalf("%v: %s", err, out)
			}
			p := <-gate.Ended
			video := p.Samples[media.Video]
			if len(video) < 60 || len(p.Samples[media.Audio]) < 100 || !video[0].KeyFrame {
				t.Fatalf("%d pictures, %d audio units (%v)", len(video), len(p.Samples[media.Audio]), p.Reason)
			}
			shown := make(map[media.Ticks]bool)
			late := 0
			for i, s := range video {
				if i > 0 && s.DTS <= video[i-1].DTS || s.CompositionOffset < 0 || shown[s.PTS()] {
					t.Errorf("picture %d is decoded at %d and shown at %d", i, s.DTS, s.PTS())
				}
				shown[s.PTS()] = true
				if s.CompositionOffset > 3600 { // a frame
					late++
				}
			}
			if late < 10 {
				t.Errorf("%d pictures of %d are shown later than decoded", late, len(video))
			}
			sizes := 0
			for _, track := range p.Tracks {
				if track.Codec == codec && track.Width == 160 && track.Height == 90 {
					sizes++
				}
			}
			if sizes == 0 {
				t.Errorf("tracks %+v", p.Tracks)
			}
		})
	}
}
