package moderation

import (
	"fmt"
	"net/netip"
	"testing"

	"github.com/globalfandom/lightstick/chat/message"
)

// benchModerator has 10,000 words, 10,000 bans and a room with its own words.
func benchModerator(b *testing.B) *Moderator {
	words := make([]string, 10_000)
	for i := range words {
		words[i] = fmt.Sprintf("%c%cword%c%d*", 'a'+i%26, 'a'+i/26%26, 'a'+i/676%26, i%7)
	}
	d := newModerator(b, Config{Words: words, RepeatAfter: -1, FloodUsers: -1})
	for i := range 10_000 {
		s := Sanction{Kind: Ban, Room: "stage", User: fmt.Sprint("banned", i), At: 1, By: host}
		if i%2 == 0 {
			s.User, s.Network = "", netip.PrefixFrom(netip.AddrFrom4([4]byte{10, byte(i >> 8), byte(i), 0}), 24)
		}
		s.ID = SanctionID(s.Kind, s.Room, s.User, s.Network)
		if _, err := d.index.Put(s); err != nil {
			b.Fatal(err)
		}
	}
	must(b, d, host, "/addword bad")
	return d
}

func BenchmarkCheck(b *testing.B) {
	for name, text := range map[string]string{
		"latin": "what a show, love from Seoul to everybody", "korean": "오늘 공연 정말 최고예요 사랑해요", "emoji": "💜💜💜", "link": "see youtube.com/watch?v=1 at once",
	} {
		b.Run(name, func(b *testing.B) {
			d := benchModerator(b)
			must(b, d, host, "/links on")
			if name == "link" {
				must(b, d, host, "/links off")
				d.checker.domains = newModerator(b, Config{Domains: []string{"youtube.com"}}).checker.domains
			}
			a := Attempt{Room: "stage", User: fan, Addr: netip.MustParseAddr("203.0.113.9"), Text: text}
			b.ReportAllocs()
			b.ResetTimer()
			for b.Loop() {
				if _, err := d.Check(b.Context(), a); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkCheckWhole has repeats and floods on, as in a room of many authors.
func BenchmarkCheckWhole(b *testing.B) {
	d := benchModerator(b)
	d.cfg.RepeatAfter, d.checker.floods.users = 1, 20
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		i++
		a := Attempt{Room: "stage", User: message.User{ID: fmt.Sprint(i), Role: message.Member}, Text: fmt.Sprint("what a show, love from ", i)}
		if _, err := d.Check(b.Context(), a); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkCheckParallel(b *testing.B) {
	d := benchModerator(b)
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		a := Attempt{Room: "stage", User: fan, Addr: netip.MustParseAddr("203.0.113.9"), Text: "what a show, love from Seoul"}
		for pb.Next() {
			if _, err := d.Check(b.Context(), a); err != nil {
				b.Error(err)
				return
			}
		}
	})
}
