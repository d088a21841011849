package live

import (
	"bytes"
	"fmt"
	"testing"
	"time"

	"github.com/globalfandom/lightstick/ingest"
	"github.com/globalfandom/lightstick/media"
	"github.com/globalfandom/lightstick/media/bitstream"
	"github.com/globalfandom/lightstick/media/silence"
)

// filling is a soundFiller with pictures of 30 fps and sound of a track, which it is fed
// as a source interleaves them.
type filling struct {
	t       *testing.T
	filler  soundFiller
	track   media.Track
	unit    silence.Unit
	frame   int
	late    time.Duration // how much later than the picture of the same time the sound is sent
	next    media.Ticks   // DTS of the next unit that the source sends, in the track's timescale
	written []media.Sample
	repairs map[string]int
	silent  time.Duration
}

func fillingOf(t *testing.T, track media.Track) *filling {
	t.Helper()
	f := &filling{t: t, track: track, repairs: map[string]int{}}
	f.filler = soundFiller{
		write: func(k media.Kind, s media.Sample) {
			if k == media.Audio {
				f.written = append(f.written, s)
			}
		},
		repaired: func(reason string) { f.repairs[reason]++ },
		filled:   func(d time.Duration) { f.silent += d },
	}
	f.filler.setTrack(track)
	f.unit, _ = silence.For(track)
	return f
}

// real is what the source sends as sound; silence is something else.
var real = []byte{1, 2, 3, 4, 5, 6, 7, 8, 9}

// run sends so much picture, with its sound.
func (f *filling) run(d time.Duration) {
	for end := f.now() + d; f.now() < end; {
		f.picture()
		for f.at(f.next) <= f.now()-f.late {
			f.sound()
		}
	}
}

// mute sends so much picture without sound, which the source does not have either.
func (f *filling) mute(d time.Duration) {
	for end := f.now() + d; f.now() < end; {
		f.picture()
	}
	for f.at(f.next) <= f.now() {
		f.next += f.unit.Duration
	}
}

func (f *filling) picture() {
	f.filler.Write(media.Video, media.Sample{DTS: media.Ticks(f.frame * 3000), KeyFrame: f.frame%60 == 0})
	f.frame++
}

func (f *filling) sound() {
	f.filler.Write(media.Audio, media.Sample{DTS: f.next, Duration: f.unit.Duration, KeyFrame: true, Payload: real})
	f.next += f.unit.Duration
}

func (f *filling) now() time.Duration { return media.Ticks(f.frame * 3000).Duration(90000) }

func (f *filling) at(t media.Ticks) time.Duration { return t.Duration(f.track.Timescale) }

// continuous fails if units overlap or leave holes, to the tick, or are of another length
// than a unit, but for what joins silence to sound.
func (f *filling) continuous() {
	f.t.Helper()
	for i, s := range f.written {
		if i > 0 {
			if end := f.written[i-1].DTS + f.written[i-1].Duration; s.DTS != end {
				f.t.Errorf("a unit at %d after one that ends at %d", s.DTS, end)
			}
		}
		joins := i+1 < len(f.written) && silent(s) && !silent(f.written[i+1])
		if off := s.Duration - f.unit.Duration; off != 0 && !joins || off > f.unit.Duration/2 || off < -f.unit.Duration/2 {
			f.t.Errorf("a unit of %d samples at %d", s.Duration, s.DTS)
		}
	}
}

func silent(s media.Sample) bool { return !bytes.Equal(s.Payload, real) }

// behind is how far sound and silence are behind the picture.
func (f *filling) behind() time.Duration {
	if len(f.written) == 0 {
		return f.now()
	}
	last := f.written[len(f.written)-1]
	return f.now() - f.at(last.DTS+last.Duration)
}

// stretches says when sound and silence take turns, in tenths of a second.
func (f *filling) stretches() (text string) {
	for i, s := range f.written {
		if i == 0 || silent(s) != silent(f.written[i-1]) {
			text += fmt.Sprintf("%s %.1f ", map[bool]string{true: "silence", false: "sound"}[silent(s)], f.at(s.DTS).Seconds())
		}
	}
	return text
}

func aacTrack(t *testing.T, config ...byte) media.Track {
	t.Helper()
	track, err := bitstream.AACTrack(config)
	if err != nil {
		t.Fatal(err)
	}
	return track
}

