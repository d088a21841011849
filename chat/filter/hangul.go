package filter

import "strings"

// Hangul syllables are composed of a leading consonant, a vowel and perhaps a
// trailing consonant (Unicode §3.12).
const (
	hangulFirst, hangulLast = 0xAC00, 0xD7A3
	jamoFirst, jamoLast     = 0x1100, 0x11FF
	vowels, trailing        = 21, 28
	firstVowel              = 0x1161
	firstTrailing           = 0x11A8
)

// Jamo as they are typed one by one. Doubled consonants are letters of their own;
// clusters at a syllable's end and joined vowels are typed as two.
var (
	leads  = strings.Fields("ㄱ ㄲ ㄴ ㄷ ㄸ ㄹ ㅁ ㅂ ㅃ ㅅ ㅆ ㅇ ㅈ ㅉ ㅊ ㅋ ㅌ ㅍ ㅎ")
	middle = strings.Fields("ㅏ ㅐ ㅑ ㅒ ㅓ ㅔ ㅕ ㅖ ㅗ ㅗㅏ ㅗㅐ ㅗㅣ ㅛ ㅜ ㅜㅓ ㅜㅔ ㅜㅣ ㅠ ㅡ ㅡㅣ ㅣ")
	ends   = strings.Fields("ㄱ ㄲ ㄱㅅ ㄴ ㄴㅈ ㄴㅎ ㄷ ㄹ ㄹㄱ ㄹㅁ ㄹㅂ ㄹㅅ ㄹㅌ ㄹㅍ ㄹㅎ ㅁ ㅂ ㅂㅅ ㅅ ㅆ ㅇ ㅈ ㅊ ㅋ ㅌ ㅍ ㅎ")
)

// syllable takes a composed syllable apart.
func (t *Text) syllable(r rune) {
	index := int(r - hangulFirst)
	lead, vowel, end := index/(vowels*trailing), index/trailing%vowels, index%trailing
	t.typed(leads[lead], true, false)
	t.typed(middle[vowel], true, true)
	if end > 0 {
		t.typed(ends[end-1], true, true)
	}
}

// jamo folds a conjoining jamo, which is what NFKD makes of single ones, too.
func (t *Text) jamo(r rune) {
	switch {
	case r < jamoFirst+rune(len(leads)):
		t.typed(leads[r-jamoFirst], false, false)
	case r >= firstVowel && r < firstVowel+vowels:
		t.typed(middle[r-firstVowel], false, false)
	case r >= firstTrailing && int(r-firstTrailing) < len(ends):
		t.typed(ends[r-firstTrailing], false, false)
	default: // of old Korean
		t.put(unit{r: r, class: hangul})
	}
}

func (t *Text) typed(letters string, whole, inner bool) {
	for _, r := range letters {
		t.put(unit{r: r, class: hangul, whole: whole, inner: inner})
		inner = inner || whole
	}
}
