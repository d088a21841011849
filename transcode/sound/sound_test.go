package sound

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"log/slog"
	"math"
	"os/exec"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/globalfandom/lightstick/media"
	"github.com/globalfandom/lightstick/media/bitstream"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience bounds waits for what happens at once on a machine with nothing else to do.
const patience = 30 * time.Second

// onset is when the test's tone begins, and length how long the sound is, in milliseconds.
const onset, length = 700, 1500

// tone is silence and then a tone of 1 kHz, in canonical PCM.
func tone(rate, channels int) []byte {
	var pcm []byte
	for i := range rate * length / 1000 {
		v := 0.0
		if i >= rate*onset/1000 {
			v = 12_000 * math.Sin(2*math.Pi*1000*float64(i)/float64(rate))
		}
		for range channels {
			pcm = binary.LittleEndian.AppendUint16(pcm, uint16(int16(v)))
		}
	}
	return pcm
}

// convertBy gives b to FFmpeg and returns its output.
func convertBy(t testing.TB, b []byte, args ...string) []byte {
	t.Helper()
	var stderr bytes.Buffer
	cmd := exec.Command("ffmpeg", append([]string{"-v", "error"}, args...)...)
	cmd.Stdin, cmd.Stderr = bytes.NewReader(b), &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %s", err, &stderr)
	}
	return out
}

// source is a track with its samples, which begin at time begin.
type source struct {
	track   media.Track
	samples []media.Sample
}

const begin = 12_345 // milliseconds

// add puts a payload behind the others.
func (s *source) add(payload []byte, duration media.Ticks) {
	dts := media.Rescale(begin, 1000, s.track.Timescale)
	if n := len(s.samples); n > 0 {
		dts = s.samples[n-1].DTS + s.samples[n-1].Duration
	}
	s.samples = append(s.samples, media.Sample{DTS: dts, Duration: duration, KeyFrame: true, Payload: payload})
}

// rawSource encodes the tone, in samples of 20 ms.
func rawSource(t testing.TB, codec media.Codec, rate, channels int) (s source) {
	t.Helper()
	track, err := bitstream.RawTrack(codec, rate, channels)
	if err != nil {
		t.Fatal(err)
	}
	s.track = track
	data := tone(rate, channels)
	if name := map[media.Codec]string{media.PCMA: "alaw", media.PCMU: "mulaw", media.G722: "g722"}[codec]; name != "" {
		input := []string{"-f", "s16le", "-ar", fmt.Sprint(rate), "-ac", fmt.Sprint(channels), "-i", "-"}
		data = convertBy(t, data, append(input, "-f", name, "-")...)
	}
	whole := bitstream.RawDuration(track, data)
	step := len(data) * rate / 50 / int(whole)
	step -= step % (2 * channels)
	for ; len(data) >= step; data = data[step:] {
		s.add(data[:step], bitstream.RawDuration(track, data[:step]))
	}
	return s
}

// mpegSource encodes the tone to MPEG audio Layer II.
func mpegSource(t testing.TB, rate, channels int) (s source) {
	t.Helper()
	mp2 := convertBy(t, tone(rate, channels), "-f", "s16le", "-ar", fmt.Sprint(rate), "-ac", fmt.Sprint(channels), "-i", "-", "-f", "mp2", "-")
	f, err := bitstream.NewAudioFramer(media.MP2)
	if err != nil {
		t.Fatal(err)
	}
	for _, u := range f.Push(mp2) {
		if u.Track != nil {
			s.track = *u.Track
		}
		s.add(u.Payload, s.track.FrameSamples)
	}
	return s
}

// convert runs a converter over the samples to its end.
func convert(t testing.TB, cfg Config, samples []media.Sample) (frames []media.Sample, err error) {
	t.Helper()
	c := New(cfg, slog.New(slog.DiscardHandler))
	done := make(chan error, 1)
	go func() { done <- c.Run(context.Background()) }()
	for _, s := range samples {
		c.Write(s)
	}
	c.Finish()
	for s := range c.Output() {
		frames = append(frames, s)
	}
	return frames, <-done
}

// decode decodes frames of AAC to samples of one channel.
func decode(t testing.TB, track media.Track, frames []media.Sample) (pcm []int16) {
	t.Helper()
	var adts []byte
	config := track.AudioConfig
	for _, f := range frames {
		size := len(f.Payload) + 7
		adts = append(adts, 0xff, 0xf1, (config[0]>>3-1)<<6|(config[0]&7<<1|config[1]>>7)<<2|config[1]>>5&1, config[1]>>3<<6|byte(size>>11),
			byte(size>>3), byte(size<<5)|0x1f, 0xfc)
		adts = append(adts, f.Payload...)
	}
	out := convertBy(t, adts, "-f", "aac", "-i", "-", "-f", "s16le", "-ac", "1", "-")
	for ; len(out) >= 2; out = out[2:] {
		pcm = append(pcm, int16(binary.LittleEndian.Uint16(out)))
	}
	return pcm
}

