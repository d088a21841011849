package filter

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// class tells where words end: between letters of two classes there is always an
// end, so that a word can't hide beside letters of another script.
type class uint8

const (
	between  class = iota // white space, punctuation, symbols
	alphabet              // letters of scripts that put spaces between words
	digit
	hangul
	katakana
	free    // scripts without spaces: a word may begin and end anywhere
	signs   // punctuation that may stand for a letter, as in a$$
	regions // letters that make flags
)

// unit is a folded letter; white space and punctuation in a row are one unit.
type unit struct {
	r     rune
	other rune // what a capital looks like beside r; 0: nothing else
	class class
	inner bool // goes on with the character before it
	whole bool // of a composed Hangul syllable
}

// Text is a folded text, for one goroutine.
type Text struct {
	units    []unit
	leet     bool // holds characters that may stand for letters
	other    bool // holds capitals with a second look
	readings []reading
}

// Fold brings a text to the form that filters compare. Its work is linear, and what
// it keeps is at most 18 units for each rune (what U+FDFA decomposes to).
func Fold(text string) *Text {
	t := &Text{units: make([]unit, 0, len(text)+8)}
	for _, r := range text {
		t.add(r)
	}
	return t
}

func (t *Text) add(r rune) {
	switch {
	case r < utf8.RuneSelf:
		t.ascii(r)
	case r >= hangulFirst && r <= hangulLast:
		t.syllable(r)
	case r >= 0x1F1E6 && r <= 0x1F1FF:
		t.put(unit{r: 'a' + r - 0x1F1E6, class: regions})
	case invisible(r):
	case blank(r):
		t.gap()
	default:
		if letter, ok := enclosed(r); ok {
			t.ascii(letter)
			return
		}
		t.decompose(r)
	}
}

func (t *Text) ascii(r rune) {
	switch {
	case r >= 'a' && r <= 'z':
		t.put(unit{r: r, class: alphabet})
	case r >= 'A' && r <= 'Z':
		t.put(unit{r: r + 'a' - 'A', class: alphabet})
	case r >= '0' && r <= '9':
		t.leet = true
		t.put(unit{r: r, class: digit})
	case strings.ContainsRune(leetSigns, r):
		t.leet = true
		t.put(unit{r: r, class: signs})
	default:
		t.gap()
	}
}

func (t *Text) put(u unit) { t.units = append(t.units, u) }

// gap ends a word.
func (t *Text) gap() {
	if n := len(t.units); n > 0 && t.units[n-1].class != between {
		t.put(unit{r: ' '})
	}
}

// decompose takes a letter apart by NFKD (UAX #15) and folds what comes out.
func (t *Text) decompose(r rune) {
	var buf [utf8.UTFMax]byte
	n := utf8.EncodeRune(buf[:], r)
	parts := norm.NFKD.Properties(buf[:n]).Decomposition()
	if parts == nil {
		t.letter(r)
		return
	}
	for len(parts) > 0 {
		part, size := utf8.DecodeRune(parts)
		parts = parts[size:]
		if part < utf8.RuneSelf {
			t.ascii(part)
		} else {
			t.letter(part)
		}
	}
}

// letter folds what does not decompose.
func (t *Text) letter(r rune) {
	switch {
	case unicode.Is(unicode.M, r):
		t.mark(r)
		return
	case r >= jamoFirst && r <= jamoLast:
		t.jamo(r)
		return
	case unicode.Is(unicode.Nd, r):
		t.ascii('0' + value(r))
		return
	}
	small := unicode.ToLower(unicode.ToUpper(r))
	if same, ok := variants[small]; ok {
		small = same
	}
	if latin, ok := looks[small]; ok {
		other := capitals[r]
		for _, l := range latin {
			t.put(unit{r: l, class: alphabet, other: other})
			t.other = t.other || other != 0
			other = 0
		}
		return
	}
	if c := classOf(small); c == between {
		t.gap()
	} else {
		t.put(unit{r: small, class: c})
	}
}

// mark keeps the marks that make another letter of the one before (dakuten, vowels
// of Indic scripts) and drops accents and points, which are put on letters in play.
func (t *Text) mark(r rune) {
	n := len(t.units)
	if n == 0 || t.units[n-1].class == between {
		return
	}
	if r == 0x3099 || r == 0x309A || !unicode.In(r, unicode.Inherited, unicode.Arabic, unicode.Hebrew, unicode.Cyrillic, unicode.Latin) && !unicode.Is(unicode.Me, r) {
		t.put(unit{r: r, class: t.units[n-1].class, inner: true})
	}
}

// value is what a decimal digit is worth: the digits of a script stand in a row.
func value(r rune) rune {
	first := r
	for range 9 {
		if !unicode.Is(unicode.Nd, first-1) {
			break
		}
		first--
	}
	// Mathematical digits stand in rows of ten without a gap, but NFKD has taken them.
	return r - first
}

// classOf tells the class of a folded character.
func classOf(r rune) class {
	switch {
	case unicode.In(r, unicode.Katakana), r == 0x30FC:
		return katakana
	case unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar, unicode.Tibetan):
		return free
	case unicode.In(r, unicode.Hangul):
		return hangul
	case unicode.IsLetter(r), unicode.IsNumber(r) && !unicode.Is(unicode.So, r):
		return alphabet
	}
	return between
}

// invisible characters are put into words to break them up.
func invisible(r rune) bool {
	return unicode.Is(unicode.Cf, r) || r == 0x034F || r == 0x0640 || r >= 0xFE00 && r <= 0xFE0F || r >= 0xE0100 && r <= 0xE01EF
}

// blank characters count as letters for Unicode, but look like spaces.
func blank(r rune) bool {
	return r == 0x3164 || r == 0x115F || r == 0x1160 || r == 0xFFA0 || r == 0x2800
}

// enclosed reads letters in black circles and squares, which don't decompose.
func enclosed(r rune) (rune, bool) {
	switch {
	case r >= 0x1F150 && r <= 0x1F169:
		return 'a' + r - 0x1F150, true
	case r >= 0x1F170 && r <= 0x1F189:
		return 'a' + r - 0x1F170, true
	}
	return 0, false
}

// Letters counts the folded letters, runs of the same one counting once: 1 for
// ㅋㅋㅋㅋ and for "aaa", 4 for hello.
func (t *Text) Letters() int {
	count, last := 0, rune(0)
	for _, u := range t.units {
		if u.class != between && u.class != signs && u.r != last {
			count++
		}
		last = u.r
	}
	return count
}

// Key tells texts apart that differ in more than disguises, spaces and stretched
// letters. It is stable across processes.
func (t *Text) Key() string { return t.letters(true) }

// Skeleton tells names apart that differ in more than disguises and spaces: Ana is not
// Anna, nor fan1 fan11. It is stable across processes.
func (t *Text) Skeleton() string { return t.letters(false) }

// letters are the text's, with what is stretched as one if so wanted.
func (t *Text) letters(once bool) string {
	var b strings.Builder
	b.Grow(len(t.units))
	last := rune(0)
	for _, u := range t.units {
		if u.class != between && u.class != signs && !(once && u.r == last) {
			b.WriteRune(u.r)
			last = u.r
		}
	}
	return b.String()
}
