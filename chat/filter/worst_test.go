package filter

import (
	"strings"
	"testing"
)

// BenchmarkWorstTexts measures texts that are made to cost. Each should take about as
// long as the others: a quadratic step would stand out.
func BenchmarkWorstTexts(b *testing.B) {
	w, err := Compile(words10k())
	if err != nil {
		b.Fatal(err)
	}
	allowed := NewDomains([]string{"youtube.com"})
	for name, piece := range map[string]string{
		"long decompositions": "\ufdfa", "singles": "a ", "leet": "4 ", "dots": "a.", "spelled": "a dot ", "brackets": "a[dot]", "ats": "a@", "colons": "a:",
		"syllables": "뷁", "one name": "가.", "marks": "\u0e31", "capitals": "Ν", "slashes": "http://", "emoji": "👨‍👩‍👧‍👦", "colon names": ":a:", "digits": "가1", "stops": "。",
	} {
		text := string([]rune(strings.Repeat(piece, 500))[:500])
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				w.Match(Fold(text))
				Link(text, allowed)
				Link(strings.ReplaceAll(text, " ", ""), allowed)
				EmotesOnly(text, nil)
			}
		})
	}
}
