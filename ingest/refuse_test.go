package ingest

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/globalfandom/lightstick/media"
	"github.com/globalfandom/lightstick/media/bitstream"
)

var errSpeex = fmt.Errorf("%w: audio codec Speex; set the encoder to AAC", ErrUnsupported)

func rawTrack(t *testing.T, codec media.Codec) media.Track {
	t.Helper()
	track, err := bitstream.RawTrack(codec, 8000, 1)
	if err != nil {
		t.Fatal(err)
	}
	return track
}

// A track that can't be packaged ends the publication only if there is no other.
func TestRefuse(t *testing.T) {
	picture := func(s *Session) error { return s.SetVideo(media.H264, bitstream.ParamSets{}) }
	refuse := func(k media.Kind, after time.Duration) func(*Session) error {
		return func(s *Session) error { return s.Refuse(k, errSpeex, arrival.Add(after)) }
	}
	expect := func(video, audio bool) func(*Session) error {
		return func(s *Session) error {
			s.Expect(video, audio)
			return nil
		}
	}
	tests := []struct {
		name  string
		steps []func(*Session) error
		ends  bool   // with the last step
		waits string // for these kinds, at the end
	}{
		{"sound beside a picture", []func(*Session) error{picture, refuse(media.Audio, 0), refuse(media.Audio, time.Hour)}, false, "video"},
		{"sound before its picture", []func(*Session) error{refuse(media.Audio, 0), refuse(media.Audio, time.Second)}, false, "video"},
		{"sound without a picture", []func(*Session) error{refuse(media.Audio, 0), refuse(media.Audio, otherTrack)}, true, "video"},
		{"sound, and a picture is announced", []func(*Session) error{expect(true, true), refuse(media.Audio, 0), refuse(media.Audio, time.Hour)}, false, "video"},
		{"sound, and only that is announced", []func(*Session) error{expect(false, true), refuse(media.Audio, 0)}, true, ""},
		{"a picture beside sound", []func(*Session) error{
			func(s *Session) error { return s.SetAudio(rawTrack(t, media.PCMA)) }, refuse(media.Video, 0), refuse(media.Video, time.Hour),
		}, false, "audio"},
		{"both", []func(*Session) error{picture, refuse(media.Audio, 0), refuse(media.Video, 0)}, true, ""},
		{"neither", []func(*Session) error{expect(false, false)}, false, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			sink := newRecordingSink()
			s := NewSession(sink, 1000, 0)
			for i, step := range tt.steps {
				err := step(s)
				if ends := tt.ends && i == len(tt.steps)-1; ends != errors.Is(err, ErrUnsupported) {
					t.Fatalf("step %d: %v", i, err)
				}
			}
			if sink.waits != tt.waits {
				t.Errorf("the sink waits for %q, want %q", sink.waits, tt.waits)
			}
			for _, a := range sink.advice {
				if a.Code != AdviceCodecRefused || !strings.Contains(a.Text, "is left out: audio codec Speex") {
					t.Errorf("%+v", a)
				}
			}
			if refused := !strings.Contains(tt.name, "neither"); refused != (len(sink.advice) > 0) || len(sink.advice) > 2 {
				t.Errorf("advice %+v", sink.advice)
			}
		})
	}
}

// What a protocol announces as left out and what turns out to be refused later stand in one
// advice, until neither is so.
func TestAllThatIsLeftOutIsTold(t *testing.T) {
	sink := newRecordingSink()
	s := NewSession(sink, 1000, 0)
	last := func() string {
		if len(sink.advice) == 0 {
			return ""
		}
		return sink.advice[len(sink.advice)-1].Text
	}
	s.LeftOut("Speex", "FLAC")
	if err := s.Refuse(media.Audio, errSpeex, arrival); err != nil {
		t.Fatal(err)
	}
	s.LeftOut("Speex", "FLAC") // the protocol's tables come again and again
	if text := last(); !strings.Contains(text, "Speex or FLAC") || !strings.Contains(text, "the sound is left out") || len(sink.advice) != 2 {
		t.Errorf("advice %+v", sink.advice)
	}
	s.LeftOut()
	if text := last(); strings.Contains(text, "FLAC") || !strings.Contains(text, "the sound is left out") {
		t.Errorf("advice %q", text)
	}
	if err := s.SetAudio(rawTrack(t, media.PCMA)); err != nil {
		t.Fatal(err)
	}
	if text := last(); text != "" {
		t.Errorf("advice %q", text)
	}
}

