package reaction

import (
	"log/slog"
	"strconv"
	"sync/atomic"
	"testing"

	"github.com/globalfandom/lightstick/chat/message"
)

// BenchmarkAdd is a call of ten taps, as a page sends it after 200 ms of hard work.
func BenchmarkAdd(b *testing.B) {
	c := NewCounter(Config{PerSecond: 1 << 30})
	var next atomic.Int64
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		from := "connection-" + strconv.FormatInt(next.Add(1), 10)
		taps := map[string]int{"heart": 7, "#ff5fa2": 3}
		for pb.Next() {
			if _, err := c.Add("show", from, taps); err != nil {
				b.Error(err)
			}
		}
	})
	b.ReportMetric(10*float64(b.N)/b.Elapsed().Seconds(), "taps/s")
}

type nobody struct{ rooms map[string]int }

func (n nobody) Viewers() map[string]int { return n.rooms }
func (n nobody) SendTick(string, []byte) {}

// BenchmarkTick hands out the ticks of 100 rooms in which 20 reactions are tapped.
func BenchmarkTick(b *testing.B) {
	c := NewCounter(Config{PerSecond: 1 << 30})
	p := NewAggregator(c, NewRoomStats(100), nobody{}, nil, slog.New(slog.DiscardHandler))
	taps := map[string]int{}
	for i := range 20 {
		taps["#0000"+strconv.Itoa(10+i)] = 1
	}
	b.ReportAllocs()
	for b.Loop() {
		for room := range 100 {
			_, _ = c.Add(strconv.Itoa(room), "ada", taps)
		}
		p.tick(nil)
	}
}

func BenchmarkKeep(b *testing.B) {
	s := NewSampler(100)
	messages := make([]message.Message, 1000)
	for i := range messages {
		messages[i].User = message.User{ID: strconv.Itoa(i), Role: message.Member}
	}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		s.Keep(&messages[i%len(messages)])
	}
}
