//go:build e2e

package e2e

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/yapingcat/gomedia/go-codec"

	"github.com/globalfandom/lightstick/media"
	"github.com/globalfandom/lightstick/media/bitstream"
	"github.com/globalfandom/lightstick/media/silence"
	"github.com/globalfandom/lightstick/packager/cmaf"
)

// Sound ends while the picture goes on, and comes back: viewers see the picture on, and
// hear the sound again.
func TestSoundEndsAndComesBack(t *testing.T) {
	t.Parallel()
	frames := readClip(t, cardFile(t, "320x180", 10, "-b:a", "256k"))
	players := servePlayers(t)
	pages := map[string]func(*server) string{
		"separate": func(s *server) string {
			return players + "/browser/hls.html?src=http://" + s.http + "/live/mute/index.m3u8"
		},
		"muxed": func(s *server) string { return "http://" + s.http + "/watch/mute" },
	}
	for audio, page := range pages {
		t.Run(audio, func(t *testing.T) {
			t.Parallel()
			s := start(t, "transcode.ladder=off", "hls.audio="+audio)
			var mute atomic.Bool
			p := dialRTMP(t, s.rtmp, "mute")
			inBackground(t, func(ctx context.Context) { p.playMuted(ctx, frames, &mute) })
			s.live(t, "mute")
			v := watch(t, map[string]any{"url": page(s)})
			v.playing()
			v.hears()
			mute.Store(true)
			eventually(t, "silence is all that the player can have buffered", func() bool {
				return s.metric(t, `lightstick_ingest_silence_seconds_total{stream="mute"}`) > 8
			})
			v.sees(60)
			mute.Store(false)
			v.hears()
			v.sees(30)
			print(t, "stalls %v", v.end().Stalls)
			if _, playlist := s.get(t, "/live/mute/source.m3u8"); strings.Contains(playlist, "#EXT-X-DISCONTINUITY\n") {
				t.Errorf("there is a discontinuity:\n%s", playlist)
			}
		})
	}
}

// playMuted sends frames in real time, again and again, without their sound while mute
// says so.
func (p *rtmpPublisher) playMuted(ctx context.Context, frames []frame, mute *atomic.Bool) {
	const second = 1000 // of the clip's timestamps
	for shift := uint32(0); ctx.Err() == nil; {
		for begin := 0; begin < len(frames); {
			var some []frame
			silent := mute.Load()
			end := begin
			for ; end < len(frames) && frames[end].dts < frames[begin].dts+second; end++ {
				if !silent || frames[end].codec != codec.CODECID_AUDIO_AAC {
					some = append(some, frames[end])
				}
			}
			p.play(ctx, some, shift)
			begin = end
		}
		shift += frames[len(frames)-1].dts + 33
	}
}

// hears waits until the player has decoded so much sound as silence does not amount to
// within a test's patience: a unit of it has a few bytes.
func (v *viewer) hears() {
	v.t.Helper()
	decoded := func() int {
		n, _ := strconv.Atoi(v.ask("document.querySelector('video')?.webkitAudioDecodedByteCount ?? 0"))
		return n
	}
	before := decoded()
	eventually(v.t, "sound is heard", func() bool { return decoded() > before+40_000 })
}

// FFmpeg decodes silence of each codec without a word, and nothing is heard.
func TestSilenceDecodes(t *testing.T) {
	t.Parallel()
	tracks := map[string]media.Track{
		"MP3 at 44.1 kHz":   {Codec: media.MP3, Timescale: 44100, Channels: 2, FrameSamples: 1152},
		"MP3 at 8 kHz mono": {Codec: media.MP3, Timescale: 8000, Channels: 1, FrameSamples: 576},
		"AC-3 stereo":       {Codec: media.AC3, Timescale: 48000, Channels: 2, FrameSamples: 1536, AudioConfig: []byte{0x10, 0x11, 0x40}},
		"AC-3 5.1":          {Codec: media.AC3, Timescale: 44100, Channels: 6, FrameSamples: 1536, AudioConfig: []byte{0x50, 0x3d, 0xe0}},
		"E-AC-3 stereo":     {Codec: media.EAC3, Timescale: 48000, Channels: 2, FrameSamples: 1536, AudioConfig: []byte{3, 0, 0x20, 4, 0}},
		"E-AC-3 5.1":        {Codec: media.EAC3, Timescale: 48000, Channels: 6, FrameSamples: 1536, AudioConfig: []byte{3, 0, 0x20, 0x0f, 0}},
	}
	aac := func(name string, config ...byte) {
		track, err := bitstream.AACTrack(config)
		if err != nil {
			t.Fatal(err)
		}
		tracks[name] = track
	}
	for layout := byte(1); layout <= 7; layout++ {
		aac(fmt.Sprintf("AAC of configuration %d", layout), 0x11, 0x80|layout<<3)
	}
	aac("HE-AAC", 0x2b, 0x11, 0x88, 0x00)
	aac("HE-AAC v2", 0xeb, 0x09, 0x88, 0x00)
	for _, channels := range []int{1, 2, 6} {
		track, err := bitstream.OpusTrack(channels)
		if err != nil {
			t.Fatal(err)
		}
		tracks[fmt.Sprintf("Opus of %d channels", channels)] = track
	}
	for name, track := range tracks {
		t.Run(name, func(t *testing.T) {
			u, ok := silence.For(track)
			init, err := cmaf.Init(track)
			if !ok || err != nil {
				t.Fatalf("%v, %v", ok, err)
			}
			var run []media.Sample
			for i := range media.Ticks(20) {
				run = append(run, media.Sample{DTS: i * u.Duration, Duration: u.Duration, KeyFrame: true, Payload: u.Payload})
			}
			file := t.TempDir() + "/silence.mp4"
			if err := os.WriteFile(file, append(init, cmaf.Chunk{Runs: [][]media.Sample{run}}.Marshal()...), 0o600); err != nil {
				t.Fatal(err)
			}
			// Samples of 16 bits, all 0, and nothing else.
			out, err := ffmpeg(t, "-xerror", "-err_detect", "crccheck+bitstream+buffer+careful", "-i", file, "-f", "s16le", "-")
			if said := strings.Trim(out, "\x00"); err != nil || said != "" || out == "" {
				t.Errorf("%d bytes, %v: %.300q from %x", len(out), err, said, u.Payload[:min(len(u.Payload), 64)])
			}
		})
	}
}
