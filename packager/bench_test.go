package packager

import (
	"testing"
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
