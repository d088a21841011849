package packager

import (
	"testing"
	"time"
)

func BenchmarkWrite(b *testing.B) {
	s := NewStream(Config{}, &nothing{})
	src := newSource(s, [2]int64{30, 1}, 60, 48000)
	src.begin(b, "p")
	b.ReportAllocs()
	for b.Loop() {
		src.step() // one picture and its sound
	}
}

func BenchmarkRenderPlaylist(b *testing.B) {
	s := NewStream(Config{}, &nothing{})
	src := newSource(s, [2]int64{30, 1}, 60, 48000)
	src.begin(b, "p")
	src.run(35 * time.Second)
	snap := rendition(b, s, "source").Snapshot()
	b.ReportAllocs()
	for b.Loop() {
		_ = snap.playlist().Append(nil)
	}
}
