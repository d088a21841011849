package ingest

import (
	"encoding/binary"
	"slices"
	"testing"
	"time"

	"github.com/globalfandom/lightstick/media"
	"github.com/globalfandom/lightstick/media/bitstream"
	"github.com/globalfandom/lightstick/media/bitstream/bitstreamtest"
)

// prefixed are NAL units as FLV has them.
func prefixed(nalus ...[]byte) (body []byte) {
	for _, n := range nalus {
		body = append(binary.BigEndian.AppendUint32(body, uint32(len(n))), n...)
	}
	return body
}

// message is a unit as a protocol gives it, with its time in milliseconds.
type message struct {
	at    int64
	nalus [][]byte
}

// sliced is a picture of four slices.
func sliced(key bool) (nalus [][]byte) {
	kind := bitstreamtest.SliceP
	if key {
		kind = bitstreamtest.SliceI
	}
	for i := range 4 {
		nalus = append(nalus, bitstreamtest.Slice(key, 200*i, kind, 0))
	}
	return nalus
}

// source makes messages of pictures.
func source(pictures int, of func(i int, at int64) []message) (all []message) {
	for i := range pictures {
		all = append(all, of(i, int64(i)*40)...)
	}
	return all
}

func apart(nalus [][]byte, at, spread int64) (all []message) {
	for i, n := range nalus {
		all = append(all, message{at + int64(i)*spread, [][]byte{n}})
	}
	return all
}

var parameterSets = bitstream.ParamSets{SPS: [][]byte{bitstreamtest.SPS(0, 40, 23)}, PPS: [][]byte{bitstreamtest.PPS(0, 0, 0)}}

func TestSlicesMakePictures(t *testing.T) {
	sei := []byte{0x06, 0x05, 0x01, 0x00, 0x80}
	tests := []struct {
		name     string
		messages []message
		pictures int
		nalus    int // of each picture
		repairs  map[string]int
		advised  bool
	}{
		{"whole pictures", source(50, func(i int, at int64) []message { return []message{{at, sliced(i%25 == 0)}} }), 50, 4, nil, false},
		{"a message a slice", source(50, func(i int, at int64) []message { return apart(sliced(i%25 == 0), at, 0) }),
			50, 4, map[string]int{RepairSlices: 1}, true},
		{"a message a slice, stamped when it is sent", source(50, func(i int, at int64) []message { return apart(sliced(i%25 == 0), at, 1) }),
			50, 4, map[string]int{RepairSlices: 1}, true},
		{"two slices a message", source(50, func(i int, at int64) []message {
			s := sliced(i%25 == 0)
			return []message{{at, s[:2]}, {at, s[2:]}}
		}), 50, 4, map[string]int{RepairSlices: 1}, true},
		{"delimiter, sets and messages by themselves", source(50, func(i int, at int64) []message {
			return append(apart([][]byte{{0x09, 0xf0}, parameterSets.SPS[0], parameterSets.PPS[0], sei}, at, 0), apart(sliced(i%25 == 0), at, 0)...)
		}), 50, 5, map[string]int{RepairSlices: 1}, true},
		{"messages by themselves, whole pictures", source(50, func(i int, at int64) []message {
			return []message{{at, [][]byte{sei}}, {at, sliced(i%25 == 0)}}
		}), 50, 5, nil, false},
		// The first picture with more slices is spoilt, and with it all up to the keyframe.
		{"more slices from the 11th picture on", source(50, func(i int, at int64) []message {
			if i < 10 {
				return []message{{at, sliced(i == 0)}}
			}
			return apart(sliced(i%25 == 0), at, 0)
		}), 36, 0, map[string]int{RepairSlices: 15}, true},
		{"a picture without its first slice", source(50, func(i int, at int64) []message {
			if i == 30 {
				return []message{{at, sliced(false)[1:]}}
			}
			return []message{{at, sliced(i%25 == 0)}}
		}), 50, 0, nil, false},
	}
	gives := map[string]func(s *Session, m message) error{
		"RTMP": func(s *Session, m message) error {
			return s.VideoBody(m.at, 0, prefixed(m.nalus...), 4, arrival.Add(time.Duration(m.at)*time.Millisecond))
		},
		"SRT": func(s *Session, m message) error {
			return s.VideoNALUnits(m.at, 0, m.nalus, arrival.Add(time.Duration(m.at)*time.Millisecond))
		},
		"RTSP": func(s *Session, m message) error {
			return s.VideoPresented(m.at, prefixed(m.nalus...), arrival.Add(time.Duration(m.at)*time.Millisecond))
		},
	}
	for _, tt := range tests {
		for protocol, give := range gives {
			t.Run(tt.name+" by "+protocol, func(t *testing.T) {
				sink := newRecordingSink()
				s := NewSession(sink, 1000, 32)
				if err := s.SetVideo(media.H264, parameterSets); err != nil {
					t.Fatal(err)
				}
				for _, m := range tt.messages {
					if err := give(s, m); err != nil {
						t.Fatal(err)
					}
				}
				s.Close(nil)
				samples := sink.samples[media.Video]
				if len(samples) != tt.pictures || len(sink.tracks) != 1 {
					t.Errorf("%d samples of %d, %d tracks", len(samples), tt.pictures, len(sink.tracks))
				}
				for i, sample := range samples {
					if n := units(sample.Payload); tt.nalus > 0 && n != tt.nalus {
						t.Errorf("picture %d has %d NAL units, want %d", i, n, tt.nalus)
					}
					if key := sample.DTS%90000 == 0; sample.DTS%3600 != 0 || sample.KeyFrame != key {
						t.Errorf("picture %d at %d, key %v", i, sample.DTS, sample.KeyFrame)
					}
				}
				for reason, n := range tt.repairs {
					if sink.repairs[reason] != n {
						t.Errorf("repairs %v, want %v", sink.repairs, tt.repairs)
					}
				}
				if len(sink.repairs) != len(tt.repairs) || (len(sink.advice) > 0) != tt.advised {
					t.Errorf("repairs %v, want %v; advice %v", sink.repairs, tt.repairs, sink.advice)
				}
			})
		}
	}
}

