package packager

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/Eyevinn/mp4ff/mp4"

	"github.com/globalfandom/lightstick/media"
)

// screen is a source that sends pictures when it likes: when each is shown, counted in
// milliseconds.
type screen struct {
	name      string
	keyFrames int // pictures between keyframes
	times     func() []int
}

// screens are phones, cameras and slide shows. Each lasts for about a minute.
var screens = []screen{
	{"a phone, still for 1.6 s of 5 s", 150, func() []int { return moving(33, 60_000, 5000, 3400) }},
	{"a phone, still for 0.6 s of 2 s", 60, func() []int { return moving(33, 60_000, 2000, 1400) }},
	{"a phone, still for 9 s of 12 s", 60, func() []int { return moving(33, 60_000, 12_000, 3000) }},
	{"a picture in 1 s", 10, func() []int { return moving(1000, 60_000, 1000, 1000) }},
	{"a picture in 2 s", 5, func() []int { return moving(2000, 60_000, 2000, 2000) }},
	{"a picture in 5 s", 1, func() []int { return moving(5000, 60_000, 5000, 5000) }},
	{"a picture in 5 s, few keyframes", 4, func() []int { return moving(5000, 60_000, 5000, 5000) }},
	{"slides of 8 s", 1, func() []int { return moving(8000, 60_000, 8000, 8000) }},
	{"slides of 8 s, after a film", 60, func() []int {
		return append(moving(33, 10_000, 10_000, 10_000), moving(8000, 64_000, 8000, 8000)[2:]...)
	}},
	{"at random", 40, func() (times []int) {
		r := rand.New(rand.NewPCG(1, 2))
		for at := 0; at < 60_000; at += 33 + r.IntN(20)*r.IntN(2)*r.IntN(2)*r.IntN(200) {
			times = append(times, at)
		}
		return times
	}},
}

// moving are the times of pictures that come each step, but for the end of each period.
func moving(step, until, period, still int) (times []int) {
	for at := 0; at < until; at += step {
		if at%period < still {
			times = append(times, at)
		}
	}
	return times
}

// show publishes a screen, with sound that goes on beside it if rate isn't 0. Pictures have
// their number in their payload.
type show struct {
	stream   *Stream
	times    []int
	key      int
	size     int // of a picture
	rate     int
	bFrames  int
	follower bool
	behind   int // so many pictures later come those of the follower
	quiet    int // sound pauses from here on until the next picture, in milliseconds; 0: never
}

// run publishes everything, and returns when each picture is shown.
func (p *show) run(t *testing.T) (shown []media.Ticks) {
	t.Helper()
	tracks := map[string]media.Track{"source": videoTrack()}
	if p.rate > 0 {
		tracks["audio"] = audioTrack(p.rate)
	}
	if err := p.stream.Begin(Epoch{ID: "p", Clock: media.Clock{Start: startTime}, Leader: "source", Tracks: tracks}); err != nil {
		t.Fatal(err)
	}
	if p.follower {
		if err := p.stream.SetTrack("240p", "p", videoTrack()); err != nil {
			t.Fatal(err)
		}
	}
	sound := media.Rescale(media.Ticks(p.bFrames)*2970, 90000, 48000) // from the first picture on
	var late []media.Sample
	for i, at := range p.times {
		sound = p.playSound(sound, media.Ticks(p.times[min(i+p.bFrames, len(p.times)-1)]*90)) // when the encoder has it
		payload := make([]byte, p.size)
		binary.BigEndian.PutUint64(payload, uint64(i))
		dts, shownAt := media.Ticks(at*90), media.Ticks(at*90)
		if p.bFrames > 0 {
			dts, shownAt = p.reordered(i)
		}
		s := media.Sample{DTS: dts, CompositionOffset: shownAt - dts, KeyFrame: i%p.key == 0, Payload: payload}
		shown = append(shown, shownAt)
		p.stream.Write("source", s)
		s.DTS, s.CompositionOffset = shownAt, 0
		late = append(late, s)
		for p.follower && len(late) > p.behind {
			p.stream.Write("240p", late[0])
			late = late[1:]
		}
	}
	for p.follower && len(late) > 0 {
		p.stream.Write("240p", late[0])
		late = late[1:]
	}
	p.playSound(sound, media.Ticks(p.times[len(p.times)-1]*90+20_000))
	p.stream.End()
	return shown
}

