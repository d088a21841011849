package filter

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestEmotesOnly(t *testing.T) {
	known := func(name string) bool { return name == "lightstick" || name == "wave-2" }
	for text, want := range map[string]bool{
		"😀": true, "👨‍👩‍👧‍👦 ❤️": true, "🇰🇷🇯🇵": true, "👍🏽": true, "1️⃣ #⃣": true, "🏴󠁧󠁢󠁥󠁮󠁧󠁿": true, "🏳️‍🌈": true, "❤": true, "☺︎": true, "🏽": true,
		":lightstick:": true, ":lightstick::wave-2: 😀": true, "💜💜💜💜": true, "🫶🏼": true, "❤️‍🔥": true,
		"": false, " ": false, "a😀": false, "😀a": false, "1": false, "🇰": false, "🇰😀": false, "::": false, ":other:": false, ":a b:": false,
		":lightstick": false, "\u200d": false, ":)": false, "ㅋㅋ": false, "!!": false, "漢": false, "©": true, "1\ufe0f": false,
	} {
		if got := EmotesOnly(text, known); got != want {
			t.Errorf("%q: %v", text, got)
		}
	}
	if !EmotesOnly(":any:", nil) {
		t.Error("any name is an emote when none are known")
	}
}

func FuzzEmotesOnly(f *testing.F) {
	for _, seed := range []string{"👨‍👩‍👧‍👦 ❤️", "🇰🇷🇯", "1️⃣", ":a:", ":", "\xff", "🏴󠁧󠁢󠁥󠁮󠁧󠁿"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if EmotesOnly(text, nil) && (!utf8.ValidString(text) || strings.TrimSpace(text) == "" || strings.ContainsAny(text, "()<>&\"'")) {
			t.Fatalf("%q", text)
		}
	})
}