// units counts the NAL units of a payload.
func units(payload []byte) (n int) {
	for len(payload) >= 4 {
		payload = payload[4+binary.BigEndian.Uint32(payload):]
		n++
	}
	return n
}

// A source of whole pictures waits for nothing but the end of its first picture.
func TestWholePicturesDoNotWait(t *testing.T) {
	sink := newRecordingSink()
	s := NewSession(sink, 1000, 32)
	if err := s.SetVideo(media.H264, parameterSets); err != nil {
		t.Fatal(err)
	}
	for i := range 10 {
		if err := s.VideoBody(int64(i)*40, 0, prefixed(sliced(i == 0)...), 4, arrival); err != nil {
			t.Fatal(err)
		}
		if want := i + 1; i > 0 && len(sink.samples[media.Video]) != want {
			t.Errorf("%d of %d pictures are written", len(sink.samples[media.Video]), want)
		}
	}
}

// On a still screen no picture follows: the sound shows that the last one is whole.
func TestSoundEndsThePictureThatWaits(t *testing.T) {
	sink := newRecordingSink()
	s := NewSession(sink, 1000, 32)
	if err := s.SetVideo(media.H264, parameterSets); err != nil {
		t.Fatal(err)
	}
	if err := s.SetAudio(aac(t, 3)); err != nil {
		t.Fatal(err)
	}
	for _, m := range slices.Concat(apart(sliced(true), 0, 0), apart(sliced(false), 40, 0)) {
		if err := s.VideoBody(m.at, 0, prefixed(m.nalus...), 4, arrival); err != nil {
			t.Fatal(err)
		}
	}
	for at := int64(0); at < 1000; at += 21 {
		if err := s.AudioFrames(at, [][]byte{{1}}, arrival.Add(time.Duration(at)*time.Millisecond)); err != nil {
			t.Fatal(err)
		}
		if n := len(sink.samples[media.Video]); at < 200 && n != 1 || at > 400 && n != 2 {
			t.Fatalf("%d pictures after %d ms of sound", n, at)
		}
	}
}