// Sound that the sink doesn't take is left out; when the encoder is set to another codec, it
// is taken, and the advice withdrawn.
func TestSoundThatTheSinkRefuses(t *testing.T) {
	sink := newRecordingSink()
	s := NewSession(sink, 1000, 0)
	if err := s.SetVideo(media.H264, bitstream.ParamSets{}); err != nil {
		t.Fatal(err)
	}
	give := func(codec media.Codec, at int64) {
		t.Helper()
		if err := s.SetAudio(rawTrack(t, codec)); err != nil {
			t.Fatal(err)
		}
		for i := range int64(3) {
			if err := s.AudioFrames(at+20*i, [][]byte{make([]byte, 160)}, arrival.Add(time.Duration(at+20*i)*time.Millisecond)); err != nil {
				t.Fatal(err)
			}
		}
	}
	sink.refuse = errSpeex
	give(media.PCMA, 0)
	if n := len(sink.samples[media.Audio]); n > 0 || len(sink.advice) != 1 {
		t.Errorf("%d samples, advice %+v", n, sink.advice)
	}
	sink.refuse = nil
	give(media.PCMU, 60)
	if n := len(sink.samples[media.Audio]); n != 3 || sink.advice[len(sink.advice)-1].Text != "" {
		t.Errorf("%d samples, advice %+v", n, sink.advice)
	}
	sink.refuse = errSpeex // it could not be converted after all
	if err := s.AudioFrames(120, [][]byte{make([]byte, 160)}, arrival.Add(120*time.Millisecond)); err != nil {
		t.Fatal(err)
	}
	if sink.advice[len(sink.advice)-1].Text == "" {
		t.Errorf("advice %+v", sink.advice)
	}
}

// A unit of a codec that is refused does not end the sound that goes on around it.
func TestSoundGoesOnAfterARefusedUnit(t *testing.T) {
	sink := newRecordingSink()
	s := NewSession(sink, 1000, 0)
	if err := s.SetVideo(media.H264, bitstream.ParamSets{}); err != nil {
		t.Fatal(err)
	}
	if err := s.SetAudio(rawTrack(t, media.PCMA)); err != nil {
		t.Fatal(err)
	}
	for i := range int64(4) {
		at := arrival.Add(time.Duration(20*i) * time.Millisecond)
		if i == 2 {
			if err := s.Refuse(media.Audio, errSpeex, at); err != nil {
				t.Fatal(err)
			}
			continue
		}
		if err := s.AudioFrames(20*i, [][]byte{make([]byte, 160)}, at); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(sink.samples[media.Audio]); n != 3 || len(sink.advice) != 2 || sink.advice[1].Text != "" {
		t.Errorf("%d samples, advice %+v", n, sink.advice)
	}
}

// Samples without frames last as long as there are bytes of them.
func TestRawSoundIsCounted(t *testing.T) {
	sink := newRecordingSink()
	s := NewSession(sink, 1000, 0)
	if err := s.SetAudio(rawTrack(t, media.PCM)); err != nil {
		t.Fatal(err)
	}
	for _, size := range []int{320, 320, 1, 160} {
		if err := s.AudioFrames(0, [][]byte{make([]byte, size)}, arrival); err != nil {
			t.Fatal(err)
		}
	}
	var got []media.Ticks
	for _, sample := range sink.samples[media.Audio] {
		got = append(got, sample.DTS, sample.Duration)
	}
	if fmt.Sprint(got) != "[0 160 160 160 320 80]" {
		t.Errorf("times and durations %v", got)
	}
}
