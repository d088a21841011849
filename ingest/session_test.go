package ingest

import (
	"errors"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/globalfandom/lightstick/media"
	"github.com/globalfandom/lightstick/media/bitstream"
	"github.com/globalfandom/lightstick/media/bitstream/bitstreamtest"
)

var sets = bitstream.ParamSets{
	SPS: [][]byte{{
		0x67, 0x64, 0x00, 0x1e, 0xac, 0xd9, 0x40, 0xa0, 0x2f, 0xf9, 0x70, 0x11, 0x00, 0x00, 0x03, 0x00,
		0x01, 0x00, 0x00, 0x03, 0x00, 0x3c, 0x0f, 0x16, 0x2d, 0x96,
	}},
	PPS: [][]byte{{0x68, 0xeb, 0xe3, 0xcb, 0x22, 0xc0}},
}

// picture is a length-prefixed access unit of one slice.
func picture(key bool) []byte {
	slice := byte(0x41)
	if key {
		slice = 0x65
	}
	return []byte{0, 0, 0, 3, slice, 0x88, 0x80}
}

func aac(t *testing.T, rate byte) media.Track {
	t.Helper()
	track, err := bitstream.AACTrack([]byte{0x10 | rate>>1, rate<<7 | 0x08})
	if err != nil {
		t.Fatal(err)
	}
	return track
}

func TestFrameRatesInMilliseconds(t *testing.T) {
	for name, fps := range map[string][2]int64{
		"23.976": {24000, 1001}, "25": {25, 1}, "29.97": {30000, 1001}, "50": {50, 1}, "59.94": {60000, 1001},
	} {
		t.Run(name, func(t *testing.T) {
			sink := newRecordingSink()
			s := NewSession(sink, 1000, 32)
			if err := s.SetVideo(media.H264, sets); err != nil {
				t.Fatal(err)
			}
			for i := range int64(600) {
				ms := i * 1000 * fps[1] / fps[0]
				now := arrival.Add(time.Duration(ms) * time.Millisecond)
				if err := s.VideoBody(ms, 0, picture(i%60 == 0), 4, now); err != nil {
					t.Fatal(err)
				}
			}
			frame := ticks(time.Duration(fps[1]) * time.Second / time.Duration(fps[0]))
			checkIncreasing(t, sink.samples[media.Video], 600, frame+ticks(time.Millisecond))
			if len(sink.repairs) > 0 {
				t.Errorf("repairs %v", sink.repairs)
			}
		})
	}
}

func TestVariableFrameRate(t *testing.T) {
	sink := newRecordingSink()
	s := NewSession(sink, 1000, 32)
	if err := s.SetVideo(media.H264, sets); err != nil {
		t.Fatal(err)
	}
	ms := int64(0)
	for i := range int64(300) {
		ms += []int64{16, 33, 200, 900, 5}[i%5]
		if err := s.VideoBody(ms, 0, picture(i%60 == 0), 4, arrival.Add(time.Duration(ms)*time.Millisecond)); err != nil {
			t.Fatal(err)
		}
	}
	checkIncreasing(t, sink.samples[media.Video], 300, ticks(time.Second))
	if len(sink.repairs) > 0 {
		t.Errorf("repairs %v", sink.repairs)
	}
}

func TestCompositionOffsets(t *testing.T) {
	tests := []struct {
		name   string
		offset int64
		want   media.Ticks
	}{
		{"none", 0, 0},
		{"two frames", 67, 6030},
		{"negative, as some encoders send", -33, -2970},
		{"absurd", 16_777_183, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			sink := newRecordingSink()
			s := NewSession(sink, 1000, 32)
			if err := s.SetVideo(media.H264, sets); err != nil {
				t.Fatal(err)
			}
			if err := s.VideoBody(0, tt.offset, picture(true), 4, arrival); err != nil {
				t.Fatal(err)
			}
			s.Close(nil)
			if got := sink.samples[media.Video][0].CompositionOffset; got != tt.want {
				t.Errorf("got %d, want %d", got, tt.want)
			}
		})
	}
}

