package packager

import (
	"bytes"
	"testing"
	"time"

	"github.com/Eyevinn/mp4ff/mp4"

	"github.com/globalfandom/lightstick/media"
)

// group is a closed group of pictures as encoders send it: for each frame, in decoding
// order, its place in the order of presentation.
func group(length, bFrames int) (order []int) {
	order = append(order, 0)
	for shown := 0; shown < length-1; {
		next := min(shown+bFrames+1, length-1)
		order = append(order, next)
		between := next - shown - 1
		if between == 3 { // the middle one is a reference
			order = append(order, shown+2, shown+1, shown+3)
		} else {
			for i := range between {
				order = append(order, shown+1+i)
			}
		}
		shown = next
	}
	return order
}

// delay is by how many frames each keyframe is shown after it is decoded.
func delay(order []int) (most int) {
	for i, shown := range order {
		most = max(most, i-shown)
	}
	return most
}

// reordered makes a source send groups with B-frames.
func (s *source) reordered(bFrames int) {
	order := group(s.keyFrames, bFrames)
	s.late = delay(order)
	s.offset = func(frame int) media.Ticks {
		first := frame - frame%s.keyFrames
		return s.dts(first+order[frame%s.keyFrames]+s.late) - s.dts(frame)
	}
}

// samplesOf reads the samples of a part by another parser: when the first is decoded, when
// each is shown, and how long they last.
func samplesOf(t *testing.T, chunk []byte) (decoded media.Ticks, shown []media.Ticks, length media.Ticks) {
	t.Helper()
	file, err := mp4.DecodeFile(bytes.NewReader(chunk))
	if err != nil {
		t.Fatal(err)
	}
	traf := file.Segments[0].Fragments[0].Moof.Traf
	decoded = media.Ticks(traf.Tfdt.BaseMediaDecodeTime())
	for _, s := range traf.Trun.Samples {
		shown = append(shown, decoded+length+media.Ticks(s.CompositionTimeOffset))
		length += media.Ticks(s.Dur)
	}
	return decoded, shown, length
}

// Players place segments by decode time: what is shown of a segment begins and ends with
// it, in renditions with and without B-frames, muxed or not, and over a reconnect with
// another encoder.
func TestSegmentsAreShownWhenTheyAreDecoded(t *testing.T) {
	for _, muxed := range []bool{false, true} {
		s := NewStream(Config{Muxed: muxed, Window: time.Minute}, &nothing{})
		src := newSource(s, [2]int64{30, 1}, 60, 48000)
		src.follower = "240p"
		src.reordered(2)
		src.begin(t, "a")
		src.run(6 * time.Second)
		s.End()
		src.base, src.frame, src.sound = media.TicksOf(10*time.Second, 90000), 0, 0
		src.reordered(3)
		src.begin(t, "b")
		src.run(6 * time.Second)
		for _, name := range []string{"source", "240p"} {
			for _, segment := range rendition(t, s, name).window.closed {
				start, next := media.Ticks(0), media.Ticks(0)
				first, last := media.Ticks(1<<62), media.Ticks(0)
				for i, chunk := range segment.Chunks() {
					decoded, shown, length := samplesOf(t, chunk)
					if i == 0 {
						start = decoded
					} else if decoded != next {
						t.Errorf("%s %d.%d is decoded at %d, not at %d", name, segment.MSN, i, decoded, next)
					}
					next = decoded + length
					for _, at := range shown {
						first, last = min(first, at), max(last, at)
					}
				}
				if start != segment.Start || first != start || last != next-3000 {
					t.Errorf("muxed %v, %s %d begins at %d: decoded from %d to %d, shown from %d to %d",
						muxed, name, segment.MSN, segment.Start, start, next, first, last+3000)
				}
			}
		}
	}
}
