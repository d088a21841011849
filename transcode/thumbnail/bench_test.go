package thumbnail

import (
	"syscall"
	"testing"
	"time"

	"github.com/globalfandom/lightstick/media"
)

// BenchmarkThumbnails is one 1080p keyframe; the start of FFmpeg is shared by 100.
func BenchmarkThumbnails(b *testing.B) {
	for codec := range encoders {
		b.Run(codec.String(), func(b *testing.B) {
			c := encode(b, codec, "testsrc2=size=1920x1080:rate=1:duration=10", "-crf", "23")
			s := c.source(b, false)
			b.ReportAllocs()
			before := cpu()
			made := 0
			for b.Loop() {
				if made++; made%100 != 1 {
					continue
				}
				s.Frames = func(yield func(Frame, error) bool) {
					for i := range 100 {
						if !yield(Frame{At: time.Duration(i) * time.Second, Payload: c.frames[i%10].Payload}, nil) {
							return
						}
					}
				}
				if thumbs, err := Thumbnails(background, "", []Source{s}, 160); err != nil || len(thumbs) != 100 {
					b.Fatal(len(thumbs), err)
				}
			}
			whole := float64((made + 99) / 100 * 100)
			b.ReportMetric(float64((cpu()-before).Microseconds())/whole, "cpu-µs/thumb")
			b.ReportMetric(whole/b.Elapsed().Seconds(), "thumbs/s")
			b.ReportMetric(0, "ns/op")
		})
	}
}

// cpu is what this process and those it has waited for have used.
func cpu() time.Duration {
	var sum time.Duration
	for _, who := range []int{syscall.RUSAGE_SELF, syscall.RUSAGE_CHILDREN} {
		var u syscall.Rusage
		_ = syscall.Getrusage(who, &u)
		sum += time.Duration(u.Utime.Nano() + u.Stime.Nano())
	}
	return sum
}

// BenchmarkOpenGroups is H.264 that needs an FFmpeg a frame.
func BenchmarkOpenGroups(b *testing.B) {
	c := encode(b, media.H264, "testsrc2=size=1920x1080:rate=5:duration=10", "-g", "5",
		"-preset", "veryfast", "-x264-params", "open-gop=1:bframes=3:scenecut=0:keyint=5:min-keyint=5")
	for b.Loop() {
		if _, err := Thumbnails(background, "", []Source{c.source(b, false)}, 160); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N*len(c.frames))/b.Elapsed().Seconds(), "thumbs/s")
}