// A PPS that comes in between is announced when a picture needs it or with the next
// keyframe, once. A configuration that lacks it takes nothing away.
func TestParameterSetsBetweenPictures(t *testing.T) {
	second := bitstreamtest.PPS(1, 0, 5)
	p := func(pps int) []byte { return bitstreamtest.Slice(false, 0, bitstreamtest.SliceP, pps) }
	tests := []struct {
		name   string
		units  [][][]byte // a keyframe comes before
		tracks int
		pps    int
	}{
		{"none", [][][]byte{{p(0)}, {p(0)}}, 1, 1},
		{"not needed", [][][]byte{{second, p(0)}, {p(0)}}, 1, 1},
		{"not needed up to the keyframe", [][][]byte{{second, p(0)}, sliced(true), {p(1)}}, 2, 2},
		{"needed at once", [][][]byte{{second, p(1)}, {p(0)}, {p(1)}}, 2, 2},
		{"in turn", [][][]byte{{second, p(1)}, {parameterSets.PPS[0], p(0)}, sliced(true), {second, p(1)}}, 2, 2},
		{"new content", [][][]byte{append([][]byte{bitstreamtest.PPS(0, 0, 7)}, sliced(true)...)}, 2, 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			sink := newRecordingSink()
			s := NewSession(sink, 1000, 32)
			if err := s.SetVideo(media.H264, parameterSets); err != nil {
				t.Fatal(err)
			}
			for i, unit := range append([][][]byte{sliced(true)}, tt.units...) {
				if err := s.VideoNALUnits(int64(i)*40, 0, unit, arrival); err != nil {
					t.Fatal(err)
				}
			}
			last := sink.tracks[len(sink.tracks)-1]
			if len(sink.tracks) != tt.tracks || len(last.PPS) != tt.pps || len(sink.repairs) > 0 {
				t.Errorf("%d tracks, %d PPS, repairs %v", len(sink.tracks), len(last.PPS), sink.repairs)
			}
			if tt.name == "new content" {
				return
			}
			if err := s.SetVideo(media.H264, parameterSets); err != nil {
				t.Fatal(err)
			}
			if again := sink.tracks[len(sink.tracks)-1]; len(again.PPS) < tt.pps {
				t.Errorf("%d PPS after the configuration came again", len(again.PPS))
			}
		})
	}
}

