package store

import (
	"fmt"
	"log/slog"
	"testing"
	"time"
)

func BenchmarkAppend500(b *testing.B) {
	s := openFile(b, b.TempDir())
	b.ReportAllocs()
	for n := 0; b.Loop(); n += 500 {
		b.StopTimer()
		batch := entries("show", fmt.Sprint("user ", n%1000), n, 500)
		b.StartTimer()
		if err := s.Append(b.Context(), batch); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N)*500/b.Elapsed().Seconds(), "entries/s")
}

// filled is a database of a long show: 100,000 messages in 10 rooms.
func filled(b *testing.B) *SQLite {
	s := openFile(b, b.TempDir())
	for n := 0; n < 100_000; n += 500 {
		if err := s.Append(b.Context(), entries(fmt.Sprint("show", n/500%10), fmt.Sprint("user ", n/500%97), n, 500)); err != nil {
			b.Fatal(err)
		}
	}
	return s
}

func BenchmarkMessages50(b *testing.B) {
	s := filled(b)
	for name, q := range map[string]Query{
		"newest": {}, "before": {Before: "m0000050000"}, "user": {User: "user 7"},
		"from": {From: time.UnixMilli(1_795_000_000_000 + 100*50_000), Forward: true},
	} {
		q.Limit = 50
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if got, err := s.Messages(b.Context(), "show7", q); err != nil || len(got) != 50 {
					b.Fatal(len(got), err)
				}
			}
		})
	}
}

func BenchmarkPrune(b *testing.B) {
	s := filled(b)
	b.ReportAllocs()
	before := time.UnixMilli(1_795_000_000_000)
	for n := 0; b.Loop(); n++ {
		if _, err := s.Prune(b.Context(), before.Add(time.Duration(n)*50*time.Second), 500); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkErase is of one person's 1,000 among 100,000 messages.
func BenchmarkErase(b *testing.B) {
	s := filled(b)
	for n := 0; b.Loop(); n++ {
		if _, err := s.Erase(b.Context(), fmt.Sprint("user ", n%97)); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkAdd is what a publisher pays.
func BenchmarkAdd(b *testing.B) {
	batcher := NewBatcher(nil, BatcherConfig{Queue: 1}, slog.New(slog.DiscardHandler))
	e := entries("show", "mina", 0, 1)[0]
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if !batcher.Add(e) {
				select {
				case <-batcher.queue:
				default:
				}
			}
		}
	})
}
