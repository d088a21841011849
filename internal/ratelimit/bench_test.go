package ratelimit

import (
	"fmt"
	"net/netip"
	"testing"
	"time"

	"golang.org/x/time/rate"
)

func BenchmarkTake(b *testing.B) {
	r := Rate{5, 10 * time.Second}
	l := New(Config{User: r, Connection: r, Address: r.Times(10), Room: Rate{100_000, time.Second}})
	users := make([]Who, 10_000)
	for i := range users {
		users[i] = Who{User: fmt.Sprint("user", i), Connection: fmt.Sprint("conn", i), Address: netip.AddrFrom4([4]byte{10, 0, byte(i >> 8), byte(i)}), Room: "show"}
	}
	b.Run("serial", func(b *testing.B) {
		b.ReportAllocs()
		now, i := time.Now(), 0
		for b.Loop() {
			now = now.Add(time.Millisecond)
			l.Take(now, users[i%len(users)])
			i++
		}
	})
	b.Run("parallel", func(b *testing.B) {
		b.ReportAllocs()
		b.RunParallel(func(pb *testing.PB) {
			now, i := time.Now(), 0
			for pb.Next() {
				now = now.Add(time.Millisecond)
				l.Take(now, users[i%len(users)])
				i++
			}
		})
	})
}

// BenchmarkXTime is what one bucket of golang.org/x/time/rate costs, of which a Take
// has four, with the map that would have to hold them not counted.
func BenchmarkXTime(b *testing.B) {
	limiters := make([]*rate.Limiter, 10_000)
	for i := range limiters {
		limiters[i] = rate.NewLimiter(rate.Every(2*time.Second), 5)
	}
	b.ReportAllocs()
	now, i := time.Now(), 0
	for b.Loop() {
		now = now.Add(time.Millisecond)
		limiters[i%len(limiters)].AllowN(now, 1)
		i++
	}
}