// heard finds when the tone begins, in samples of the frames' track.
func heard(t testing.TB, track media.Track, frames []media.Sample) media.Ticks {
	t.Helper()
	for i, v := range decode(t, track, frames) {
		if v > 4000 || v < -4000 {
			return frames[i/frameSamples].DTS + media.Ticks(i%frameSamples)
		}
	}
	t.Fatal("the tone is not heard")
	return 0
}

// The tone of any source is heard when the source has it, and nothing is missing.
func TestSoundIsHeardInTime(t *testing.T) {
	tests := []struct {
		name  string
		rate  media.Timescale // of the AAC
		late  media.Ticks     // by the source's own encoder, in samples of the source
		sound func(*testing.T) source
	}{
		{"MP2", 48000, 481, func(t *testing.T) source { return mpegSource(t, 48000, 2) }},
		{"MP2, mono, 44.1 kHz", 44100, 481, func(t *testing.T) source { return mpegSource(t, 44100, 1) }},
		{"MP2 of MPEG-2", 48000, 481, func(t *testing.T) source { return mpegSource(t, 24000, 2) }},
		{"G.711 A-law", 48000, 0, func(t *testing.T) source { return rawSource(t, media.PCMA, 8000, 1) }},
		{"G.711 mu-law, stereo, 16 kHz", 48000, 0, func(t *testing.T) source { return rawSource(t, media.PCMU, 16000, 2) }},
		{"G.722", 48000, 0, func(t *testing.T) source { return rawSource(t, media.G722, 16000, 1) }},
		{"PCM", 48000, 0, func(t *testing.T) source { return rawSource(t, media.PCM, 48000, 2) }},
		{"PCM of RTMP", 48000, 0, func(t *testing.T) source { return rawSource(t, media.PCM, 5512, 1) }},
		{"PCM of six channels", 44100, 0, func(t *testing.T) source { return rawSource(t, media.PCM, 44100, 6) }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := tt.sound(t)
			track := Target(s.track)
			frames, err := convert(t, Config{Source: s.track}, s.samples)
			if err != nil || len(frames) == 0 {
				t.Fatalf("%d frames, %v", len(frames), err)
			}
			if track.Timescale != tt.rate || track.Channels != min(2, s.track.Channels) {
				t.Errorf("becomes %d Hz, %d channels", track.Timescale, track.Channels)
			}
			next := media.Rescale(s.samples[0].DTS, s.track.Timescale, tt.rate)
			for i, f := range frames {
				if f.DTS != next || f.Duration != 1024 {
					t.Fatalf("frame %d at %d, want %d", i, f.DTS, next)
				}
				next += f.Duration
			}
			last := s.samples[len(s.samples)-1]
			if end := media.Rescale(last.DTS+last.Duration, s.track.Timescale, tt.rate); next < end || next >= end+2*1024 {
				t.Errorf("the frames end at %d, the source at %d", next, end)
			}
			want := media.Rescale(begin+onset, 1000, tt.rate) + media.Rescale(tt.late, s.track.Timescale, tt.rate)
			got := heard(t, track, frames)
			if d := (got - want).Duration(tt.rate).Abs(); d > 3*time.Millisecond {
				t.Errorf("the tone is heard %v from where it should", d)
			}
		})
	}
}

// A gap of the source stays where it is: what comes after it is heard as much later.
func TestGapsStay(t *testing.T) {
	s := rawSource(t, media.PCM, 48000, 1)
	const gap = 24_000
	at := len(s.samples) / 3 // before the tone
	for i := range s.samples[at:] {
		s.samples[at+i].DTS += gap
	}
	frames, err := convert(t, Config{Source: s.track}, s.samples)
	if err != nil {
		t.Fatal(err)
	}
	var steps []media.Ticks
	for i := 1; i < len(frames); i++ {
		if step := frames[i].DTS - frames[i-1].DTS; step != frameSamples {
			steps = append(steps, step)
		}
	}
	if len(steps) != 1 || steps[0] != frameSamples+gap {
		t.Errorf("steps between frames, other than the usual one: %v", steps)
	}
	want := media.Rescale(begin+onset, 1000, 48000) + gap
	if d := (heard(t, Target(s.track), frames) - want).Duration(48000).Abs(); d > 3*time.Millisecond {
		t.Errorf("the tone is heard %v from where it should", d)
	}
}

// Every codec that players can't play is described to FFmpeg.
func TestAllCodecsAreKnown(t *testing.T) {
	for codec := media.Codec(1); codec.String() != ""; codec++ {
		if _, known := formats[codec]; known == codec.Playable() {
			t.Errorf("%s: playable %v, known %v", codec, codec.Playable(), known)
		}
	}
}
