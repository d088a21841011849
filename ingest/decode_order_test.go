package ingest

import (
	"slices"
	"testing"
	"time"

	"github.com/globalfandom/lightstick/media"
	"github.com/globalfandom/lightstick/media/bitstream"
)

// Times are in frames here.
func TestDecodeTimesFromPresentationTimes(t *testing.T) {
	const frame = 3000
	tests := []struct {
		name  string
		depth int
		pts   []int
		b     []int // B pictures, by index
		dts   []int // -1: just after the one before
		late  int   // most frames from decoding to showing
		fixed int   // pictures whose presentation time was not believed
	}{
		{"in order", 0, []int{0, 1, 2, 3}, nil, []int{0, 1, 2, 3}, 0, 0},
		{"one B picture", 1, []int{1, 3, 2, 5, 4, 7, 6}, []int{2, 4, 6}, []int{0, 1, 2, 3, 4, 5, 6}, 2, 0},
		{"a pyramid", 2, []int{2, 6, 4, 3, 5, 10, 8, 7, 9}, []int{2, 3, 4, 6, 7, 8}, []int{0, 1, 2, 3, 4, 5, 6, 7, 8}, 5, 0},
		{"a picture is lost", 1, []int{1, 3, 2, 5, 7, 6, 9, 8}, []int{2, 5, 7}, []int{0, 1, 2, 3, 5, 6, 7, 8}, 2, 0},
		{"B pictures that nobody declared", 0, []int{0, 1, 4, 2, 3, 7, 5, 6, 10, 8, 9}, []int{3, 4, 6, 7, 9, 10},
			[]int{0, 1, 4, -1, -1, -1, 5, 6, 7, 8, 9}, 3, 0},
		{"a step back", 0, []int{0, 1, 2, 3, 4, 5, 2, 3, 4, 5, 6, 7}, nil, []int{0, 1, 2, 3, 4, 5, -1, -1, -1, -1, 6, 7}, 0, 4},
		{"a time again and again", 0, []int{0, 1, 1, 1, 2}, nil, []int{0, 1, -1, -1, 2}, 0, 2},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			o := decodeOrder{depth: tt.depth, frame: frame}
			fixed, last := 0, media.Ticks(-1)
			for i, pts := range tt.pts {
				dts, shown, repair := o.next(media.Ticks(pts)*frame, slices.Contains(tt.b, i))
				want := media.Ticks(tt.dts[i]) * frame
				if tt.dts[i] < 0 {
					want = last + 1
				}
				if dts != want {
					t.Errorf("picture %d is decoded at %d, want %d", i, dts, want)
				}
				if late := shown - dts; late > media.Ticks(tt.late)*frame {
					t.Errorf("picture %d is shown %d after it is decoded", i, late)
				}
				if repair != "" {
					fixed++
				} else if shown != media.Ticks(pts)*frame {
					t.Errorf("picture %d is shown at %d", i, shown)
				}
				last = dts
			}
			if fixed != tt.fixed {
				t.Errorf("%d times were not believed, want %d", fixed, tt.fixed)
			}
		})
	}
}