// Millisecond timestamps of 1,024 samples at 44.1 kHz are 23.22 ms apart: decode
// times must follow the samples, to the tick.
func TestAudioFollowsItsSamples(t *testing.T) {
	const rate44100 = 4 // sampling frequency index
	sink := newRecordingSink()
	s := NewSession(sink, 1000, 32)
	if err := s.SetAudio(aac(t, rate44100)); err != nil {
		t.Fatal(err)
	}
	for i := range int64(1000) {
		ms := i * 1024 * 1000 / 44100
		if err := s.AudioFrames(ms, [][]byte{{1, 2, 3}}, arrival.Add(time.Duration(ms)*time.Millisecond)); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(sink.samples[media.Audio]); n != 1000 {
		t.Errorf("%d samples of 1000", n)
	}
	for i, sample := range sink.samples[media.Audio] {
		if sample.DTS != media.Ticks(i*1024) || sample.Duration != 1024 {
			t.Fatalf("sample %d at %d for %d", i, sample.DTS, sample.Duration)
		}
	}
}

func TestAudioGapAndOverlap(t *testing.T) {
	const rate48000 = 3
	sink := newRecordingSink()
	s := NewSession(sink, 1000, 32)
	if err := s.SetAudio(aac(t, rate48000)); err != nil {
		t.Fatal(err)
	}
	feed := func(from, to int64) {
		for ms := from; ms < to; ms += 21 {
			if err := s.AudioFrames(ms, [][]byte{{1}}, arrival.Add(time.Duration(ms)*time.Millisecond)); err != nil {
				t.Fatal(err)
			}
		}
	}
	feed(0, 1000)
	feed(1500, 2000) // half a second is missing
	if sink.repairs[RepairAudioGap] != 1 {
		t.Errorf("repairs %v, want one gap", sink.repairs)
	}
	feed(1800, 2500) // two tenths come again
	if sink.repairs[RepairOverlap] == 0 {
		t.Errorf("repairs %v, want an overlap", sink.repairs)
	}
	samples := sink.samples[media.Audio]
	if first, last := samples[0], samples[len(samples)-1]; first.DTS != 0 || (last.DTS.Duration(48000)-2500*time.Millisecond).Abs() > 50*time.Millisecond || len(samples) < 90 {
		t.Errorf("%d samples from %d to %d", len(samples), first.DTS, last.DTS)
	}
	for i := 1; i < len(samples); i++ {
		if samples[i].DTS < samples[i-1].DTS+1024 {
			t.Errorf("sample %d begins at %d, inside the one at %d", i, samples[i].DTS, samples[i-1].DTS)
		}
	}
}

func TestDamagedParameterSetsAreIgnored(t *testing.T) {
	sink := newRecordingSink()
	s := NewSession(sink, media.VideoTimescale, 33)
	if err := s.SetVideo(media.H264, bitstream.ParamSets{}); err != nil {
		t.Fatal(err)
	}
	good := [][]byte{sets.SPS[0], sets.PPS[0], {0x65, 0x88, 0x80}}
	bad := [][]byte{{0x67, 0xff}, sets.PPS[0], {0x65, 0x88, 0x80}}
	for i, au := range [][][]byte{good, bad, good} {
		if err := s.VideoNALUnits(int64(i)*3000, 0, au, arrival); err != nil {
			t.Fatal(err)
		}
	}
	if len(sink.samples[media.Video]) != 3 || sink.repairs[RepairParameters] != 1 {
		t.Errorf("%d samples, repairs %v", len(sink.samples[media.Video]), sink.repairs)
	}
}

func TestKeyIntervalFromTheEncodersOptions(t *testing.T) {
	sink := newRecordingSink()
	s := NewSession(sink, media.VideoTimescale, 33)
	if err := s.SetVideo(media.H264, bitstream.ParamSets{}); err != nil {
		t.Fatal(err)
	}
	sei := append([]byte{0x06, 0x05, 0xff}, "x264 - core 164 - options: cabac=1 keyint=250 keyint_min=25"...)
	if err := s.VideoNALUnits(0, 0, [][]byte{sets.SPS[0], sets.PPS[0], sei, {0x65, 0x88, 0x80}}, arrival); err != nil {
		t.Fatal(err)
	}
	last := sink.tracks[len(sink.tracks)-1]
	if last.Width != 640 || last.Height != 360 || last.KeyInterval < 8*time.Second || last.KeyInterval > 9*time.Second {
		t.Errorf("%dx%d, keyframes at most every %v", last.Width, last.Height, last.KeyInterval)
	}
}

func TestOpenGroupsOfPictures(t *testing.T) {
	picture := func(key, point bool) [][]byte {
		slice := []byte{0x41, 0x9a, 0x80}
		switch {
		case key:
			return [][]byte{sets.SPS[0], sets.PPS[0], {0x65, 0x88, 0x80}}
		case point:
			slice = []byte{0x61, 0x88, 0x80}
			return [][]byte{sets.SPS[0], sets.PPS[0], {0x06, 6, 1, 0xc4, 0x80}, slice}
		}
		return [][]byte{slice}
	}
	tests := []struct {
		name string
		idr  func(second int) bool
		want []int // seconds with a key frame, of 12
	}{
		{"an IDR picture a second", func(int) bool { return true }, []int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}},
		{"none but the first", func(s int) bool { return s == 0 }, []int{0, 5, 6, 7, 8, 9, 10, 11}},
		{"joined in between", func(int) bool { return false }, []int{5, 6, 7, 8, 9, 10, 11}},
		{"one in four seconds", func(s int) bool { return s%4 == 0 }, []int{0, 4, 8}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			sink := newRecordingSink()
			s := NewSession(sink, media.VideoTimescale, 33)
			if err := s.SetVideo(media.H264, bitstream.ParamSets{}); err != nil {
				t.Fatal(err)
			}
			for i := range 12 * 25 {
				second, first := i/25, i%25 == 0
				now := arrival.Add(time.Duration(i) * time.Second / 25)
				if err := s.VideoNALUnits(int64(i)*3600, 0, picture(first && tt.idr(second), first), now); err != nil {
					t.Fatal(err)
				}
			}
			var keys []int
			for _, sample := range sink.samples[media.Video] {
				if sample.KeyFrame {
					keys = append(keys, int(sample.DTS/90_000))
				}
			}
			if !slices.Equal(keys, tt.want) {
				t.Errorf("key frames at %v, want %v", keys, tt.want)
			}
		})
	}
}