func TestSilenceIsFilledIn(t *testing.T) {
	tests := []struct {
		name      string
		send      func(*filling)
		stretches string
		stops     int // counted
		overlaps  int
	}{
		{"nothing is missing", func(f *filling) { f.run(10 * time.Second) }, "sound 0.0 ", 0, 0},
		{"sound ends", func(f *filling) {
			f.run(5 * time.Second)
			f.mute(10 * time.Second)
		}, "sound 0.0 silence 5.0 ", 1, 0},
		{"sound comes back", func(f *filling) {
			f.run(5 * time.Second)
			f.mute(10 * time.Second)
			f.run(5 * time.Second)
		}, "sound 0.0 silence 5.0 sound 15.0 ", 1, 0},
		{"sound comes and goes", func(f *filling) {
			for range 3 {
				f.run(5 * time.Second)
				f.mute(5 * time.Second)
			}
		}, "sound 0.0 silence 5.0 sound 10.0 silence 15.0 sound 20.0 silence 25.0 ", 3, 0},
		{"sound has a hole", func(f *filling) {
			f.run(5 * time.Second)
			f.mute(300 * time.Millisecond)
			f.run(5 * time.Second)
		}, "sound 0.0 silence 5.0 sound 5.3 ", 0, 0},
		{"sound never comes", func(f *filling) { f.mute(10 * time.Second) }, "silence 0.0 ", 1, 0},
		{"sound begins late", func(f *filling) {
			f.mute(800 * time.Millisecond)
			f.run(5 * time.Second)
		}, "silence 0.0 sound 0.8 ", 0, 0},
		// It overlaps the silence that was filled in, until the limit has learnt.
		{"sound is always late", func(f *filling) {
			f.late = 2 * time.Second
			f.run(30 * time.Second)
		}, "silence 0.0 sound 1.9 ", 1, 1},
		{"sound gets late", func(f *filling) {
			f.run(5 * time.Second)
			f.late = 2 * time.Second
			f.run(30 * time.Second)
		}, "sound 0.0 silence 5.0 sound 6.9 ", 1, 1},
		{"late sound ends", func(f *filling) {
			f.late = 2 * time.Second
			f.run(30 * time.Second)
			f.mute(20 * time.Second)
		}, "silence 0.0 sound 1.9 silence 28.0 ", 2, 1},
		{"the clock of sound begins anew", func(f *filling) {
			f.run(5 * time.Second)
			f.mute(20 * time.Second)
			f.next, f.late = 0, f.now()
			f.run(5 * time.Second)
		}, "sound 0.0 silence 5.0 sound 26.0 ", 1, 0},
		{"the clock of sound begins anew, and is right again", func(f *filling) {
			f.run(5 * time.Second)
			f.mute(20 * time.Second)
			real := f.next
			f.next, f.late = 0, f.now()
			f.run(5 * time.Second)
			f.next, f.late = real+f.next, 0
			f.run(5 * time.Second)
		}, "sound 0.0 silence 5.0 sound 26.0 ", 1, 0},
		{"sound is held up, and comes at once", func(f *filling) {
			f.run(5 * time.Second)
			f.late = 8 * time.Second
			f.run(8 * time.Second)
			f.late = 0
			f.run(5 * time.Second)
		}, "sound 0.0 silence 5.0 sound 12.9 ", 1, 1},
		{"pictures come rarely", func(f *filling) {
			for range 5 {
				f.picture()
				f.frame += 59
				for f.at(f.next) < f.now() {
					f.sound()
				}
			}
		}, "sound 0.0 ", 0, 0},
		{"pictures come rarely, and no sound", func(f *filling) {
			f.run(5 * time.Second)
			for range 5 {
				f.picture()
				f.frame += 59
			}
		}, "sound 0.0 silence 5.0 ", 1, 0},
		{"a hole of both", func(f *filling) {
			f.run(5 * time.Second)
			f.frame += 300 * 30
			f.next += media.TicksOf(300*time.Second, f.track.Timescale)
			f.run(5 * time.Second)
		}, "sound 0.0 silence 304.9 sound 305.0 ", 1, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for name, track := range map[string]media.Track{
				"48 kHz": aacTrack(t, 0x11, 0x90), "44.1 kHz": aacTrack(t, 0x12, 0x10),
			} {
				f := fillingOf(t, track)
				tt.send(f)
				if got := f.stretches(); got != tt.stretches {
					t.Errorf("%s: %q, want %q", name, got, tt.stretches)
				}
				if got := f.repairs[ingest.RepairSilence]; got != tt.stops {
					t.Errorf("%s: %d stops are counted, want %d", name, got, tt.stops)
				}
				if got := f.repairs[ingest.RepairOverlap]; got != tt.overlaps {
					t.Errorf("%s: %d overlaps are counted, want %d", name, got, tt.overlaps)
				}
				if tt.name != "a hole of both" {
					f.continuous()
				}
			}
		})
	}
}

