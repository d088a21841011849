package filter

import (
	"fmt"
	"strings"
	"testing"
)

func words10k() []string {
	list := make([]string, 0, MaxWords)
	for i := range MaxWords {
		list = append(list, fmt.Sprintf("%c%cword%c%c%s", 'a'+i%26, 'a'+i/26%26, 'a'+i/676%26, 'a'+i%7, []string{"", "*"}[i%2]))
	}
	return list
}

func benchmarkMatch(b *testing.B, text string) {
	w, err := Compile(words10k())
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if word, found := w.Match(Fold(text)); found {
			b.Fatal(word)
		}
	}
}

func BenchmarkMatchShort(b *testing.B) { benchmarkMatch(b, "what a show, love from Seoul") }
func BenchmarkMatchLatin500(b *testing.B) {
	benchmarkMatch(b, strings.Repeat("the show is on. ", 32)[:500])
}
func BenchmarkMatchLeet500(b *testing.B) {
	benchmarkMatch(b, strings.Repeat("th3 sh0w $s 1n. ", 32)[:500])
}
func BenchmarkMatchKorean500(b *testing.B) {
	benchmarkMatch(b, strings.Repeat("오늘 공연 정말 최고예요 ", 36)[:1200])
}
func BenchmarkMatchCyrillic500(b *testing.B) {
	benchmarkMatch(b, strings.Repeat("сегодня был концерт ", 25))
}
func BenchmarkCompile10000(b *testing.B) {
	list := words10k()
	for b.Loop() {
		if _, err := Compile(list); err != nil {
			b.Fatal(err)
		}
	}
}
func BenchmarkLink(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		Link("what a show. love from Seoul, see you at the next one", Domains{})
	}
}
func BenchmarkNoLink(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		Link("what a show! love from Seoul, see you at the next one", Domains{})
	}
}
func BenchmarkLink500(b *testing.B) {
	text := strings.Repeat("a.b c.d dot e ", 36)
	b.ReportAllocs()
	for b.Loop() {
		Link(text, Domains{})
	}
}