// Captions are announced with the track, once for each channel that appears.
func TestCaptionsAreAnnounced(t *testing.T) {
	captions := func(construct ...byte) []byte {
		data := append([]byte{0xb5, 0, 0x31, 'G', 'A', '9', '4', 3, 0x41, 0xff}, construct...)
		return append([]byte{0x06, 4, byte(len(data))}, append(data, 0x80)...)
	}
	sink := newRecordingSink()
	s := NewSession(sink, media.VideoTimescale, 33)
	if err := s.SetVideo(media.H264, bitstream.ParamSets{}); err != nil {
		t.Fatal(err)
	}
	slice := []byte{0x41, 0x9a, 0x22}
	for i, au := range [][][]byte{
		{sets.SPS[0], sets.PPS[0], captions(0xfc, 0x80, 0x80), {0x65, 0x88, 0x80}},
		{captions(0xfc, 0x94, 0x20), slice},
		{captions(0xfc, 0x94, 0x20), slice},
		{captions(0xfd, 0x15, 0x20), slice},
	} {
		if err := s.VideoNALUnits(int64(i)*3000, 0, au, arrival); err != nil {
			t.Fatal(err)
		}
	}
	var got []media.Captions
	for _, track := range sink.tracks {
		got = append(got, track.Captions)
		if !track.SameInit(sink.tracks[0]) {
			t.Error("captions change the initialization section")
		}
	}
	if !slices.Equal(got, []media.Captions{0, media.CC1, media.CC1 | media.CC3}) {
		t.Errorf("announced %v", got)
	}
}