// A camera's clock goes wrong. Picture and sound go on, in step, and the repair is counted.
func TestClocksOfPresentationTimes(t *testing.T) {
	const frames, fps, wrong, hour = 300, 25, 150, 3600 * 90000
	const anyRepair = "any"
	when := func(wrong bool, offset int64) int64 {
		if wrong {
			return offset
		}
		return 0
	}
	tests := []struct {
		name   string
		offset func(i int) int64 // of the picture's time stamp
		most   time.Duration     // between two pictures
		apart  time.Duration     // how far picture and sound may part
		reason string            // the only one; "": none
		count  int
	}{
		{"none", func(int) int64 { return 0 }, 40 * time.Millisecond, 0, "", 0},
		{"one picture 2.7 hours ahead", func(i int) int64 { return when(i == wrong, 27*hour/10) }, 80 * time.Millisecond, 0, RepairForward, 1},
		{"one picture 10.4 hours ahead", func(i int) int64 { return when(i == wrong, 104*hour/10) }, 80 * time.Millisecond, 0, RepairForward, 1},
		{"one picture an hour behind", func(i int) int64 { return when(i == wrong, -hour) }, 80 * time.Millisecond, 0, RepairBackward, 1},
		{"three in a row", func(i int) int64 { return when(i >= wrong && i < wrong+3, 2*hour) }, 80 * time.Millisecond, 0, RepairForward, 1},
		{"the first picture", func(i int) int64 { return when(i == 0, hour) }, 80 * time.Millisecond, 50 * time.Millisecond, RepairBackward, 2},
		{"set back by an hour", func(i int) int64 { return when(i >= wrong, -hour) }, 80 * time.Millisecond, 50 * time.Millisecond, RepairBackward, 1},
		{"set ahead by ten seconds", func(i int) int64 { return when(i >= wrong, 900000) }, 80 * time.Millisecond, 50 * time.Millisecond, RepairForward, 1},
		{"set back by a fifth of a second", func(i int) int64 { return when(i >= wrong, -18000) }, 80 * time.Millisecond, 200 * time.Millisecond, anyRepair, 0},
		{"frozen", func(i int) int64 { return when(i >= wrong, int64(wrong-i)*90000/fps) }, 2500 * time.Millisecond, 3 * time.Second, RepairFrozen, 2},
	}
	for _, tt := range tests {
		for _, codec := range []media.Codec{media.H264, media.HEVC} {
			t.Run(tt.name+" "+codec.String(), func(t *testing.T) {
				sink := newRecordingSink()
				s := NewSession(sink, media.VideoTimescale, 0)
				key, other, sets := []byte{0x65, 0x88, 0x80}, []byte{0x41, 0x9a, 0x80}, parameterSets
				if codec == media.HEVC {
					key, other, sets = []byte{0x26, 1, 0xaf, 1}, []byte{0x02, 1, 0xd0, 1}, hevcSets
				}
				if err := s.SetVideo(codec, sets); err != nil {
					t.Fatal(err)
				}
				if err := s.SetAudio(aac(t, 3)); err != nil {
					t.Fatal(err)
				}
				sound := int64(0)
				for i := range frames {
					pts := int64(i) * 90000 / fps
					now := arrival.Add(time.Duration(i) * time.Second / fps)
					unit := [][]byte{other}
					if i%fps == 0 {
						unit = [][]byte{key}
					}
					if err := s.VideoPresented(pts+tt.offset(i), prefixed(unit...), now); err != nil {
						t.Fatal(err)
					}
					for ; sound <= pts; sound += 1920 {
						if err := s.AudioFrames(sound, [][]byte{{1}}, now); err != nil {
							t.Fatal(err)
						}
					}
				}
				s.Close(nil)
				video, audio := sink.samples[media.Video], sink.samples[media.Audio]
				if len(video) != frames {
					t.Fatalf("%d pictures of %d", len(video), frames)
				}
				for i := 1; i < frames; i++ {
					step := (video[i].DTS - video[i-1].DTS).Duration(media.VideoTimescale)
					if step <= 0 || step > tt.most || video[i].CompositionOffset < 0 {
						t.Errorf("picture %d is %v after the last, offset %d", i, step, video[i].CompositionOffset)
					}
				}
				lead := video[0].PTS().Duration(media.VideoTimescale) - audio[0].DTS.Duration(48000)
				late := video[frames-1].PTS().Duration(media.VideoTimescale) - audio[len(audio)-1].DTS.Duration(48000)
				if (late - lead).Abs() > tt.apart+40*time.Millisecond {
					t.Errorf("the picture is %v before the sound in the end, %v in the beginning", late, lead)
				}
				if tt.reason == anyRepair && len(sink.repairs) > 0 {
					return
				}
				if sink.repairs[tt.reason] != tt.count || tt.reason == "" && len(sink.repairs) > 0 {
					t.Errorf("repairs %v, want %d %s", sink.repairs, tt.count, tt.reason)
				}
			})
		}
	}
}

// hevcSets describe pictures of which two at most are decoded before one and shown after it.
var hevcSets = bitstream.ParamSets{
	VPS: [][]byte{{
		0x40, 0x01, 0x0c, 0x01, 0xff, 0xff, 0x02, 0x20, 0x00, 0x00, 0x03, 0x00, 0x90, 0x00, 0x00, 0x03, 0x00, 0x00, 0x03, 0x00, 0x3c, 0x95, 0x98, 0x09,
	}},
	SPS: [][]byte{{
		0x42, 0x01, 0x01, 0x02, 0x20, 0x00, 0x00, 0x03, 0x00, 0x90, 0x00, 0x00, 0x03, 0x00, 0x00, 0x03, 0x00, 0x3c, 0xa0, 0x0a, 0x08, 0x0b, 0x9f, 0x6d,
		0x96, 0x56, 0x69, 0x24, 0xca, 0xf0, 0x16, 0xa1, 0x22, 0x01, 0x20, 0x80, 0x00, 0x00, 0x03, 0x00, 0x80, 0x00, 0x00, 0x0c, 0x84,
	}},
	PPS: [][]byte{{0x44, 0x01, 0xc1, 0x72, 0xb4, 0x62, 0x40}},
}
