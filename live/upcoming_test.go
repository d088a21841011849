package live

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/globalfandom/lightstick/media"
	"github.com/globalfandom/lightstick/packager"
)

// Sound that comes or changes in the middle of a group of pictures costs none of them.
func TestNewSoundCostsNoPicture(t *testing.T) {
	tests := []struct {
		name    string
		publish func(*testing.T, *publisher)
		breaks  int
		begins  time.Duration // of the sound in the last publication
	}{
		{"sound comes late, unannouncedWait", func(t *testing.T, p *publisher) {
			p.silent = true
			p.announce(t)
			p.run(t, 5*time.Second)
			p.catchUp()
			p.announce(t)
			p.run(t, 7*time.Second)
		}, 1, 6 * time.Second},
		{"another sampling rate", func(t *testing.T, p *publisher) {
			p.announce(t)
			p.run(t, 5*time.Second)
			if err := p.sink.SetTrack(aacTrack(t, 0x11, 0x90, 0x56, 0xe5, 0x00)); err != nil {
				t.Fatal(err)
			}
			p.run(t, 7*time.Second)
		}, 1, 6 * time.Second},
		{"another one for a moment", func(t *testing.T, p *publisher) {
			p.announce(t)
			p.run(t, 5*time.Second)
			if err := p.sink.SetTrack(aacTrack(t, 0x11, 0x90, 0x56, 0xe5, 0x00)); err != nil {
				t.Fatal(err)
			}
			p.announce(t)
			p.run(t, 7*time.Second)
		}, 0, 0},
		{"the picture changes before the next keyframe", func(t *testing.T, p *publisher) {
			p.announce(t)
			p.run(t, 3900*time.Millisecond)
			if err := p.sink.SetTrack(aacTrack(t, 0x11, 0x90, 0x56, 0xe5, 0x00)); err != nil {
				t.Fatal(err)
			}
			p.run(t, 50*time.Millisecond) // up to the next keyframe
			changed := videoTrack(t)
			pps := bytes.Clone(changed.PPS[0])
			pps[1] ^= 1
			changed.PPS = [][]byte{pps}
			if err := p.sink.SetTrack(changed); err != nil {
				t.Fatal(err)
			}
			p.run(t, 8*time.Second)
		}, 1, 4 * time.Second},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := &tape{t: t, samples: map[string][][]taped{}}
				m := NewManager(Config{
					Packager: packager.Config{}.WithDefaults(), Settings: Settings{Reconnect: 20 * time.Second},
					Recorder: func(media.StreamID) Recorder { return r },
				}, keys{}, slog.New(slog.DiscardHandler))
				runManager(t, m)
				p := mustConnect(t, m)
				tt.publish(t, p)
				p.sink.Close(nil)
				pictures := r.samples[sourceName][0]
				for i := 1; i < len(pictures); i++ {
					if pictures[i].at != pictures[i-1].end {
						t.Errorf("a picture at %d after one that ends at %d", pictures[i].at, pictures[i-1].end)
					}
				}
				if n := strings.Count(playlist(t, m, sourceName), "#EXT-X-DISCONTINUITY\n"); n != tt.breaks || len(pictures) < 355 {
					t.Errorf("%d discontinuities, %d pictures", n, len(pictures))
				}
				sound := r.sound(false)
				last := sound[len(sound)-1].publication
				for _, s := range sound {
					if s.publication != last {
						continue
					}
					if at := media.Ticks(s.at).Duration(48000); (at - tt.begins).Abs() > 50*time.Millisecond {
						t.Errorf("the sound begins at %v, want %v", at, tt.begins)
					}
					break
				}
			})
		})
	}
}

// Sound that waits for a keyframe has come: it is not advised that none does.
func TestUpcomingSoundIsNotMissing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := start(t, false)
		p := mustConnect(t, m)
		p.silent = true
		p.sink.Expect(true, true)
		p.announce(t)
		p.run(t, 5*time.Second)
		p.catchUp()
		if err := p.sink.SetTrack(aacTrack(t, 0x11, 0x90, 0x56, 0xe5, 0x00)); err != nil {
			t.Fatal(err)
		}
		for range 20 {
			p.run(t, 100*time.Millisecond)
			if got := codes(m.Report("show").Advice); got == "sound_stopped" {
				t.Fatalf("advice %q", got)
			}
		}
		p.sink.Close(nil)
	})
}
