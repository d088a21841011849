package thumbnail

import (
	"bytes"
	"context"
	"errors"
	"image/jpeg"
	"iter"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/globalfandom/lightstick/media"
	"github.com/globalfandom/lightstick/transcode/internal/child"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestInterval(t *testing.T) {
	tests := map[time.Duration]time.Duration{
		0: 2 * time.Second, time.Hour: 2 * time.Second, 2 * time.Hour: 4 * time.Second,
		12 * time.Hour: 25 * time.Second, 48 * time.Hour: 2 * time.Minute,
	}
	for d, want := range tests {
		if got := Interval(d); got != want || d/got > maxThumbs {
			t.Errorf("%v: every %v, want %v", d, got, want)
		}
	}
}

func TestPicturesShowTheirTime(t *testing.T) {
	for codec := range encoders {
		for _, muxed := range []bool{false, true} {
			name := codec.String()
			if muxed {
				name += " with sound"
			}
			t.Run(name, func(t *testing.T) {
				c := encode(t, codec, shades("640x360", 20))
				thumbs, err := Thumbnails(background, "", []Source{c.source(t, muxed)}, 160)
				if err != nil || len(thumbs) != 20 {
					t.Fatalf("%d pictures, %v", len(thumbs), err)
				}
				checkShades(t, thumbs, 160, 90)
			})
		}
	}
}

// Players take HD without colour description for BT.709, SD for BT.601.
func TestColoursOfHD(t *testing.T) {
	c := encode(t, media.H264, shades("1280x720", 4)+",scale=out_color_matrix=bt709,format=yuv420p")
	thumbs, err := Thumbnails(background, "", []Source{c.source(t, false)}, 160)
	if err != nil {
		t.Fatal(err)
	}
	checkShades(t, thumbs, 160, 90)
}

// HDR's white of paper, 203 cd/m², is 58 % of PQ's scale: it must not look grey.
func TestHDR(t *testing.T) {
	c := encode(t, media.HEVC, "color=0x949494:size=640x360:rate=1:duration=2", "-pix_fmt", "yuv420p10le",
		"-x265-params", "log-level=none:keyint=1:colorprim=bt2020:transfer=smpte2084:colormatrix=bt2020nc")
	if c.track.VideoRange() != media.PQ {
		t.Fatal("the source isn't HDR")
	}
	thumbs, err := Thumbnails(background, "", []Source{c.source(t, false)}, 160)
	if err != nil || len(thumbs) != 2 {
		t.Fatal(len(thumbs), err)
	}
	picture, err := jpeg.Decode(bytes.NewReader(thumbs[1].JPEG))
	if err != nil {
		t.Fatal(err)
	}
	r, g, b, _ := picture.At(80, 45).RGBA()
	t.Logf("%d %d %d", r>>8, g>>8, b>>8)
	if g>>8 < 190 || distance(r, uint8(g>>8)) > 4 || distance(b, uint8(g>>8)) > 4 {
		t.Errorf("white is %d %d %d", r>>8, g>>8, b>>8)
	}
}

func TestShape(t *testing.T) {
	tests := []struct {
		name, filter  string
		width, height int
	}{
		{"anamorphic", shades("720x576", 2) + ",setsar=64/45", 160, 90},
		{"upright", shades("360x640", 2), 90, 160},
		{"small", shades("64x48", 2), 64, 48},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := encode(t, media.H264, tt.filter)
			thumbs, err := Thumbnails(background, "", []Source{c.source(t, false)}, 160)
			if err != nil || len(thumbs) != 2 {
				t.Fatalf("%d pictures, %v", len(thumbs), err)
			}
			checkShades(t, thumbs, tt.width, tt.height)
		})
	}
}

// A change of resolution is a second source.
func TestSeveralSources(t *testing.T) {
	first, second := encode(t, media.H264, shades("640x360", 10)), encode(t, media.HEVC, shades("320x240", 20))
	second.frames = second.frames[10:]
	thumbs, err := Thumbnails(background, "", []Source{first.source(t, false), second.source(t, true)}, 160)
	if err != nil || len(thumbs) != 20 {
		t.Fatalf("%d pictures, %v", len(thumbs), err)
	}
	checkShades(t, thumbs[:10], 160, 90)
	checkShades(t, thumbs[10:], 160, 120)
}