// Another codec, or another rate of the sound, is taken up where the one before it
// ended.
func TestTracksThatChange(t *testing.T) {
	sink := newRecordingSink()
	s := NewSession(sink, 1000, 32)
	s.Declare(2_500_000, 128_000)
	if err := s.SetVideo(media.H264, sets); err != nil {
		t.Fatal(err)
	}
	if err := s.SetAudio(aac(t, 4)); err != nil { // 44.1 kHz
		t.Fatal(err)
	}
	if len(sink.tracks) != 2 || sink.tracks[0].BitrateBPS != 2_500_000 || sink.tracks[1].BitrateBPS != 128_000 {
		t.Errorf("%+v", sink.tracks)
	}
	ms := int64(0)
	sound := func(n int) {
		for range n {
			if err := s.AudioFrames(ms, [][]byte{{1}}, arrival.Add(time.Duration(ms)*time.Millisecond)); err != nil {
				t.Fatal(err)
			}
			ms += 1024 * 1000 / int64(s.audio.track.Timescale)
		}
	}
	sound(100)
	end := (sink.samples[media.Audio][99].DTS + 1024).Duration(44100)
	if err := s.SetAudio(aac(t, 3)); err != nil { // 48 kHz
		t.Fatal(err)
	}
	sound(100)
	if next := sink.samples[media.Audio][100].DTS.Duration(48000); (next-end).Abs() > time.Millisecond || len(sink.repairs) > 0 {
		t.Errorf("at 48 kHz the sound goes on at %v, not %v; repairs %v", next, end, sink.repairs)
	}
	// Pictures of a codec whose parameters nobody knows yet are not taken for the
	// old one's.
	if err := s.SetVideo(media.HEVC, bitstream.ParamSets{}); err != nil {
		t.Fatal(err)
	}
	if err := s.VideoBody(ms, 0, picture(true), 4, arrival); err != nil {
		t.Fatal(err)
	}
	if n := len(sink.samples[media.Video]); n != 0 || len(sink.tracks) != 3 {
		t.Errorf("%d pictures without parameters, %d tracks", n, len(sink.tracks))
	}
}

// A session ends when its sink takes no more: each way in passes the sink's error on.
func TestSinksErrorsArePassedOn(t *testing.T) {
	refused := errors.New("refused")
	obus := bitstreamtest.TemporalUnits(av1Stream(t))[0]
	for name, give := range map[string]func(*Session) error{
		"the video track": func(s *Session) error { return s.SetVideo(media.H264, sets) },
		"the audio track": func(s *Session) error { return s.SetAudio(aac(t, 3)) },
		"a picture": func(s *Session) error {
			_ = s.SetVideo(media.H264, sets)
			return errors.Join(s.VideoBody(0, 0, picture(true), 4, arrival), s.VideoBody(40, 0, picture(false), 4, arrival))
		},
		"a picture as NAL units": func(s *Session) error {
			_ = s.SetVideo(media.H264, sets)
			return errors.Join(s.VideoNALUnits(0, 0, [][]byte{{0x65, 0x88, 0x80}}, arrival),
				s.VideoNALUnits(40, 0, [][]byte{{0x41, 0x9a, 0x80}}, arrival))
		},
		"parameters among the pictures": func(s *Session) error {
			_ = s.SetVideo(media.H264, bitstream.ParamSets{})
			return s.VideoNALUnits(0, 0, [][]byte{sets.SPS[0], sets.PPS[0], {0x65, 0x88, 0x80}}, arrival)
		},
		"a temporal unit": func(s *Session) error {
			_ = s.SetVideo(media.AV1, bitstream.ParamSets{})
			return s.VideoOBUStream(0, obus, arrival)
		},
		"sound": func(s *Session) error {
			_ = s.SetAudio(aac(t, 3))
			return s.AudioFrames(0, [][]byte{{1}}, arrival)
		},
	} {
		sink := newRecordingSink()
		sink.refuse = refused
		if err := give(NewSession(sink, 1000, 32)); !errors.Is(err, refused) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func av1Stream(t *testing.T) []byte {
	t.Helper()
	b, err := os.ReadFile("../testdata/av1/svt.obu")
	if err != nil {
		t.Fatal(err)
	}
	return b
}
