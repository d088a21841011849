package mpegts

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/globalfandom/lightstick/ingest"
	"github.com/globalfandom/lightstick/ingest/ingesttest"
	"github.com/globalfandom/lightstick/media"
)

// Programs of a stream: sound alone, and two with a picture.
var (
	radio  = layout{program: 1, pmt: 0x1001, pids: [2]uint16{0, 0x111}}
	first  = layout{program: 2, pmt: 0x1002, pids: [2]uint16{0x120, 0x121}}
	second = layout{program: 7, pmt: 0x1007, pids: [2]uint16{0x170, 0x171}}
)

// playAll plays programs side by side. Their maps come in the order given, which may be
// another than that of the PAT.
func (s *stream) playAll(listed, maps []layout, films map[uint16][]unit) {
	var numbers []uint16
	for _, l := range listed {
		numbers = append(numbers, l.program, l.pmt)
	}
	for i := range films[listed[0].program] {
		if i%10 == 0 {
			s.pat(numbers...)
			for _, l := range maps {
				s.put(l.pmt, l.section())
			}
		}
		s.now += 10 * time.Millisecond
		for _, l := range maps {
			if film := films[l.program]; i < len(film) && l.pids[film[i].kind] != 0 {
				s.unit(l.pids[film[i].kind], film[i])
			}
		}
	}
}

func TestPrograms(t *testing.T) {
	units, other := film(t, small, dat), film(t, large, dat)
	films := map[uint16][]unit{1: units, 2: units, 7: other}
	three := []layout{radio, first, second}
	largePicture := []string{"H.264 96x64", "AAC 48000"}
	tests := []struct {
		name   string
		wanted uint16
		build  func(s *stream)
		want   outcome
	}{
		{"the first with a picture", 0, func(s *stream) { s.playAll(three, three, films) }, outcome{pictures, sounds, both, nil, nil}},
		{"its map comes later", 0, func(s *stream) {
			s.playAll(three, []layout{second, first, radio}, films)
		}, outcome{pictures, sounds, both, nil, nil}},
		{"the one asked for", 7, func(s *stream) { s.playAll(three, three, films) }, outcome{pictures, sounds, largePicture, nil, nil}},
		{"sound alone", 1, func(s *stream) { s.playAll(three, three, films) }, outcome{0, sounds, both[1:], nil, nil}},
		{"another one when it vanishes", 0, func(s *stream) {
			s.playAll(three, three, films)
			s.playAll([]layout{second}, []layout{second}, map[uint16][]unit{7: shifted(other, 3*time.Second)})
		}, outcome{2 * pictures, 2 * sounds, []string{"H.264 64x48", "H.264 96x64", "AAC 48000"}, nil, nil}},
		{"no other one than asked for", 2, func(s *stream) {
			s.playAll(three, three, films)
			s.playAll([]layout{second}, []layout{second}, map[uint16][]unit{7: shifted(other, 3*time.Second)})
		}, outcome{pictures, sounds, both, nil, []string{"program_missing"}}},
		{"the one asked for comes back", 2, func(s *stream) {
			s.playAll([]layout{first}, []layout{first}, films)
			s.pat(7, 0x1007)
			s.playAll([]layout{first}, []layout{first}, map[uint16][]unit{2: shifted(units, 3*time.Second)})
		}, outcome{2 * pictures, 2 * sounds, both, nil, nil}},
		{"many programs", 200, func(s *stream) {
			l := second
			l.program = 200
			var all []layout
			for i := range uint16(40) {
				all = append(all, layout{program: i + 1, pmt: 0x500 + i})
			}
			s.playAll(append(all, l), []layout{l}, map[uint16][]unit{1: other, 200: other})
		}, outcome{pictures, sounds, largePicture, nil, nil}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := &stream{}
			tt.build(s)
			p, err := s.demux(t, tt.wanted)
			if err != nil {
				t.Fatal(err)
			}
			delete(p.Repairs, ingest.RepairForward)
			tt.want.check(t, p)
		})
	}
}