// playSound sends sound up to a time, and returns where it goes on.
func (p *show) playSound(from, until media.Ticks) media.Ticks {
	if quiet := media.Rescale(media.Ticks(p.quiet), 1000, 90000); quiet > 0 && until > 2*quiet {
		from = max(from, media.Rescale(until-45_000, 90000, 48000))
	}
	for ; p.rate > 0 && media.Rescale(from, media.Timescale(p.rate), 90000) < until; from += 1024 {
		p.stream.Write("audio", media.Sample{DTS: from, Duration: 1024, KeyFrame: true, Payload: make([]byte, 40)})
	}
	return from
}

// reordered is when a picture is decoded and shown. P-frames come before the B-frames that
// are shown before them, and decode times are those at which pictures are shown, a few
// pictures late, as x264 has it.
func (p *show) reordered(i int) (dts, shown media.Ticks) {
	lead := media.Ticks(p.bFrames) * 2970
	dts = media.Ticks(i) * 2970
	if i >= p.bFrames {
		dts = lead + media.Ticks(p.times[i-p.bFrames]*90)
	}
	place := i % p.key
	whole := (p.key - 1) / (p.bFrames + 1) * (p.bFrames + 1)
	shownAs := i
	switch {
	case place == 0 || place > whole:
	case (place-1)%(p.bFrames+1) == 0:
		shownAs = i + p.bFrames
	default:
		shownAs = i - 1
	}
	return dts, lead + media.Ticks(p.times[min(shownAs, len(p.times)-1)]*90)
}

// fragmentSample is a sample of a rendition, as its chunks have it.
type fragmentSample struct {
	picture        int
	decoded, shown media.Ticks
	length         media.Ticks
	key            bool
}

func pictures(t *testing.T, s *Segment) (all []fragmentSample) {
	t.Helper()
	for _, chunk := range s.Chunks() {
		file, err := mp4.DecodeFile(bytes.NewReader(chunk))
		if err != nil {
			t.Fatal(err)
		}
		traf := file.Segments[0].Fragments[0].Moof.Trafs[0]
		at := media.Ticks(traf.Tfdt.BaseMediaDecodeTime())
		payload := file.Segments[0].Fragments[0].Mdat.Data
		for _, sample := range traf.Trun.Samples {
			all = append(all, fragmentSample{
				picture: int(binary.BigEndian.Uint64(payload)), decoded: at, shown: at + media.Ticks(sample.CompositionTimeOffset),
				length: media.Ticks(sample.Dur), key: sample.Flags == 0x02000000,
			})
			at += media.Ticks(sample.Dur)
			payload = payload[sample.Size:]
		}
	}
	return all
}

// The last picture stands until the next one comes: everything is packaged, once, at its
// time; nothing is a gap or a discontinuity; no segment rounds to more than the target, and
// no part is longer than the part target unless it would cost too much.
func TestPicturesStand(t *testing.T) {
	for _, screen := range screens {
		for _, rate := range []int{0, 48000} {
			for _, muxed := range []bool{false, true} {
				for _, bFrames := range []int{0, 2} {
					for _, size := range []int{200, 60_000} {
						if muxed && rate == 0 || bFrames > 0 && screen.keyFrames < 40 {
							continue
						}
						name := fmt.Sprintf("%s, sound %d, muxed %v, %d B, %d bytes", screen.name, rate, muxed, bFrames, size)
						t.Run(name, func(t *testing.T) {
							s := NewStream(Config{Window: 5 * time.Minute, Muxed: muxed}, &nothing{})
							behind := 1
							if screen.keyFrames <= 10 {
								behind = 0 // the picture that begins a segment must be there
							}
							p := &show{stream: s, times: screen.times(), key: screen.keyFrames, size: size, rate: rate, bFrames: bFrames, follower: bFrames == 0, behind: behind}
							shown := p.run(t)
							if c := s.Counters(); c.DroppedSamples+c.Gaps+c.Discontinuities > 0 {
								t.Errorf("%+v", c)
							}
							for _, r := range s.lists.lists {
								if r.IsVideo() {
									checkStanding(t, r, shown, bFrames == 0, size < 1000 && screen.keyFrames <= 10)
								} else {
									continuous(t, r.name, runs(t, r)[0])
								}
								checkRounding(t, r, bFrames == 0)
							}
						})
					}
				}
			}
		}
	}
}

