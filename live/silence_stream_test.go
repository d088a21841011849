package live

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/Eyevinn/mp4ff/mp4"

	"github.com/globalfandom/lightstick/media"
	"github.com/globalfandom/lightstick/packager"
)

// tape keeps what the samples of each rendition's tracks say, by rendition and track ID.
type tape struct {
	nothing
	t       *testing.T
	samples map[string][][]taped
}

type taped struct {
	publication string
	at, end     int64
	silent      bool // as silence of the AAC of these tests is coded
}

func (r *tape) Segment(name string, s *packager.Segment) {
	for _, chunk := range s.Chunks() {
		file, err := mp4.DecodeFile(bytes.NewReader(chunk))
		if err != nil {
			r.t.Error(err)
			return
		}
		fragment := file.Segments[0].Fragments[0]
		offset := int(fragment.Mdat.PayloadAbsoluteOffset())
		if r.samples[name] == nil {
			r.samples[name] = make([][]taped, 2)
		}
		for _, traf := range fragment.Moof.Trafs {
			at := int64(traf.Tfdt.BaseMediaDecodeTime())
			track := &r.samples[name][traf.Tfhd.TrackID-1]
			for _, sample := range traf.Trun.Samples {
				end := at + int64(sample.Dur)
				payload := chunk[offset : offset+int(sample.Size)]
				*track = append(*track, taped{s.Epoch, at, end, sample.Size == 6 && payload[0] == 0x21})
				at, offset = end, offset+int(sample.Size)
			}
		}
	}
}

// sound is what viewers hear, in order; of muxed sound too.
func (r *tape) sound(muxed bool) []taped {
	name, track := audioName, 0
	if muxed {
		name, track = sourceName, 1
	}
	if r.samples[name] == nil {
		return nil
	}
	return r.samples[name][track]
}

// whole fails unless the sound is continuous within each publication, and as long as the
// picture but for a little more than a unit at each end.
func (r *tape) whole(muxed bool) {
	r.t.Helper()
	sound, picture := r.sound(muxed), r.samples[sourceName][0]
	if len(sound) == 0 || len(picture) == 0 {
		r.t.Fatalf("%d units of sound, %d pictures", len(sound), len(picture))
	}
	for i := 1; i < len(sound); i++ {
		if sound[i].publication == sound[i-1].publication && sound[i].at != sound[i-1].end {
			r.t.Errorf("a unit at %d after one that ends at %d", sound[i].at, sound[i-1].end)
		}
	}
	span := func(list []taped, publication string, scale media.Timescale) (from, to time.Duration) {
		from = -1
		for _, s := range list {
			if s.publication != publication {
				continue
			}
			if from < 0 {
				from = media.Ticks(s.at).Duration(scale)
			}
			to = media.Ticks(s.end).Duration(scale)
		}
		return from, to
	}
	for _, publication := range []string{picture[0].publication, picture[len(picture)-1].publication} {
		from, to := span(picture, publication, 90000)
		begins, ends := span(sound, publication, 48000)
		const near = 50 * time.Millisecond
		if (begins-from).Abs() > near || (ends-to).Abs() > near {
			r.t.Errorf("sound from %v to %v, picture from %v to %v", begins, ends, from, to)
		}
	}
}

// silence is how much of the sound is silence.
func (r *tape) silence(muxed bool) (d time.Duration) {
	for _, s := range r.sound(muxed) {
		if s.silent {
			d += media.Ticks(s.end - s.at).Duration(48000)
		}
	}
	return d.Round(100 * time.Millisecond)
}

// catchUp has the publisher's sound go on level with its picture.
func (p *publisher) catchUp() { p.sound, p.silent = (p.frame*48000/30+1023)/1024, false }