// Keyframes of open groups of pictures aren't IDR: their order of display counts on
// from the last one that was.
func TestOpenGroups(t *testing.T) {
	const gop = "open-gop=1:bframes=3:scenecut=0:keyint=25:min-keyint=25"
	params := map[media.Codec][]string{
		media.H264: {"-g", "25", "-preset", "veryfast", "-x264-params", gop},
		media.HEVC: {"-g", "25", "-preset", "veryfast", "-x265-params", gop + ":log-level=none"},
	}
	for codec, more := range params {
		t.Run(codec.String(), func(t *testing.T) {
			c := encode(t, codec, strings.Replace(shades("320x180", 20), "rate=1", "rate=25", 1), more...)
			if len(c.frames) != 20 {
				t.Fatalf("%d keyframes", len(c.frames))
			}
			thumbs, err := Thumbnails(background, "", []Source{c.source(t, false)}, 160)
			if err != nil || len(thumbs) != 20 {
				t.Fatalf("%d pictures of 20, %v", len(thumbs), err)
			}
			checkShades(t, thumbs, 160, 90)
		})
	}
}

// A frame that can't be decoded leaves a hole, and moves no other.
func TestDamagedFrames(t *testing.T) {
	random := rand.NewChaCha8([32]byte{1})
	damages := map[string]func([]byte) []byte{
		"noise":      func(b []byte) []byte { _, _ = random.Read(b); return b },
		"tail":       func(b []byte) []byte { _, _ = random.Read(b[len(b)/4:]); return b },
		"cut":        func(b []byte) []byte { return b[:len(b)/3] },
		"empty":      func([]byte) []byte { return nil },
		"zeros":      func(b []byte) []byte { clear(b); return b },
		"huge noise": func([]byte) []byte { b := make([]byte, 4<<20); _, _ = random.Read(b); return b },
	}
	for codec := range encoders {
		for name, damage := range damages {
			t.Run(codec.String()+" "+name, func(t *testing.T) {
				c := encode(t, codec, shades("640x360", 20))
				hurt := []int{0, 9, 10, 19}
				for _, i := range hurt {
					c.frames[i].Payload = damage(slices.Clone(c.frames[i].Payload))
				}
				thumbs, err := Thumbnails(background, "", []Source{c.source(t, false)}, 160)
				if err != nil {
					t.Fatal(err)
				}
				var whole []Thumb
				for _, thumb := range thumbs {
					if !slices.Contains(hurt, int(thumb.At/time.Second)) {
						whole = append(whole, thumb)
					}
				}
				if len(whole) != 16 {
					t.Errorf("%d of 16 pictures", len(whole))
				}
				checkShades(t, whole, 160, 90)
			})
		}
	}
}

func TestNothingToDecode(t *testing.T) {
	c := encode(t, media.H264, shades("640x360", 3))
	if _, err := Thumbnails(background, "", nil, 160); !errors.Is(err, ErrNoPicture) {
		t.Error(err)
	}
	random := rand.NewChaCha8([32]byte{2})
	for i := range c.frames {
		_, _ = random.Read(c.frames[i].Payload)
	}
	_, err := Thumbnails(background, "", []Source{c.source(t, false)}, 160)
	if !errors.Is(err, ErrNoPicture) {
		t.Error(err)
	}
	t.Log(err)
	s := c.source(t, false)
	s.Init = []byte("no initialization section at all")
	_, err = Thumbnails(background, "", []Source{s}, 160)
	if err == nil || !strings.Contains(err.Error(), "Invalid data") {
		t.Errorf("not in FFmpeg's words: %v", err)
	}
	if _, err := Thumbnails(background, "/nonexistent/ffmpeg", []Source{c.source(t, false)}, 160); !errors.Is(err, child.ErrStart) {
		t.Error(err)
	}
	if _, err := Thumbnails(background, "", []Source{{Frames: given(c.frames)}}, 160); !errors.Is(err, errSize) {
		t.Error(err)
	}
}

// What the reader of the recording says is passed on.
func TestFramesFail(t *testing.T) {
	c := encode(t, media.H264, shades("640x360", 3))
	gone := errors.New("gone")
	s := c.source(t, false)
	s.Frames = func(yield func(Frame, error) bool) {
		for _, f := range c.frames {
			if !yield(f, nil) {
				return
			}
		}
		yield(Frame{}, gone)
	}
	if _, err := Thumbnails(background, "", []Source{s}, 160); !errors.Is(err, gone) {
		t.Error(err)
	}
}

