package habits

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/Eyevinn/mp4ff/mp4"

	"github.com/globalfandom/lightstick/ingest"
	"github.com/globalfandom/lightstick/media"
)

// Advised is an advice, and when it was first given.
type Advised struct {
	ingest.Advice
	At time.Duration
}

// Outcome is what became of a stream.
type Outcome struct {
	OnAir           time.Duration // after the connection; 0: never
	Pictures        int           // of the film, in segments
	Sounds          int           // likewise
	Repeats         int           // more pictures than the film has: some stand in for others
	Silences        int           // sound that is none of the film's
	Length          time.Duration // of the picture's segments, or the sound's
	Discontinuities int           // of the track that has most
	Gaps            int
	Advice          []Advised
	Refusal         string
	Timed           bool // times mean something
}

// Codes are those of the advice, in the order in which it came.
func (o Outcome) Codes() string {
	codes := make([]string, len(o.Advice))
	for i, a := range o.Advice {
		codes[i] = a.Code
	}
	return strings.Join(codes, ",")
}

// Outcome is what became of the test's stream, which was made of films. Its publication
// must have ended.
func (s *Studio) Outcome(t testing.TB, films ...*Film) Outcome {
	t.Helper()
	return s.outcome(t, Key, films...)
}

// Disturbed says what went wrong with the witness, after it has ended; "" is nothing.
func (s *Studio) Disturbed(t testing.TB) string {
	t.Helper()
	if err := <-s.witness; err != nil {
		return err.Error()
	}
	o := s.outcome(t, witness, s.film)
	if o.Pictures != len(s.film.Pictures) || o.Sounds < len(s.film.Sounds)-1 || o.Discontinuities+o.Gaps+o.Repeats > 0 {
		return "the other stream is not whole"
	}
	return ""
}

func (s *Studio) outcome(t testing.TB, id media.StreamID, films ...*Film) (o Outcome) {
	t.Helper()
	known := payloads(films)
	if id == Key {
		s.Look()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.rolls[id]
	if r == nil {
		r = &roll{}
	}
	o.OnAir, o.Advice, o.Timed = r.onAir, r.advice, !s.hurried
	if refusal := s.Manager.Report(id).Refusal; refusal != nil {
		o.Refusal = refusal.Reason
	}
	for _, name := range []string{"audio", "source"} {
		var length time.Duration
		last, discontinuities := "", 0
		for _, c := range r.clips[name] {
			length += c.Duration
			if c.Gap {
				o.Gaps++
				continue
			}
			eachPayload(t, c.chunks, func(payload []byte) {
				if name == "source" {
					payload = coded(splitUnits(payload))
				}
				ours := known[string(payload)] > 0
				known[string(payload)]--
				switch {
				case name == "source" && ours:
					o.Pictures++
				case name == "source":
					o.Repeats++
				case ours:
					o.Sounds++
				default:
					o.Silences++
				}
			})
			if last != "" && c.Epoch != last {
				discontinuities++
			}
			last = c.Epoch
		}
		if length > 0 {
			o.Length = length
		}
		o.Discontinuities = max(o.Discontinuities, discontinuities)
	}
	return o
}

// coded is a picture without supplemental enhancement information, which may be left out.
func coded(units [][]byte) []byte {
	const sei = 6 // ITU-T H.264 Table 7-1
	return lengthPrefixed(slices.DeleteFunc(slices.Clone(units), func(n []byte) bool { return n[0]&0x1f == sei }))
}

// payloads are what films' pictures and sounds are in MP4, and how often.
func payloads(films []*Film) map[string]int {
	known := make(map[string]int)
	for _, f := range films {
		if f == nil {
			continue
		}
		for _, p := range f.Pictures {
			known[string(coded(p.NALUnits))]++
		}
		for _, sound := range f.Sounds {
			known[string(sound)]++
		}
	}
	return known
}

// eachPayload gives out what the samples of a segment are.
func eachPayload(t testing.TB, chunks [][]byte, each func([]byte)) {
	t.Helper()
	for _, chunk := range chunks {
		file, err := mp4.DecodeFile(bytes.NewReader(chunk))
		if err != nil {
			t.Fatal(err)
		}
		for _, segment := range file.Segments {
			for _, fragment := range segment.Fragments {
				samples, err := fragment.GetFullSamples(nil)
				if err != nil {
					t.Fatal(err)
				}
				for _, sample := range samples {
					each(sample.Data)
				}
			}
		}
	}
}
