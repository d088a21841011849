package origin

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"runtime"
	"sync"
	"testing"
	"time"
)

// sink is a ResponseWriter that costs nothing.
type sink struct{ header http.Header }

func (s *sink) Header() http.Header         { return s.header }
func (s *sink) WriteHeader(int)             {}
func (s *sink) Write(b []byte) (int, error) { return len(b), nil }

// BenchmarkAnswer is what an answer costs above net/http: everything between the
// parsed request and the bytes handed over.
func BenchmarkAnswer(b *testing.B) {
	s := newStudio(b)
	s.publish(40 * time.Second)
	rendition, _ := s.stream.Rendition("audio")
	snap := rendition.Snapshot()
	next := fmt.Sprintf("_HLS_msn=%d&_HLS_part=%d", snap.LastMSN+1, snap.OpenParts-1)
	for _, tt := range []struct{ name, path string }{
		{"playlist", "/live/show/audio.m3u8"},
		{"blocking-satisfied", "/live/show/audio.m3u8?" + next},
		{"delta", "/live/show/audio.m3u8?_HLS_skip=YES&" + next},
		{"multivariant", "/live/show/index.m3u8"},
		{"part", fmt.Sprintf("/live/show/p/audio/%d.1.m4s", snap.LastMSN)},
		{"segment", fmt.Sprintf("/live/show/p/audio/%d.m4s", snap.LastMSN)},
		{"not-found", "/live/none/index.m3u8"},
	} {
		b.Run(tt.name, func(b *testing.B) {
			r := httptest.NewRequest("GET", tt.path, nil)
			r.Header.Set("Accept-Encoding", "gzip, deflate, br")
			w := &sink{header: make(http.Header)}
			b.ReportAllocs()
			for b.Loop() {
				clear(w.header)
				s.handler.ServeHTTP(w, r)
			}
		})
	}
}

// BenchmarkWake holds 1,000 requests and answers them with the next part: the time
// is that of one round, from the part to the last answer.
func BenchmarkWake(b *testing.B) {
	const viewers = 1000
	s := newStudio(b)
	s.publish(9 * time.Second)
	rendition, _ := s.stream.Rendition("audio")
	b.ReportAllocs()
	held := 0.0
	for b.Loop() {
		b.StopTimer()
		snap := rendition.Snapshot()
		path := fmt.Sprintf("/live/show/audio.m3u8?_HLS_msn=%d&_HLS_part=%d", snap.LastMSN+1, snap.OpenParts)
		before := memory()
		var wg sync.WaitGroup
		for range viewers {
			wg.Go(func() {
				r := httptest.NewRequest("GET", path, nil)
				s.handler.ServeHTTP(&sink{header: make(http.Header, 8)}, r)
			})
		}
		for s.blocked() < viewers {
			runtime.Gosched()
		}
		held = max(held, (memory()-before)/viewers)
		b.StartTimer()
		for rendition.Snapshot() == snap {
			s.publish(100 * time.Millisecond)
		}
		wg.Wait()
	}
	b.ReportMetric(held, "B/held")
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/viewers, "ns/answer")
}

// blocked is how many requests are held.
func (s *studio) blocked() int64 {
	return s.handler.(*Server).viewers.of(s.stream, "show").blocked.Load()
}

// memory is what goroutines and objects take up, in bytes.
func memory() float64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return float64(m.HeapAlloc + m.StackInuse)
}
