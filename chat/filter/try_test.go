package filter
import "testing"
func TestTry(t *testing.T) {
	w, err := Compile([]string{"bad", "바보", "시발", "ass", "god", "アホ", "死ね", "сука", "kill yourself", "*porn*", "hate*", "ㅅㅂ", "احمق", "paypal"})
	if err != nil { t.Fatal(err) }
	for _, s := range []string{"bad", "BAD!", "b a d", "b.a.d", "ｂａｄ", "baaaad", "b4d", "b@d", "bаd", "b\u200bad", "b́ád", "🅱ad", "𝕭𝖆𝖉", "바보", "ㅂㅏㅂㅗ", "바보ㅋㅋ", "바 보", "시1발", "시바ㄹ", "ass","a$$", "@ss", "アホ", "ｱﾎ", "死ね", "お前死ねよ", "CУKA", "cyka", "Kill   yourself", "xpornx", "hates", "ㅅㅂ", "أحمق", "اَحمق", "pаypаl","bad🇰🇷", "bad123", "BΑD", "b-a-d", "u r b a d", "p a y p a l", "he hates, b. a. d", "시ㅤ발"} {
		word, ok := w.Match(Fold(s)); if !ok { t.Errorf("missed %q", s) }
		_ = word
	}
	for _, s := range []string{"class", "badge", "good", "바보들이", "바봉", "アホウドリ", "as", "assess", "숩", "a b ad", "I a m", "$100", "455", "hello world", "he is as 1 2 3", "시 12 분 발", "가시발길", "baad"} {
		if word, ok := w.Match(Fold(s)); ok { t.Errorf("%q: %s", s, word) }
	}
	for _, s := range []string{"https://x.y", "see example.com", "example dot com", "example[.]com", "example (dot) kr", "example .com", "EXAMPLE。COM", "https://youtube.com@evil.com/", "youtube.com@evil.com","youtub\u0435.com", "t.me/x", "example.соm", "discord.gg/abc", "1.2.3.4/x", "http://1.2.3.4", "me@gmail.com", "www.xn--9i1b.kr", "한글.한국", "hxxp://foo.bar", "see:example.com.", "(example.com)"} {
		if h, ok := Link(s, NewDomains([]string{"youtube.com"})); !ok { t.Errorf("missed link %q %q", s, h) }
	}
	for _, s := range []string{"youtube.com/watch?v=1", "https://www.youtube.com", "it is over.so sad", "hello... ok", "3.14", "v1.2.3.4", "node.js", "what?no", "a.m.", "no dot here", "polka dot dress", "and/or", "😀.😀"} {
		if h, ok := Link(s, NewDomains([]string{"youtube.com"})); ok { t.Errorf("link %q %q", s, h) }
	}
	for _, s := range []string{"😀", "👨‍👩‍👧‍👦 ❤️", "🇰🇷🇯🇵", "👍🏽", ":heart: 😀", "1️⃣", "🏴󠁧󠁢󠁥󠁮󠁧󠁿"} { if !EmotesOnly(s, nil) { t.Errorf("not emotes %q", s) } }
	for _, s := range []string{"", " ", "a😀", "1", "🇰", "::", ":a b:", "\u200d", ":)"} { if EmotesOnly(s, nil) { t.Errorf("emotes %q", s) } }
}
