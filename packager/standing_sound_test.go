package packager

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/globalfandom/lightstick/media"
)

// Sound that was packaged while a picture stood is not behind a boundary that is set when the
// next picture comes: segments of both begin together.
func TestSoundIsCutWithPicturesThatStand(t *testing.T) {
	const fps, minute = 60, 60_000
	for seed := range uint64(12) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			r := rand.New(rand.NewPCG(seed, 1))
			var times []int
			for frame := 0; frame*1000/fps < minute; frame++ {
				if r.IntN(2*fps) == 0 {
					frame += r.IntN(7 * fps)
				}
				times = append(times, frame*1000/fps)
			}
			s := NewStream(Config{Window: 5 * time.Minute, SegmentDuration: time.Second}, &nothing{})
			p := &show{stream: s, times: times, key: 2*fps - 1, size: 2000, rate: 44100}
			p.run(t)
			picture := rendition(t, s, "source")
			sound := rendition(t, s, "audio")
			starts := make(map[int64]media.Ticks)
			for _, segment := range picture.window.closed {
				starts[segment.MSN] = segment.Start
			}
			frame := media.Rescale(1024, 44100, media.VideoTimescale) + 1
			for _, segment := range sound.window.closed {
				if start, ok := starts[segment.MSN]; ok && max(segment.Start-start, start-segment.Start) > frame {
					t.Errorf("the sound of segment %d begins %v after the picture", segment.MSN, (segment.Start - start).Duration(media.VideoTimescale))
				}
			}
		})
	}
}