// What can't be played is refused, in words, and not before it had its time.
func TestRefusals(t *testing.T) {
	units := film(t, small, dat)
	playing := func(entries ...entry) func(s *stream) {
		return func(s *stream) {
			l := usual
			l.entries = entries
			for i := range 4 {
				s.play(l, shifted(units, 3*time.Second*time.Duration(i)))
			}
		}
	}
	tests := []struct {
		name    string
		program uint16
		build   func(s *stream)
		want    error
		says    string
	}{
		{"nothing", 0, func(*stream) {}, ErrNoProgram, "nothing arrived"},
		{"text", 0, func(s *stream) { s.write(bytes.Repeat([]byte("not a transport stream "), 10_000)) }, ErrNoProgram, "-f mpegts"},
		{"FLV", 0, func(s *stream) { s.write(bytes.Repeat([]byte("FLV\x01\x05G\x00\x00\x09"), 100_000)) }, ErrNoProgram, "-f mpegts"},
		{"null packets", 0, func(s *stream) {
			s.write(bytes.Repeat(append([]byte{syncByte, 0x1f, 0xff, 0x10}, make([]byte, 184)...), 30_000))
		}, ErrNoProgram, "PAT"},
		{"no map", 0, func(s *stream) { s.pat(3, 0x333); s.pat(3, 0x333) }, ErrNoProgram, "program 3 came, which should be on PID 819"},
		{"a PAT that is empty", 0, func(s *stream) { s.pat(); s.pat() }, ErrNoProgram, "is empty"},
		{"no such program", 9, playing(), ErrNoProgram, "program 9 is not in the transport stream"},
		{"no tracks", 0, playing(entry{0x06, 0x102, []byte{0x59, 0}}), ingest.ErrUnsupported, "neither video nor audio"},
		{"MPEG-2 video and DTS", 0, playing(entry{0x02, videoPID, nil}, entry{0x82, audioPID, nil}), ingest.ErrUnsupported, "MPEG-2 video and DTS; send H.264"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := &stream{}
			tt.build(s)
			p, err := s.demux(t, tt.program)
			if !errors.Is(err, tt.want) || !strings.Contains(err.Error(), tt.says) {
				t.Errorf("%v", err)
			}
			if len(p.Samples[media.Video])+len(p.Samples[media.Audio]) > 0 {
				t.Error("something was played")
			}
			if _, ours := ingest.NewRefusal(time.Now(), "srt", err); !ours {
				t.Error("the creator is not told")
			}
		})
	}
}

// A picture that only a later map announces is in time.
func TestTracksAreWaitedFor(t *testing.T) {
	units := film(t, small, dat)
	for _, tt := range []struct {
		name string
		wait time.Duration
		ok   bool
	}{{"in time", trackTime - time.Second, true}, {"too late", trackTime + time.Second, false}} {
		t.Run(tt.name, func(t *testing.T) {
			s := &stream{}
			l := usual
			l.entries = []entry{{0x02, videoPID, nil}}
			for s.now < tt.wait {
				s.now += 100 * time.Millisecond
				s.tables(l)
			}
			s.play(usual, units)
			p, err := s.demux(t, 0)
			if (err == nil) != tt.ok || tt.ok && p.Count(media.Video) != pictures {
				t.Errorf("%v, %d pictures", err, p.Count(media.Video))
			}
		})
	}
}

// The association table may have several sections.
func TestPATInSections(t *testing.T) {
	p := programs{}
	sections := []patSection{{0, 1, []association{{1, 0x100}}}, {1, 1, []association{{2, 0x200}}}}
	for _, order := range [][]int{{1, 0, 1}, {0, 0, 1}} {
		p.listed = nil
		whole := false
		for _, i := range order {
			whole = p.list(sections[i], time.Time{})
		}
		if want := []association{{1, 0x100}, {2, 0x200}}; !whole || !slices.Equal(p.listed, want) {
			t.Errorf("in the order %v: %v", order, p.listed)
		}
	}
}

// failing is a sink that ends the publication at the first sample.
type failing struct{ ingesttest.Discard }

var errFull = errors.New("the disk is full")

func (*failing) Write(media.Kind, media.Sample) error { return errFull }

func TestTheSinkEndsThePublication(t *testing.T) {
	err := Demux(bytes.NewReader(fixture(t)), ingest.NewSession(&failing{}, Scale, WrapBits), Config{})
	if !errors.Is(err, errFull) {
		t.Error(err)
	}
	gate := ingesttest.NewGate()
	sink, err := gate.Open(context.Background(), ingest.Request{Key: ingesttest.Key})
	if err != nil {
		t.Fatal(err)
	}
	broken := errors.New("the connection broke")
	if err := Demux(brokenReader{broken}, ingest.NewSession(sink, Scale, WrapBits), Config{}); !errors.Is(err, broken) {
		t.Error(err)
	}
}

type brokenReader struct{ err error }

func (r brokenReader) Read([]byte) (int, error) { return 0, r.err }
