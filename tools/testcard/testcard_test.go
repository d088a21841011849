package testcard

import (
	"math/bits"
	"testing"
	"time"
)

// The blocks that are drawn spell the stamp: what the tests' page reads.
func TestStampCanBeReadFromThePicture(t *testing.T) {
	for _, size := range [][2]int{{1280, 720}, {640, 360}, {426, 240}} {
		p, err := newPicture(size[0], size[1])
		if err != nil {
			t.Fatal(err)
		}
		now := time.UnixMilli(1_795_406_568_221)
		frame := p.draw(now, 1234*time.Millisecond)
		var read Stamp
		for i := range StampBits {
			x := (2*i + 1) * size[0] / (2 * StampBits)
			y := size[1] - size[1]/(2*StampRows)
			read <<= 1
			if frame.Y[frame.YOffset(x, y)] > 127 {
				read |= 1
			}
		}
		if read != NewStamp(now) {
			t.Errorf("%v: read %x, want %x", size, read, NewStamp(now))
		}
		if ms := uint64(read >> ParityBits); ms != uint64(now.UnixMilli())&(1<<TimeBits-1) ||
			bits.OnesCount64(ms) != int(read&(1<<ParityBits-1)) {
			t.Errorf("%v: stamp %x does not fit its time", size, read)
		}
	}
}

func TestToneBeepsEverySecond(t *testing.T) {
	pcm := tone(0, 2*sampleRate)
	loud := func(from time.Duration) bool {
		at := int(from.Seconds()*sampleRate) * 2
		for _, b := range pcm[at : at+960] {
			if b != 0 {
				return true
			}
		}
		return false
	}
	for at, want := range map[time.Duration]bool{
		20 * time.Millisecond: true, 500 * time.Millisecond: false, 1020 * time.Millisecond: true, 1500 * time.Millisecond: false,
	} {
		if loud(at) != want {
			t.Errorf("sound at %v: %v", at, !want)
		}
	}
}

func BenchmarkDraw(b *testing.B) {
	p, err := newPicture(1280, 720)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		p.draw(time.Now(), time.Second)
	}
}
