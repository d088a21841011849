package habits

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/globalfandom/lightstick/ingest"
)

// None is the number of pictures or sounds of a stream that has none. Silence may be on air
// in the place of sound.
const None = -1

// Want is what is right for a habit. The zero value is all of the film on air, without a
// discontinuity and without a warning.
type Want struct {
	Pictures, Sounds int // at least, but for the last few; 0: all of the film
	Discontinuities  int // at most
	// Advice is the code of the advice that the creator must be given, or several with | of
	// which any will do; "" for none.
	Advice string
	// May is the code of an advice that may be given, or several with |.
	May string
	// Refusal is a part of the sentence with which the publisher is turned away.
	Refusal string
	// Stands says that pictures may stand, and so come again at the beginning of a segment.
	Stands bool
	// Loses says that the habit loses media, so that the length and gaps are not judged.
	Loses bool
}

const (
	// inTime is how long a publisher may be there without picture and without a sentence,
	// and a little for the looking.
	inTime = 5*time.Second + 500*time.Millisecond
	// ends is how many units may be missing: sound before the first picture, and what was
	// cut off at the end.
	ends = 10
)

// Check judges an outcome.
func (w Want) Check(t *testing.T, f *Film, o Outcome) {
	t.Helper()
	pictures, sounds := w.Pictures, w.Sounds
	if pictures == 0 {
		pictures = len(f.Pictures)
	}
	if sounds == 0 {
		sounds = len(f.Sounds)
	}
	most := max(pictures, 0)
	if w.Loses {
		most = len(f.Pictures)
	}
	if o.Pictures > most || o.Pictures < pictures-1 {
		t.Errorf("%d pictures on air, want %d", o.Pictures, max(pictures, 0))
	}
	if !w.Stands && o.Repeats > 0 {
		t.Errorf("%d pictures on air that are none of the film's, or come again", o.Repeats)
	}
	if o.Sounds < sounds-ends {
		t.Errorf("%d units of sound on air, want %d", o.Sounds, max(sounds, 0))
	}
	if o.Discontinuities > w.Discontinuities {
		t.Errorf("%d discontinuities, want %d at most", o.Discontinuities, w.Discontinuities)
	}
	if !w.Loses && o.Gaps > 0 {
		t.Errorf("%d gaps", o.Gaps)
	}
	if pictures > 0 && w.Pictures == 0 && !w.Loses && (o.Length-f.Length).Abs() > 200*time.Millisecond {
		t.Errorf("%v on air, want %v", o.Length, f.Length)
	}
	w.checkWords(t, o)
}

// anyOf reports whether a code is among several with |.
func anyOf(codes, code string) bool { return slices.Contains(strings.Split(codes, "|"), code) }

// checkWords judges what the creator was told.
func (w Want) checkWords(t *testing.T, o Outcome) {
	t.Helper()
	told := o.Refusal != ""
	found := w.Advice == ""
	for _, a := range o.Advice {
		told = told || (a.At <= inTime || !o.Timed) && a.Text != ""
		switch {
		case anyOf(w.Advice, a.Code):
			found = true
		case a.Severity == ingest.Warning && !anyOf(w.May, a.Code) && w.Refusal == "" && !w.Loses:
			t.Errorf("unexpected advice %s: %s", a.Code, a.Text)
		}
	}
	if !found {
		t.Errorf("advice %q is missing; there is %q", w.Advice, o.Codes())
	}
	if w.Refusal == "" && o.Refusal != "" || !strings.Contains(o.Refusal, w.Refusal) {
		t.Errorf("refused with %q, want %q", o.Refusal, w.Refusal)
	}
	if !told && !o.Timed && o.Pictures+o.Sounds == 0 {
		t.Error("nothing is on air, and nobody was told why")
	}
	if !told && o.Timed && (o.OnAir == 0 || o.OnAir > inTime) {
		t.Errorf("on air after %v, and nobody was told why", o.OnAir)
	}
}
