package rtmp

import (
	"bytes"
	"strings"
	"testing"

	"github.com/globalfandom/lightstick/ingest"
	"github.com/globalfandom/lightstick/media"
)

// Sound without frames (FLV 10.1 §E.4.2.1): the tag says how many samples it has.
func TestRawSound(t *testing.T) {
	tests := []struct {
		name   string
		header byte
		body   string
		want   media.Track
		sample string
	}{
		{"PCM, 44.1 kHz, stereo", 0x3f, "\x01\x02\x03\x04", media.Track{Codec: media.PCM, Timescale: 44100, Channels: 2}, "\x01\x02\x03\x04"},
		{"PCM, 11 kHz, mono", 0x36, "\x01\x02", media.Track{Codec: media.PCM, Timescale: 11025, Channels: 1}, "\x01\x02"},
		{"PCM in the platform's order", 0x02, "\x01\x02", media.Track{Codec: media.PCM, Timescale: 5512, Channels: 1}, "\x01\x02"},
		{"PCM of 8 bits", 0x38, "\x80\xff", media.Track{Codec: media.PCM, Timescale: 22050, Channels: 1}, "\x00\x00\x00\x7f"},
		{"A-law", 0x72, "\xd5\xd5", media.Track{Codec: media.PCMA, Timescale: 8000, Channels: 1}, "\xd5\xd5"},
		{"mu-law, stereo", 0x83, "\xff\xff", media.Track{Codec: media.PCMU, Timescale: 8000, Channels: 2}, "\xff\xff"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d, p := publication(t)
			for range 2 {
				if err := d.handle(rtmpMessage{kind: typeAudio, body: append([]byte{tt.header}, tt.body...)}); err != nil {
					t.Fatal(err)
				}
			}
			if len(p.Tracks) != 1 || !p.Tracks[0].SameInit(tt.want) {
				t.Fatalf("tracks %+v, want %+v", p.Tracks, tt.want)
			}
			samples := p.Samples[media.Audio]
			if len(samples) != 2 || string(samples[1].Payload) != tt.sample || samples[1].DTS != samples[0].Duration {
				t.Errorf("%+v", samples)
			}
		})
	}
}

// A track in a codec that isn't known leaves the other one alone.
func TestOneTrackIsLeftOut(t *testing.T) {
	tests := []struct {
		name  string
		kind  messageType // of the track that is left out
		body  string
		says  string
		taken media.Kind
	}{
		{"Speex", typeAudio, "\xb2speex", "Speex", media.Video},
		{"FLAC", typeAudio, "\x91fLaCflac", "fLaC", media.Video},
		{"AAC that nobody plays", typeAudio, "\xaf\x00\x09\x90", "object type 1", media.Video},
		{"Sorenson H.263", typeVideo, "\x22\x00", "Sorenson", media.Audio},
		{"VP9", typeVideo, "\x91vp09vp9", "vp09", media.Audio},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d, p := publication(t)
			d.session.Expect(true, true)
			tags := sounds(t)
			if tt.taken == media.Video {
				tags = pictures(t)
			}
			for _, tag := range tags {
				for _, m := range []rtmpMessage{{kind: tt.kind, body: []byte(tt.body)}, tag} {
					if err := d.handle(m); err != nil {
						t.Fatal(err)
					}
				}
			}
			if len(p.Samples[tt.taken]) == 0 || len(p.Samples[1-tt.taken]) > 0 {
				t.Errorf("%d pictures, %d units of sound", len(p.Samples[media.Video]), len(p.Samples[media.Audio]))
			}
			if len(p.Advice) != 1 || p.Advice[0].Code != ingest.AdviceCodecRefused || !strings.Contains(p.Advice[0].Text, tt.says) {
				t.Errorf("advice %+v", p.Advice)
			}
		})
	}
}

// pictures and sounds are the messages that OBS sent, of one kind.
func pictures(t *testing.T) []rtmpMessage { return messages(t, typeVideo) }
func sounds(t *testing.T) []rtmpMessage   { return messages(t, typeAudio) }

func messages(t *testing.T, kind messageType) (all []rtmpMessage) {
	t.Helper()
	const handshake = 1 + 2*1536
	c := testReader(bytes.Clone(capture(t)[handshake:]))
	for {
		m, err := c.read()
		if err != nil {
			return all
		}
		switch {
		case m.kind == typeSetChunkSize:
			if err := c.setChunkSize(uint32(m.body[2])<<8 | uint32(m.body[3])); err != nil {
				t.Fatal(err)
			}
		case m.kind == kind:
			m.body = bytes.Clone(m.body)
			all = append(all, m)
		}
	}
}
