package filter

import (
	"strings"
	"testing"
	"time"
)

// Texts made to cost are bounded too: the limit is far above what was measured (1 ms),
// for machines that are busy, and far below what a quadratic step would take.
func TestWorkIsBounded(t *testing.T) {
	w, err := Compile(words10k())
	if err != nil {
		t.Fatal(err)
	}
	allowed := NewDomains([]string{"youtube.com"})
	for name, piece := range map[string]string{
		"long decompositions": "\ufdfa", "singles": "a ", "leet": "4 ", "dots": "a.", "spelled": "a dot ", "brackets": "a[dot]", "ats": "a@", "colons": "a:",
		"syllables": "뷁", "one name": "가.", "marks": "\u0e31", "capitals": "Ν", "slashes": "http://", "emoji": "👨‍👩‍👧‍👦", "colon names": ":a:", "digits": "가1", "stops": "。",
	} {
		text := string([]rune(strings.Repeat(piece, 500))[:500])
		start := time.Now()
		for range 5 {
			w.Match(Fold(text))
			Link(text, allowed)
			Link(strings.ReplaceAll(text, " ", ""), allowed)
			EmotesOnly(text, nil)
		}
		took := time.Since(start) / 5
		t.Logf("%s: %v", name, took)
		if took > 200*time.Millisecond {
			t.Errorf("%s: %v", name, took)
		}
	}
}
