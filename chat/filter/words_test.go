package filter

import (
	"errors"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestMatch(t *testing.T) {
	tests := []struct {
		word  string
		match []string
		not   []string
	}{
		{"bad", []string{"bad", "BAD!", "so bad.", "bad_word", "bad-ish", "bad's", "bad123", "bad🇰🇷", "bad❤️", "나bad는"}, []string{"badge", "abad", "ba", "b", "", "bd"}},
		{"bad", []string{"ｂａｄ", "𝕭𝖆𝖉", "ⓑⓐⓓ", "🅱ad", "🅐🅓 🅑🅐🅓", "bàd", "b́ád", "b\u0336a\u0336d\u0336", "ᴮᴬᴰ"}, nil},
		{"bad", []string{"b\u200bad", "b\u00adad", "b\u2060a\ufeffd", "b\ufe0fad", "b\U000e0041ad", "b\u034fad"}, nil},
		{"bad", []string{"b a d", "b.a.d", "b-a-d", "b  a  d!", "u r b a d", "b🔥a🔥d", "B/A/D", "bㅤaㅤd"}, []string{"b ad", "ba d", "a b ad", "b d a"}},
		{"bad", []string{"baaaad", "bbbaaaddd", "BAAAD"}, []string{"baad", "badd"}},
		{"bad", []string{"b4d", "b@d", "8ad", "8@d", "b 4 d"}, []string{"b5d", "b@", "4d"}},
		{"god", []string{"god", "g0d", "goood"}, []string{"good", "g00d", "godly", "gods"}},
		{"ass", []string{"ass", "a$$", "@ss", "@$$", "a55", "assss", "as$"}, []string{"as", "class", "assess", "455", "$55", "a s"}},
		{"kill", []string{"k1ll", "ki11", "k!ll", "k|ll"}, []string{"kil", "kii"}},
		{"lol", []string{"1o1", "l0l"}, []string{"101", "lo"}},
		{"*porn*", []string{"porn", "xpornx", "p0rnhub", "P O R N"}, []string{"por", "pron"}},
		{"hate*", []string{"hates", "h4ter", "hate"}, []string{"whatever", "chate"}},
		{"*hate", []string{"ihate"}, []string{"hates"}},
		{"kill yourself", []string{"Kill   yourself", "go kill-yourself now", "k1ll yourself"}, []string{"killyourself", "kill it yourself", "skill yourself"}},
		{"as", []string{"as"}, []string{"h a s", "ass"}},
		{"1488", []string{"1488", "x 1488!", "1 4 8 8", "１４８８", "١٤٨٨"}, []string{"14880", "148"}},
		// Cyrillic, Greek and others for Latin, and Latin for Cyrillic.
		{"bad", []string{"bаd", "bαd", "BΑD", "вad", "ＢАD", "ᏴAD"}, nil},
		{"paypal", []string{"pаypаl", "раураl", "ρaypal", "pаypaӀ"}, nil},
		{"night", []string{"ΝIGHT", "nιght"}, []string{"knight"}},
		{"сука", []string{"сука", "СУКА", "cyka", "сyка", "с у к а", "суууука"}, []string{"сукан", "наука"}},
		{"вор", []string{"вор", "ВОР", "Вoр"}, []string{"бор", "повор", "воры"}},
		{"straße", []string{"STRASE", "straẞe", "straße"}, nil},
		// Korean.
		{"바보", []string{"바보", "ㅂㅏㅂㅗ", "바 보", "바.보", "바1보", "바ㅤ보", "바\u200b보", "바보ㅋㅋ", "ㅋㅋ바보", "바보lol", "ᄇ\u1161ᄇ\u1169", "ㅂ ㅏ ㅂ ㅗ", "바ㅂㅗ"}, []string{"바보들이", "바봉", "나바보", "밥오", "가바 보"}},
		{"바보*", []string{"바보들이", "바보야"}, []string{"바봉", "나바보"}},
		{"*바보*", []string{"이바보야"}, []string{"이바봉"}},
		{"ㅅㅂ", []string{"ㅅㅂ", "ㅅ ㅂ", "아ㅅㅂ", "ㅅㅂ!"}, []string{"사바", "숩", "ㅅ발", "ㅅㅂㄹ"}},
		{"닭", []string{"닭", "달ㄱ", "ㄷㅏㄹㄱ"}, []string{"닭이", "달"}},
		{"왜", []string{"왜", "ㅇㅗㅐ", "오ㅐ"}, []string{"오애"}},
		// Japanese.
		{"アホ", []string{"アホ", "ｱﾎ", "このアホが", "ア ホ", "アホ。"}, []string{"アホウドリ", "ドアホン"}},
		{"死ね", []string{"死ね", "お前死ねよ", "死 ね", "死・ね"}, []string{"死ぬ"}},
		{"ばか", []string{"ばか", "は\u3099か", "おばかさん"}, []string{"はか", "ばが", "ぱか"}},
		{"カス", []string{"ｶｽ", "力ス"}, []string{"ガス", "カズ", "カスタード"}},
		// Arabic, with points, tatweel and forms of letters.
		{"احمق", []string{"احمق", "أحمق", "اَحمَق", "احـــمق", "ا ح م ق", "ﺍﺣﻤﻖ"}, []string{"احمقان"}},
		// Hindi, Thai.
		{"हिंदी", []string{"हिंदी", "यह हिंदी है"}, []string{"हिंद", "हद"}},
		{"แย่", []string{"แย่", "มันแย่มาก"}, []string{"แย"}},
	}
	for _, tt := range tests {
		w, err := Compile([]string{"unrelated", tt.word})
		if err != nil {
			t.Fatal(err)
		}
		for _, text := range tt.match {
			if word, found := w.Match(Fold(text)); !found || word != tt.word {
				t.Errorf("%s is not found in %q (%+q)", tt.word, text, text)
			}
		}
		for _, text := range tt.not {
			if _, found := w.Match(Fold(text)); found {
				t.Errorf("%s is found in %q", tt.word, text)
			}
		}
	}
}

func TestMatchOfMany(t *testing.T) {
	w, err := Compile([]string{"he", "she", "his", "hers", "ushers*", "*sher*", "ass", "as", "a"})
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]string{
		"he": "he", "she": "she", "hers": "hers", "ushers": "*sher*", "ass": "ass", "as": "as", "a": "a", "the": "", "hershe": "",
	} {
		if got, _ := w.Match(Fold(text)); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
	if _, found := (*Words)(nil).Match(Fold("x")); found {
		t.Error("nil words match")
	}
}

func TestCompileRefuses(t *testing.T) {
	for _, word := range []string{"", "*", "**", "...", "a*b", "!!", "😀", strings.Repeat("x", 65), "\u200b"} {
		if err := Valid(word); !errors.Is(err, ErrWord) {
			t.Errorf("%q: %v", word, err)
		}
	}
	if _, err := Compile(make([]string, MaxWords+1)); !errors.Is(err, ErrWord) {
		t.Error(err)
	}
}

func TestKeyAndLetters(t *testing.T) {
	if a, b := Fold("Buy  my ALBUM!!").Key(), Fold("bυy my albúuuum").Key(); a != b {
		t.Errorf("%q and %q", a, b)
	}
	if a, b := Fold("Ana").Skeleton(), Fold("Anna").Skeleton(); a == b || a != Fold("А n а").Skeleton() {
		t.Errorf("%q and %q", a, b)
	}
	if Fold("one").Key() == Fold("two").Key() {
		t.Error("two texts have one key")
	}
	for text, want := range map[string]int{"": 0, "ㅋㅋㅋㅋ": 1, "hello": 4, "💜💜": 0, "바보": 4, "!!": 0} {
		if got := Fold(text).Letters(); got != want {
			t.Errorf("%q: %d letters, want %d", text, got, want)
		}
	}
}

func FuzzMatch(f *testing.F) {
	for _, seed := range [][2]string{{"bad", "b 4 d"}, {"*바보*", "ㅂㅏ보"}, {"a$$", "@$$"}, {"か゛", "が"}, {"\ufdfa", "\ufdfa"}, {"ㄱㄱ", "각가"}, {"हि", "हि"}, {"x y*", "x  yz"}, {"aaa", "aaaa"}} {
		f.Add(seed[0], seed[1])
	}
	f.Fuzz(func(t *testing.T, word, text string) {
		if len(text) > 4096 {
			return
		}
		folded := Fold(text)
		if len(folded.units) > 18*utf8.RuneCountInString(text) {
			t.Fatalf("%d units", len(folded.units))
		}
		w, err := Compile([]string{word})
		if err != nil {
			return
		}
		w.Match(folded)
		// A word is found in itself, between spaces, and with either end open.
		core := strings.Trim(strings.TrimSpace(word), "*")
		if _, found := w.Match(Fold(" " + core + " ")); !found && Valid(core) == nil && !strings.ContainsAny(core, leetSigns) {
			t.Fatalf("%q is not found in itself", core)
		}
		if open, err := Compile([]string{"*" + core + "*"}); err == nil {
			_, closed := w.Match(folded)
			if _, found := open.Match(folded); closed && !found {
				t.Fatalf("%q finds what *%s* doesn't in %q", word, core, text)
			}
		}
	})
}