func TestViewersHearSilence(t *testing.T) {
	tests := []struct {
		name    string
		publish func(*testing.T, *Manager, *publisher)
		silence time.Duration
		breaks  int
		advice  string
	}{
		{"sound ends", func(t *testing.T, _ *Manager, p *publisher) {
			p.announce(t)
			p.run(t, 6*time.Second)
			p.silent = true
			p.run(t, 10*time.Second)
		}, 10 * time.Second, 0, "sound_stopped"},
		{"sound comes back", func(t *testing.T, _ *Manager, p *publisher) {
			p.announce(t)
			p.run(t, 6*time.Second)
			p.silent = true
			p.run(t, 10*time.Second)
			p.catchUp()
			p.run(t, 6*time.Second)
		}, 10 * time.Second, 0, ""},
		{"sound has a hole", func(t *testing.T, _ *Manager, p *publisher) {
			p.announce(t)
			p.run(t, 6*time.Second)
			p.silent = true
			p.run(t, 300*time.Millisecond)
			p.catchUp()
			p.run(t, 6*time.Second)
		}, 300 * time.Millisecond, 0, ""},
		{"sound that was announced never comes", func(t *testing.T, _ *Manager, p *publisher) {
			p.silent = true
			p.sink.Expect(true, true)
			p.announce(t)
			p.run(t, 12*time.Second)
		}, 12 * time.Second, 0, "no_audio"},
		{"sound whose track was told never comes", func(t *testing.T, _ *Manager, p *publisher) {
			p.announce(t)
			p.silent = true
			p.run(t, 12*time.Second)
		}, 12 * time.Second, 0, "sound_stopped"},
		// AAC as it was supplied: players go on with the same initialization section.
		{"sound that was announced comes late", func(t *testing.T, _ *Manager, p *publisher) {
			p.silent = true
			p.sink.Expect(true, true)
			p.announce(t)
			p.run(t, 6*time.Second)
			p.catchUp()
			p.announce(t)
			p.run(t, 6*time.Second)
		}, 6 * time.Second, 0, ""},
		{"other sound than was supplied comes late", func(t *testing.T, _ *Manager, p *publisher) {
			p.silent = true
			p.sink.Expect(true, true)
			p.announce(t)
			p.run(t, 6*time.Second)
			p.catchUp()
			track := aacTrack(t, 0x11, 0x90, 0x56, 0xe5, 0x00)
			if err := p.sink.SetTrack(track); err != nil {
				t.Fatal(err)
			}
			p.run(t, 6*time.Second)
		}, 8 * time.Second, 1, ""}, // it begins with the next keyframe
		{"the codec of announced sound is told before the first keyframe", func(t *testing.T, _ *Manager, p *publisher) {
			p.silent, p.frame = true, 1
			p.sink.Expect(true, true)
			p.announce(t)
			p.rare = 90
			p.run(t, 2500*time.Millisecond)
			if err := p.sink.SetTrack(aacTrack(t, 0x11, 0x90, 0x56, 0xe5, 0x00)); err != nil {
				t.Fatal(err)
			}
			p.catchUp()
			p.run(t, 6*time.Second)
		}, 0, 0, "keyframe_interval"},
		{"the publisher is lost without sound and returns", func(t *testing.T, m *Manager, p *publisher) {
			p.announce(t)
			p.run(t, 6*time.Second)
			p.silent = true
			p.run(t, 350*time.Millisecond)
			p.sink.Close(nil)
			time.Sleep(3 * time.Second)
			*p = *mustConnect(t, m)
			p.announce(t)
			p.run(t, 6*time.Second)
		}, 400 * time.Millisecond, 1, ""},
	}
	for _, tt := range tests {
		for _, muxed := range []bool{false, true} {
			t.Run(tt.name+map[bool]string{true: ", muxed"}[muxed], func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					r := &tape{t: t, samples: map[string][][]taped{}}
					m := NewManager(Config{
						Packager: packager.Config{Muxed: muxed}.WithDefaults(), Settings: Settings{Reconnect: 20 * time.Second},
						Recorder: func(media.StreamID) Recorder { return r },
					}, keys{}, slog.New(slog.DiscardHandler))
					runManager(t, m)
					p := mustConnect(t, m)
					tt.publish(t, m, p)
					advice := codes(m.Report("show").Advice)
					p.sink.Close(nil)
					r.whole(muxed)
					if got := r.silence(muxed); got != tt.silence {
						t.Errorf("%v of silence, want %v", got, tt.silence)
					}
					if advice != tt.advice {
						t.Errorf("advice %q, want %q", advice, tt.advice)
					}
					text := playlist(t, m, "source")
					if strings.Count(text, "#EXT-X-DISCONTINUITY\n") != tt.breaks || strings.Contains(text, "#EXT-X-GAP") {
						t.Errorf("the playlist is\n%s", text)
					}
				})
			})
		}
	}
}