// Silence follows the picture closely, whatever the codec, and the sound that is back is
// the source's to the tick.
func TestSilenceOfEachCodec(t *testing.T) {
	opus, err := bitstream.OpusTrack(2)
	if err != nil {
		t.Fatal(err)
	}
	tests := map[string]media.Track{
		"AAC":    aacTrack(t, 0x12, 0x10),
		"HE-AAC": aacTrack(t, 0x2b, 0x11, 0x88, 0x00),
		"Opus":   opus,
		"MP3":    {Codec: media.MP3, Timescale: 44100, Channels: 2, FrameSamples: 1152},
		"AC-3":   {Codec: media.AC3, Timescale: 48000, Channels: 2, FrameSamples: 1536, AudioConfig: []byte{0x10, 0x11, 0x40}},
	}
	for name, track := range tests {
		t.Run(name, func(t *testing.T) {
			f := fillingOf(t, track)
			f.run(5 * time.Second)
			f.mute(5 * time.Second)
			if b := f.behind(); b > 300*time.Millisecond {
				t.Errorf("the silence is %v behind the picture", b)
			}
			for range 3 {
				f.next += 101 // the encoder's clock is another when it is back
				f.run(time.Second)
				f.mute(2 * time.Second)
			}
			f.continuous()
			if f.silent < 9*time.Second || f.silent > 12*time.Second {
				t.Errorf("%v of silence are counted", f.silent)
			}
			for _, s := range f.written {
				if silent(s) && !bytes.Equal(s.Payload, f.unit.Payload) {
					t.Fatalf("%x is written as silence", s.Payload)
				}
			}
		})
	}
}

// What the filler can't make silence for, or has no picture beside, passes as it comes.
func TestSoundPassesUntouched(t *testing.T) {
	tests := map[string]struct {
		track   media.Track
		picture bool
	}{
		"no picture":           {aacTrack(t, 0x11, 0x90), false},
		"a codec without unit": {media.Track{Codec: media.AAC, Timescale: 48000, FrameSamples: 1024, AudioConfig: []byte{0x11, 0x80}}, true},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			f := fillingOf(t, tt.track)
			f.unit.Duration = 1024
			for i := range 400 {
				if tt.picture {
					f.picture()
				}
				if i > 100 && i < 300 {
					f.next += 1024
					continue
				}
				f.sound()
			}
			f.filler.fillToEnd()
			if f.silent != 0 || len(f.written) != 201 || f.written[200].DTS != 399*1024 {
				t.Errorf("%d units, the last at %d, %v of silence", len(f.written), f.written[len(f.written)-1].DTS, f.silent)
			}
		})
	}
}

// At the end sound and picture end together, so that players pass the discontinuity.
func TestSoundEndsWithThePicture(t *testing.T) {
	f := fillingOf(t, aacTrack(t, 0x11, 0x90))
	f.late = 350 * time.Millisecond // as MPEG-TS sends it, several units in one PES packet
	f.run(5 * time.Second)
	if b := f.behind(); b < 300*time.Millisecond || f.silent > 0 {
		t.Fatalf("before the end the sound is %v behind, with %v of silence", b, f.silent)
	}
	f.filler.fillToEnd()
	if b := f.behind(); b < 0 || b > 22*time.Millisecond {
		t.Errorf("the sound ends %v before the picture", b)
	}
	f.continuous()
}

// A lag that was seen once is forgotten.
func TestLagIsForgotten(t *testing.T) {
	f := fillingOf(t, aacTrack(t, 0x11, 0x90))
	f.late = 3 * time.Second
	f.run(10 * time.Second)
	if got := f.filler.lags.limit().Duration(90000); got < 4*time.Second {
		t.Errorf("with sound 3 s late it counts as stopped after %v", got)
	}
	f.late = 0
	f.run(65 * time.Second) // more than two spans
	if got := f.filler.lags.limit(); got != leastLag {
		t.Errorf("with sound in time it counts as stopped after %d ticks", got)
	}
}