// Who joins needs a key frame. Sources without one are told, those that have recovery
// points are cut there.
func TestSourcesWithoutKeyFrames(t *testing.T) {
	const fps = 25
	tests := []struct {
		name     string
		frames   int              // of the gradual refresh; 0: intra pictures
		point    func(s int) bool // whether the second begins with a recovery point
		idr      func(s int) bool
		keys     []int // seconds
		advice   []int // seconds at which an advice was given
		standing bool
	}{
		{"an IDR picture a second", 12, func(int) bool { return false }, func(int) bool { return true }, []int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13}, nil, false},
		{"gradual refresh", 24, func(int) bool { return true }, func(s int) bool { return s == 0 }, []int{0, 5, 6, 7, 8, 9, 10, 11, 12, 13}, []int{4}, true},
		{"gradual refresh, joined in between", 24, func(int) bool { return true }, func(s int) bool { return false }, []int{5, 6, 7, 8, 9, 10, 11, 12, 13}, []int{4}, true},
		{"gradual refresh beside IDR pictures", 24, func(int) bool { return true }, func(s int) bool { return s%2 == 0 }, []int{0, 2, 4, 6, 8, 10, 12}, nil, false},
		{"open groups of pictures", 0, func(int) bool { return true }, func(s int) bool { return s == 0 }, []int{0, 5, 6, 7, 8, 9, 10, 11, 12, 13}, []int{5}, true},
		{"nothing but the first", 0, func(int) bool { return false }, func(s int) bool { return s == 0 }, []int{0}, []int{10}, true},
		{"nothing for a while", 0, func(int) bool { return false }, func(s int) bool { return s == 0 || s == 12 }, []int{0, 12}, []int{10, 12}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			sink := newRecordingSink()
			s := NewSession(sink, 1000, 32)
			if err := s.SetVideo(media.H264, parameterSets); err != nil {
				t.Fatal(err)
			}
			var advised []int
			for i := range 14 * fps {
				second, first := i/fps, i%fps == 0
				unit := [][]byte{bitstreamtest.Slice(false, 0, bitstreamtest.SliceP, 0)}
				switch {
				case first && tt.idr(second):
					unit = sliced(true)
				case first && tt.point(second) && tt.frames > 0:
					unit = [][]byte{bitstreamtest.RecoveryPoint(tt.frames), unit[0]}
				case first && tt.point(second):
					unit = [][]byte{bitstreamtest.RecoveryPoint(0), bitstreamtest.Slice(false, 0, bitstreamtest.SliceI, 0)}
				}
				at := int64(i) * 1000 / fps
				given := len(sink.advice)
				if err := s.VideoBody(at, 0, prefixed(unit...), 4, arrival.Add(time.Duration(at)*time.Millisecond)); err != nil {
					t.Fatal(err)
				}
				if len(sink.advice) > given {
					advised = append(advised, second)
				}
			}
			s.Close(nil)
			var keys []int
			for _, sample := range sink.samples[media.Video] {
				if sample.KeyFrame {
					keys = append(keys, int(sample.DTS/90_000))
				}
			}
			if !slices.Equal(keys, tt.keys) || !slices.Equal(advised, tt.advice) {
				t.Errorf("key frames at %v, want %v; advice at %v, want %v", keys, tt.keys, advised, tt.advice)
			}
			if n := len(sink.advice); n > 0 && (sink.advice[n-1].Text != "") != tt.standing {
				t.Errorf("the last advice is %+v", sink.advice[n-1])
			}
		})
	}
}

// Units of any content and time: samples never go back, and are well framed.
func FuzzPictures(f *testing.F) {
	add := func(messages ...message) {
		var b []byte
		for _, m := range messages {
			for _, n := range m.nalus {
				b = append(append(b, byte(m.at), byte(len(n))), n...)
			}
		}
		f.Add(b, byte(0))
		f.Add(b, byte(1))
		f.Add(b, byte(2))
	}
	add(slices.Concat(apart(sliced(true), 0, 0), apart(sliced(false), 40, 0), apart(sliced(false), 80, 1))...)
	add(message{0, sliced(true)}, message{40, [][]byte{bitstreamtest.PPS(1, 0, 3), bitstreamtest.Slice(false, 0, 0, 1)}}, message{20, sliced(false)[1:]})
	f.Fuzz(func(t *testing.T, b []byte, way byte) {
		sink := newRecordingSink()
		s := NewSession(sink, 1000, 32)
		_ = s.SetVideo(media.H264, parameterSets)
		now := arrival
		for len(b) > 1 {
			at, n := int64(int8(b[0]))*997, min(int(b[1]), len(b)-2)
			unit := b[2 : 2+n]
			b = b[2+n:]
			now = now.Add(time.Duration(n) * time.Millisecond)
			switch way % 3 {
			case 0:
				_ = s.VideoBody(at, int64(n), prefixed(unit), 4, now)
			case 1:
				_ = s.VideoNALUnits(at, int64(n), [][]byte{unit}, now)
			case 2:
				_ = s.VideoPresented(at, prefixed(unit), now)
			}
		}
		s.Close(nil)
		last := media.Ticks(-1)
		for _, sample := range sink.samples[media.Video] {
			if sample.DTS <= last || len(sample.Payload) == 0 {
				t.Errorf("a sample of %d bytes at %d after %d", len(sample.Payload), sample.DTS, last)
			}
			last = sample.DTS
		}
	})
}
