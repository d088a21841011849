package mpegts

import (
	"bytes"
	"os/exec"
	"testing"

	"github.com/globalfandom/lightstick/media"
)

// mux makes a transport stream with FFmpeg.
func mux(t testing.TB, args ...string) []byte {
	t.Helper()
	var stderr bytes.Buffer
	cmd := exec.Command("ffmpeg", append(append([]string{"-v", "error"}, args...), "-f", "mpegts", "-")...)
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %s", err, &stderr)
	}
	return out
}

func TestAudioCodecs(t *testing.T) {
	sine := []string{"-f", "lavfi", "-i", "sine=frequency=440:sample_rate=48000", "-t", "0.4"}
	tests := []struct {
		name     string
		args     []string
		codec    media.Codec
		rate     media.Timescale
		channels int
		units    int
	}{
		{"AC-3", []string{"-i", "../../testdata/audio/51.ac3", "-c", "copy"}, media.AC3, 48000, 6, 13},
		{"E-AC-3", []string{"-i", "../../testdata/audio/stereo.eac3", "-c", "copy"}, media.EAC3, 48000, 2, 13},
		{"MP3", []string{"-i", "../../testdata/audio/44100.mp3", "-c", "copy"}, media.MP3, 44100, 2, 17},
		{"MP3 of MPEG-2", []string{"-i", "../../testdata/audio/22050.mp3", "-c", "copy"}, media.MP3, 22050, 1, 17},
		{"MP2", []string{"-i", "../../testdata/audio/layer2.mp2", "-c", "copy"}, media.MP2, 48000, 2, 13},
		{"AC-3 as DVB has it", []string{"-i", "../../testdata/audio/51.ac3", "-c", "copy", "-mpegts_flags", "system_b"}, media.AC3, 48000, 6, 13},
		{"E-AC-3 as DVB has it", []string{"-i", "../../testdata/audio/stereo.eac3", "-c", "copy", "-mpegts_flags", "system_b"}, media.EAC3, 48000, 2, 13},
		{"AAC in LATM", append(sine, "-c:a", "aac", "-mpegts_flags", "latm"), media.AAC, 48000, 1, 19},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p, err := demux(t, mux(t, tt.args...))
			if err != nil {
				t.Fatal(err)
			}
			if len(p.Tracks) != 1 {
				t.Fatalf("tracks %+v", p.Tracks)
			}
			if track := p.Tracks[0]; track.Codec != tt.codec || track.Timescale != tt.rate || track.Channels != tt.channels {
				t.Errorf("%+v", track)
			}
			samples := p.Samples[media.Audio]
			if len(samples) < tt.units || len(p.Repairs) > 0 {
				t.Errorf("%d units, want %d; repairs %v", len(samples), tt.units, p.Repairs)
			}
			for i := 1; i < len(samples); i++ {
				if samples[i].DTS != samples[i-1].DTS+samples[i-1].Duration {
					t.Errorf("unit %d at %d, the one before ends at %d", i, samples[i].DTS, samples[i-1].DTS+samples[i-1].Duration)
				}
			}
		})
	}
}