// endless gives the same frames again and again.
func endless(ctx context.Context, frames []Frame, fed *int) iter.Seq2[Frame, error] {
	return func(yield func(Frame, error) bool) {
		for ctx.Err() == nil {
			f := frames[*fed%len(frames)]
			f.At = time.Duration(*fed) * time.Second
			*fed++
			if !yield(f, nil) {
				return
			}
		}
	}
}

func TestCancelLeavesNoProcess(t *testing.T) {
	c := encode(t, media.H264, shades("640x360", 3))
	ctx, cancel := context.WithTimeoutCause(background, 500*time.Millisecond, errors.New("enough"))
	defer cancel()
	s := c.source(t, false)
	var fed int
	s.Frames = endless(context.WithoutCancel(ctx), c.frames, &fed)
	give, running := s.Frames, 0
	s.Frames = func(yield func(Frame, error) bool) {
		give(func(f Frame, err error) bool {
			if running == 0 { // FFmpeg is there, and is found
				running = len(processes(t))
			}
			return yield(f, err)
		})
	}
	_, err := Thumbnails(ctx, "", []Source{s}, 160)
	if running == 0 {
		t.Error("FFmpeg would not be found if it were left behind")
	}
	if err == nil || !strings.Contains(err.Error(), "enough") {
		t.Error(err)
	}
	if left := processes(t); len(left) > 0 || fed == 0 {
		t.Errorf("left behind: %v", left)
	}
}

// Hours of large keyframes don't gather in memory.
func TestMemoryIsBounded(t *testing.T) {
	c := encode(t, media.H264, "testsrc2=size=1920x1080:rate=1:duration=4,noise=alls=60", "-crf", "10")
	s := c.source(t, false)
	var peak uint64
	var total int
	s.Frames = func(yield func(Frame, error) bool) {
		for i := range 60 {
			f := c.frames[i%len(c.frames)]
			total += len(f.Payload)
			f.Payload = slices.Clone(f.Payload)
			if i%10 == 0 {
				runtime.GC()
				var stats runtime.MemStats
				runtime.ReadMemStats(&stats)
				peak = max(peak, stats.HeapAlloc)
			}
			if !yield(f, nil) {
				return
			}
		}
	}
	runtime.GC()
	var before runtime.MemStats
	runtime.ReadMemStats(&before)
	if _, err := Thumbnails(background, "", []Source{s}, 160); err != nil {
		t.Fatal(err)
	}
	used := int64(peak) - int64(before.HeapAlloc)
	t.Logf("%d MB of frames, %d MB of memory", total>>20, used>>20)
	if used > int64(total)/4 {
		t.Errorf("%d bytes in memory, of %d", used, total)
	}
}

func TestPosterIsNotBlack(t *testing.T) {
	c := encode(t, media.H264, "testsrc2=size=1920x1080:rate=1:duration=7,"+
		"drawbox=c=black:t=fill:enable='lt(t,3)+gt(t,4)',drawbox=c=gray@0.7:t=fill:enable='eq(t,3)',drawbox=c=white:t=fill:enable='gt(t,5)'")
	poster, err := Poster(background, "", c.source(t, false))
	if err != nil {
		t.Fatal(err)
	}
	thumbs, err := c.source(t, false).decode(background, "", box{posterSide, posterQuality})
	if err != nil || len(thumbs) != 7 {
		t.Fatal(len(thumbs), err)
	}
	if !bytes.Equal(poster, thumbs[4].JPEG) {
		t.Error("the poster is not the one picture with everything in it")
	}
	if size, err := jpeg.DecodeConfig(bytes.NewReader(poster)); err != nil || size.Width != 1280 || size.Height != 720 {
		t.Error(size, err)
	}
	s := c.source(t, false)
	var fed int
	s.Frames = endless(background, c.frames[:1], &fed)
	if poster, err := Poster(background, "", s); err != nil || len(poster) == 0 || fed != candidates {
		t.Errorf("of black alone: %d bytes after %d frames, %v", len(poster), fed, err)
	}
}
