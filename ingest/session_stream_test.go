package ingest

import (
	"os"
	"testing"
	"time"

	"github.com/globalfandom/lightstick/media"
)

// Sound without timestamps follows what came before it, and is left out as long as nothing
// has come.
func TestSoundWithoutTimestamps(t *testing.T) {
	const frame = 21333 * time.Microsecond
	sink := newRecordingSink()
	s := NewSession(sink, 1000, 32)
	if err := s.SetAudio(aac(t, 3)); err != nil {
		t.Fatal(err)
	}
	for i, ms := range []int64{NoTimestamp, 5000, NoTimestamp, NoTimestamp, 5064, NoTimestamp} {
		if err := s.AudioFrames(ms, [][]byte{{1, 2, 3}}, arrival.Add(time.Duration(i)*frame)); err != nil {
			t.Fatal(err)
		}
	}
	samples := sink.samples[media.Audio]
	if len(samples) != 5 || s.Written(media.Audio) != 5 || len(sink.repairs) > 0 {
		t.Fatalf("%d samples, %d written, repairs %v", len(samples), s.Written(media.Audio), sink.repairs)
	}
	for i, sample := range samples {
		if sample.DTS != media.Ticks(i*1024) {
			t.Errorf("sample %d at %d", i, sample.DTS)
		}
	}
}

// A frame whose end was lost is left out, rather than joined with what comes next.
func TestLostSoundIsNotJoined(t *testing.T) {
	mp3, err := os.ReadFile("../testdata/audio/44100.mp3")
	if err != nil {
		t.Fatal(err)
	}
	whole := newRecordingSink()
	s := NewSession(whole, 90_000, 33)
	if err := s.AudioStream(media.MP3, 0, mp3, arrival); err != nil {
		t.Fatal(err)
	}
	units := whole.samples[media.Audio]
	at := len(units[0].Payload)
	sink := newRecordingSink()
	s = NewSession(sink, 90_000, 33)
	if err := s.AudioStream(media.MP3, 0, mp3[:at+10], arrival); err != nil {
		t.Fatal(err)
	}
	s.AudioLost()
	second := at + len(units[1].Payload)
	if err := s.AudioStream(media.MP3, NoTimestamp, mp3[second:], arrival); err != nil {
		t.Fatal(err)
	}
	for i, sample := range sink.samples[media.Audio] {
		want := units[0]
		if i > 0 {
			want = units[i+1]
		}
		if string(sample.Payload) != string(want.Payload) {
			t.Errorf("unit %d has %d bytes, want %d", i, len(sample.Payload), len(want.Payload))
		}
	}
	if len(sink.samples[media.Audio]) != len(units)-1 {
		t.Errorf("%d units of %d", len(sink.samples[media.Audio]), len(units))
	}
}

func TestFrameDuration(t *testing.T) {
	s := NewSession(newRecordingSink(), 90_000, 33)
	if d := s.FrameDuration(); d != 0 {
		t.Errorf("before the parameter sets: %d", d)
	}
	if err := s.SetVideo(media.H264, sets); err != nil {
		t.Fatal(err)
	}
	if d := s.FrameDuration(); d != 3000 {
		t.Errorf("%d, want that of 30 pictures a second", d)
	}
}