// checkRounding checks the segments' lengths and dates.
func checkRounding(t *testing.T, r *playlist, inOrder bool) {
	t.Helper()
	var end time.Time
	tolerance := time.Millisecond
	if !inOrder {
		tolerance = maxMisaligned * 33 * time.Millisecond
	}
	for _, segment := range r.window.closed {
		if math.Round(segment.Duration.Seconds()) > float64(r.Snapshot().header.TargetDuration) {
			t.Errorf("%s %d lasts %v, the target is %d s", r.name, segment.MSN, segment.Duration, r.Snapshot().header.TargetDuration)
		}
		if away := segment.ProgramDateTime.Sub(end).Abs(); !end.IsZero() && away > tolerance {
			t.Errorf("%s %d begins %v from the end of the one before", r.name, segment.MSN, away)
		}
		end = segment.end()
	}
}

// checkStanding checks that a rendition has every picture, and shows the right one at any
// time. An encoder that reorders pictures may hold the last ones before a pause back until
// the next one comes: they are late.
func checkStanding(t *testing.T, r *playlist, shown []media.Ticks, inOrder, cheap bool) {
	t.Helper()
	newest, again := -1, -1 // the newest picture so far, and the last one that came once more
	var next media.Ticks
	tolerance := media.Ticks(1)
	if !inOrder {
		tolerance = maxMisaligned * 2970
	}
	for _, segment := range r.window.closed {
		if segment.Gap {
			t.Fatalf("%s %d is a gap", r.name, segment.MSN)
		}
		samples := pictures(t, segment)
		if segment.Dependent == samples[0].key || segment.Dependent && inOrder {
			t.Errorf("%s %d: depends on others %v, begins with a keyframe %v", r.name, segment.MSN, segment.Dependent, samples[0].key)
		}
		var length media.Ticks
		for i, s := range samples {
			if s.decoded != next && newest >= 0 {
				t.Fatalf("%s %d: sample %d is decoded at %d, after one that ends at %d", r.name, segment.MSN, i, s.decoded, next)
			}
			next = s.decoded + s.length
			length += s.length
			switch {
			case again >= 0 && again < newest: // all from the keyframe to the newest come again
				if s.picture != again+1 {
					t.Fatalf("%s %d: picture %d follows %d, which came once more", r.name, segment.MSN, s.picture, again)
				}
				again = s.picture
			case s.picture == newest+1:
				newest, again = s.picture, -1
				if late := s.shown - shown[newest]; late < 0 || late > 0 && inOrder && r.name == "source" {
					t.Errorf("%s %d: picture %d is shown at %d, not at %d", r.name, segment.MSN, newest, s.shown, shown[newest])
				}
			case s.key && s.picture <= newest:
				again = s.picture
			default:
				t.Fatalf("%s %d: picture %d comes after %d", r.name, segment.MSN, s.picture, newest)
			}
		}
		if length.Duration(90000) != segment.Duration || max(samples[0].decoded-segment.Start, segment.Start-samples[0].decoded) > tolerance {
			t.Errorf("%s %d begins at %d and lasts %v, its samples begin at %d and last %v",
				r.name, segment.MSN, segment.Start, segment.Duration, samples[0].decoded, length.Duration(90000))
		}
		for i, p := range segment.parts() {
			if cheap && inOrder && p.Duration > r.partTarget && r.name == "source" {
				t.Errorf("%s %d.%d lasts %v, the part target is %v", r.name, segment.MSN, i, p.Duration, r.partTarget)
			}
		}
	}
	if newest != len(shown)-1 {
		t.Errorf("%s has %d of %d pictures", r.name, newest+1, len(shown))
	}
}

// A picture that has stood for longer than the packager makes up for at once is followed by a
// discontinuity, and nothing is left out; also where sound comes back first.
func TestPicturesThatStandForVeryLong(t *testing.T) {
	for _, key := range []int{60, 50} { // the picture after it is a keyframe, or not
		for _, rate := range []int{0, 48000} {
			s := NewStream(Config{Window: 5 * time.Minute}, &nothing{})
			times := append(moving(33, 3960, 3960, 3960), moving(33, 3_700_000, 3_700_000, 3_700_000)[109_091:]...)
			p := &show{stream: s, times: times, key: key, size: 200, rate: rate, follower: true}
			p.quiet = 4000
			p.run(t)
			c := s.Counters()
			if c.Discontinuities != 1 || c.Segments > 1000 || rate == 0 && c.DroppedSamples+c.Gaps > 0 {
				t.Errorf("keyframe each %d, sound %d: %+v", key, rate, c)
			}
			if last := rendition(t, s, "source").window.lastSegment(); last.Gap || last.Discontinuity {
				t.Errorf("keyframe each %d, sound %d: the last segment is %+v", key, rate, last.Entry)
			}
		}
	}
}
