package rtsp

import (
	"errors"
	"testing"

	"github.com/bluenviron/gortsplib/v4"
	"github.com/bluenviron/gortsplib/v4/pkg/description"
	"github.com/bluenviron/gortsplib/v4/pkg/format"

	"github.com/globalfandom/lightstick/ingest"
	"github.com/globalfandom/lightstick/ingest/ingesttest"
	"github.com/globalfandom/lightstick/media"
)

// Sound that has to be converted is taken if there is no other.
func TestPlayableSoundIsPreferred(t *testing.T) {
	desc := &description.Session{}
	for _, f := range []format.Format{&format.G722{}, &format.G711{SampleRate: 8000, ChannelCount: 1}, &format.Opus{ChannelCount: 2}} {
		desc.Medias = append(desc.Medias, &description.Media{Type: description.MediaTypeAudio, Formats: []format.Format{f}})
	}
	if _, audio, err := choose(desc); err != nil || audio.format.Codec() != "Opus" {
		t.Errorf("%+v, %v", audio, err)
	}
	desc.Medias = desc.Medias[:2]
	if _, audio, err := choose(desc); err != nil || audio.format.Codec() != "G722" {
		t.Errorf("%+v, %v", audio, err)
	}
}

// Sound that can't be packaged, of a codec that usually can, leaves the picture alone.
func TestBadSoundIsLeftOut(t *testing.T) {
	gate := ingesttest.NewGate()
	sink, err := gate.Open(t.Context(), ingest.Request{Key: ingesttest.Key})
	if err != nil {
		t.Fatal(err)
	}
	r := newReceiver(ingest.NewSession(sink, media.VideoTimescale, 0), func(err error) { t.Error(err) })
	r.session.Expect(true, true)
	bad := selected{format: &format.LPCM{BitDepth: 16, SampleRate: 1, ChannelCount: 1}}
	if err := r.audio(nil, bad); err != nil {
		t.Error(err)
	}
	r.feed(media.Audio, func() error { return ingest.ErrUnsupported })
	if p := gate.Live(); len(p.Advice) != 1 || p.Advice[0].Code != ingest.AdviceCodecRefused {
		t.Errorf("advice %+v", p.Advice)
	}
	r.close(nil)
}

// A publication in codecs that can't be packaged is refused after its key was looked at, so
// that it is known whose it was.
func TestUnsupportedCodecIsTheStreams(t *testing.T) {
	gate := ingesttest.NewGate()
	address := startServer(t, gate)
	tcp := gortsplib.TransportTCP
	client := &gortsplib.Client{Transport: &tcp}
	defer client.Close()
	err := client.StartRecording(address, &description.Session{Medias: []*description.Media{
		{Type: description.MediaTypeVideo, Formats: []format.Format{&format.VP8{PayloadTyp: 96}}},
	}})
	if err == nil {
		t.Error("was let in")
	}
	if p := <-gate.Ended; !errors.Is(p.Reason, ingest.ErrUnsupported) {
		t.Errorf("the publication ended with %v", p.Reason)
	}
}

func TestLeftOut(t *testing.T) {
	h264 := &description.Media{Type: description.MediaTypeVideo, Formats: []format.Format{&format.H264{PayloadTyp: 96}}}
	g711 := &description.Media{Type: description.MediaTypeAudio, Formats: []format.Format{&format.G711{PayloadTyp: 0, SampleRate: 8000, ChannelCount: 1}}}
	speex := &description.Media{Type: description.MediaTypeAudio, Formats: []format.Format{&format.Speex{PayloadTyp: 99, SampleRate: 16000}}}
	opus := &description.Media{Type: description.MediaTypeAudio, Formats: []format.Format{&format.Opus{PayloadTyp: 97, ChannelCount: 2}}}
	data := &description.Media{Type: description.MediaTypeApplication, Formats: []format.Format{&format.Generic{PayloadTyp: 98, RTPMa: "vnd.onvif.metadata/90000"}}}
	tests := []struct {
		name   string
		medias []*description.Media
		want   int
	}{
		{"all is taken", []*description.Media{h264, opus}, 0},
		{"sound that is converted", []*description.Media{h264, g711}, 0},
		{"sound that can't be decoded", []*description.Media{h264, speex}, 1},
		{"other sound beside it", []*description.Media{h264, speex, g711}, 0},
		{"metadata", []*description.Media{h264, opus, data}, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			desc := &description.Session{Medias: tt.medias}
			video, audio, err := choose(desc)
			if err != nil {
				t.Fatal(err)
			}
			if got := leftOut(desc, video, audio); len(got) != tt.want {
				t.Errorf("left out: %q", got)
			}
		})
	}
}
