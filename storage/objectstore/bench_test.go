package objectstore_test

import (
	"bytes"
	"strconv"
	"testing"

	"github.com/globalfandom/lightstick/storage/objectstore"
	"github.com/globalfandom/lightstick/storage/objectstore/s3test"
)

// segmentSize is that of two seconds at 3 Mbit/s.
const segmentSize = 750_000

func benchmarkPut(b *testing.B, s objectstore.Store) {
	data := make([]byte, segmentSize)
	b.SetBytes(segmentSize)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		if err := s.Put(b.Context(), "live/"+strconv.Itoa(i%100), bytes.NewReader(data), objectstore.Attributes{}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkS3Put(b *testing.B) { benchmarkPut(b, newS3(b, s3test.Start(b), nil)) }

func BenchmarkCacheOpenHit(b *testing.B) {
	m := objectstore.NewMemory()
	if err := m.Put(b.Context(), "key", bytes.NewReader(make([]byte, segmentSize)), objectstore.Attributes{}); err != nil {
		b.Fatal(err)
	}
	c, err := objectstore.NewCache(b.TempDir(), 1<<30, m)
	if err != nil {
		b.Fatal(err)
	}
	defer c.Close()
	b.ReportAllocs()
	for b.Loop() {
		f, _, err := c.Open(b.Context(), "key")
		if err != nil {
			b.Fatal(err)
		}
		_ = f.Close()
	}
}
