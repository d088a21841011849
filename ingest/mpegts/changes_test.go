package mpegts

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/globalfandom/lightstick/ingest"
	"github.com/globalfandom/lightstick/ingest/ingesttest"
	"github.com/globalfandom/lightstick/media"
	"github.com/globalfandom/lightstick/media/scte35"
)

// Sizes and rates of the films.
const (
	small, large = "64x48", "96x64"
	dat, cd      = "48000", "44100"
)

// pictures and sounds are what a film holds. The last picture has no end.
const (
	pictures = 60 - 1
	sounds   = 130 // and some more
)

// outcome is what must come of a stream.
type outcome struct {
	pictures int      // exactly
	sounds   int      // at least; 0: none
	tracks   []string // as they were announced, of picture and then of sound
	repairs  map[string]int
	advice   []string // codes that stand at the end
}

// check compares a publication with the outcome.
func (o outcome) check(t *testing.T, p *ingesttest.Publication) {
	t.Helper()
	var kinds [2][]string
	for _, track := range p.Tracks {
		name := fmt.Sprintf("%v %d", track.Codec, track.Timescale)
		if track.Kind() == media.Video {
			name = fmt.Sprintf("%v %dx%d", track.Codec, track.Width, track.Height)
		}
		kinds[track.Kind()] = append(kinds[track.Kind()], name)
	}
	tracks := append(slices.Compact(kinds[media.Video]), slices.Compact(kinds[media.Audio])...)
	if n := len(p.Samples[media.Video]); n != o.pictures {
		t.Errorf("%d pictures, want %d", n, o.pictures)
	}
	if n := len(p.Samples[media.Audio]); n < o.sounds || o.sounds == 0 && n > 0 {
		t.Errorf("%d units of sound, want %d", n, o.sounds)
	}
	if fmt.Sprint(tracks) != fmt.Sprint(o.tracks) {
		t.Errorf("tracks %v, want %v", tracks, o.tracks)
	}
	if len(p.Repairs) > 0 || len(o.repairs) > 0 {
		if !maps.Equal(p.Repairs, o.repairs) {
			t.Errorf("repairs %v, want %v", p.Repairs, o.repairs)
		}
	}
	if codes := standing(p.Advice); !slices.Equal(codes, o.advice) {
		t.Errorf("advice %v, want %v: %+v", codes, o.advice, p.Advice)
	}
	for kind, samples := range p.Samples {
		for i := 1; i < len(samples); i++ {
			if samples[i].DTS <= samples[i-1].DTS && kind == int(media.Video) {
				t.Errorf("picture %d does not come after the one before", i)
			}
		}
	}
}

// standing are the codes of advice that was not withdrawn.
func standing(list []ingest.Advice) []string {
	codes := map[string]bool{}
	for _, a := range list {
		codes[a.Code] = a.Text != ""
	}
	maps.DeleteFunc(codes, func(_ string, stands bool) bool { return !stands })
	return slices.Sorted(maps.Keys(codes))
}

// shifted moves units in time.
func shifted(units []unit, by time.Duration) []unit {
	var moved []unit
	ticks := int64(media.TicksOf(by, Scale))
	for _, u := range units {
		u.pts, u.dts = (u.pts+ticks)&(1<<WrapBits-1), (u.dts+ticks)&(1<<WrapBits-1)
		moved = append(moved, u)
	}
	return moved
}

// mapped changes each unit of a kind.
func mapped(units []unit, kind media.Kind, change func(data []byte) []byte) []unit {
	var changed []unit
	for _, u := range units {
		if u.kind == kind {
			u.data = change(bytes.Clone(u.data))
		}
		changed = append(changed, u)
	}
	return changed
}

var (
	both      = []string{"H.264 64x48", "AAC 48000"}
	elsewhere = layout{program: programNumber, pmt: 0x1010, pids: [2]uint16{0x200, 0x201}}
)

// What changes while a stream runs, and what is broken in it.
func TestChangesAndFaults(t *testing.T) {
	units, other := film(t, small, dat), film(t, large, dat)
	half := slices.IndexFunc(units, func(u unit) bool { return u.dts >= start+135_000 })
	pictureOnly := usual
	pictureOnly.pids[media.Audio] = 0
	tests := []struct {
		name  string
		build func(s *stream)
		want  outcome
	}{
		{"nothing", func(s *stream) { s.play(usual, units) }, outcome{pictures, sounds, both, nil, nil}},
		{"a later map announces the sound", func(s *stream) {
			s.play(pictureOnly, units[:half])
			l := usual
			l.version = 1
			s.play(l, units[half:])
		}, outcome{pictures, sounds / 2, both, nil, nil}},
		{"announced sound never comes", func(s *stream) {
			l := pictureOnly
			l.entries = []entry{{0x1b, videoPID, nil}, {0x0f, audioPID, nil}}
			s.play(l, units)
		}, outcome{pictures, 0, both[:1], nil, nil}},
		{"announced sound comes late", func(s *stream) {
			l := pictureOnly
			l.entries = []entry{{0x1b, videoPID, nil}, {0x0f, audioPID, nil}}
			s.play(l, units[:half])
			s.play(usual, units[half:])
		}, outcome{pictures, sounds / 2, both, nil, nil}},
		{"the sound is zeros", func(s *stream) {
			s.play(usual, mapped(units, media.Audio, func(b []byte) []byte { clear(b); return b }))
		}, outcome{pictures, 0, both[:1], map[string]int{ingest.RepairUnreadable: len(only(units, media.Audio))}, []string{"audio_unreadable"}}},
		{"the sound is zeros at first", func(s *stream) {
			s.play(usual, mapped(units, media.Audio, func(b []byte) []byte { clear(b); return b }))
			s.play(usual, shifted(units, 3*time.Second))
		}, outcome{2*pictures + 1, sounds, both, map[string]int{ingest.RepairUnreadable: len(only(units, media.Audio))}, nil}},
		{"other PIDs, another PID of the map, another size", func(s *stream) {
			s.play(usual, units)
			s.play(elsewhere, shifted(other, 3*time.Second))
		}, outcome{2 * pictures, 2 * sounds, []string{"H.264 64x48", "H.264 96x64", "AAC 48000"}, nil, nil}},
		{"other PIDs in the middle of a group of pictures", func(s *stream) {
			s.play(usual, units)
			rest := only(shifted(units, 3*time.Second), media.Video)[3:]
			s.play(elsewhere, rest)
		}, outcome{2*pictures - 10, sounds, both, nil, nil}},
		{"the clock jumps with a switch", func(s *stream) {
			s.play(usual, units)
			s.play(elsewhere, shifted(units, 4*time.Hour))
		}, outcome{2 * pictures, 2 * sounds, both, map[string]int{ingest.RepairForward: 1}, nil}},
		{"another program number", func(s *stream) {
			s.play(usual, units)
			l := elsewhere
			l.program = 7
			s.play(l, shifted(units, 3*time.Second))
		}, outcome{2 * pictures, 2 * sounds, both, nil, nil}},
		{"another sampling rate", func(s *stream) {
			s.play(usual, units)
			s.play(usual, shifted(film(t, small, cd), 3*time.Second))
		}, outcome{2*pictures + 1, 2*sounds - 20, []string{"H.264 64x48", "AAC 48000", "AAC 44100"}, map[string]int{ingest.RepairBadUnit: 1}, nil}},
		{"the sound vanishes and comes back", func(s *stream) {
			s.play(usual, units)
			l := pictureOnly
			l.version = 1
			s.play(l, shifted(units, 3*time.Second))
			l = usual
			l.version = 2
			s.play(l, shifted(units, 6*time.Second))
		}, outcome{3*pictures + 2, 2 * sounds, both, map[string]int{ingest.RepairAudioGap: 1}, nil}},
		{"new versions that change nothing", func(s *stream) {
			for i := range 3 {
				l := usual
				l.version = byte(i)
				s.play(l, shifted(units, 3*time.Second*time.Duration(i)))
			}
		}, outcome{3*pictures + 2, 3 * sounds, both, nil, nil}},
		{"another order of tracks", func(s *stream) {
			for i, entries := range [][]entry{{{0x1b, videoPID, nil}, {0x0f, audioPID, nil}}, {{0x0f, audioPID, nil}, {0x1b, videoPID, nil}}} {
				l := usual
				l.version, l.entries = byte(i), entries
				s.play(l, shifted(units, 3*time.Second*time.Duration(i)))
			}
		}, outcome{2*pictures + 1, 2 * sounds, both, nil, nil}},
		{"a map over several packets", func(s *stream) {
			l := usual
			name := append([]byte{0x48, 250}, make([]byte, 250)...)
			l.entries = []entry{{0x1b, videoPID, append(name, name...)}, {0x0f, audioPID, name}}
			s.play(l, units)
		}, outcome{pictures, sounds, both, nil, nil}},
		{"a map that is not in force yet", func(s *stream) {
			s.tables(usual)
			next := pmtSection(programNumber, 1, entry{0x02, videoPID, nil})
			next[6] &^= 1
			next = append(next[:len(next)-4], 0, 0, 0, 0)
			binary.BigEndian.PutUint32(next[len(next)-4:], scte35.CRC32(next[1:len(next)-4]))
			s.put(pmtPID, next)
			s.play(usual, units)
		}, outcome{pictures, sounds, both, nil, nil}},
		{"MPEG audio before AAC", func(s *stream) {
			l := usual
			l.entries = []entry{{0x1b, videoPID, nil}, {0x03, 0x111, nil}, {0x0f, audioPID, nil}}
			s.play(l, units)
		}, outcome{pictures, sounds, both, nil, []string{"track_ignored"}}},
		{"MPEG-2 video before H.264, PCM after AAC", func(s *stream) {
			l := usual
			l.entries = []entry{{0x02, 0x110, nil}, {0x1b, videoPID, nil}, {0x0f, audioPID, nil}, {0x06, 0x111, []byte("\x05\x04BSSD")}}
			s.play(l, units)
		}, outcome{pictures, sounds, both, nil, []string{"codec_refused"}}},
		{"more than one track of sound", func(s *stream) {
			l := usual
			l.entries = []entry{{0x1b, videoPID, nil}, {0x0f, audioPID, nil}, {0x0f, 0x111, nil}}
			s.play(l, units)
		}, outcome{pictures, sounds, both, nil, []string{"track_ignored"}}},
		{"sound of another kind of AAC", func(s *stream) {
			s.play(usual, mapped(units, media.Audio, func(b []byte) []byte { b[2] &= 0x3f; return b }))
		}, outcome{pictures, 0, both[:1], nil, []string{"codec_refused"}}},
		{"a broken PES header", func(s *stream) {
			s.play(usual, units[:half])
			s.put(videoPID, []byte("no PES packet at all"))
			s.play(usual, units[half:])
		}, outcome{pictures, sounds, both, map[string]int{ingest.RepairBadUnit: 1}, nil}},
		{"a lost packet of a picture", func(s *stream) {
			s.play(usual, units[:half])
			s.lose[videoPID] = 1
			s.play(usual, units[half:])
		}, outcome{pictures - 2, sounds, both, map[string]int{ingest.RepairBadUnit: 1}, nil}},
		{"a lost packet of sound", func(s *stream) {
			s.play(usual, units[:half])
			s.lose[audioPID] = 1
			s.play(usual, units[half:])
		}, outcome{pictures, sounds - 9, both, map[string]int{ingest.RepairBadUnit: 1}, nil}},
		{"rubbish between packets", func(s *stream) {
			s.play(usual, units[:half])
			s.write([]byte("rubbish without a sync byte"))
			s.play(usual, units[half:])
		}, outcome{pictures, sounds, both, map[string]int{ingest.RepairSync: 1}, nil}},
		{"the sound is scrambled", func(s *stream) {
			s.play(usual, units)
			s.rewrite(func(p []byte) []byte {
				if pid := binary.BigEndian.Uint16(p[1:]) & 0x1fff; pid == audioPID {
					p[3] |= 0x80
				}
				return p
			})
		}, outcome{pictures, 0, both[:1], nil, []string{"audio_unreadable"}}},
		{"packets twice", func(s *stream) {
			s.play(usual, units)
			s.rewrite(func(p []byte) []byte { return append(p, p...) })
		}, outcome{pictures, sounds, both, nil, nil}},
		{"null packets and adaptation fields alone", func(s *stream) {
			s.play(usual, units)
			s.rewrite(func(p []byte) []byte {
				null := append([]byte{syncByte, 0x1f, 0xff, 0x10}, make([]byte, 184)...)
				alone := append([]byte{syncByte, p[1] &^ 0x40, p[2], 0x20 | p[3]&0x0f, 183, 0}, bytes.Repeat([]byte{0xff}, 182)...)
				return append(append(p, null...), alone...)
			})
		}, outcome{pictures, sounds, both, nil, nil}},
		{"packets of 192 bytes", func(s *stream) {
			s.play(usual, units)
			s.rewrite(func(p []byte) []byte { return append([]byte{0x12, 0x34, p[3], 0x56}, p...) })
		}, outcome{pictures, sounds, both, nil, nil}},
		{"packets of 204 bytes", func(s *stream) {
			s.play(usual, units)
			s.rewrite(func(p []byte) []byte { return append(p, "Reed-Solomon\x47\x47\x47\x47"...) })
		}, outcome{pictures, sounds, both, nil, nil}},
		{"time stamps wrap", func(s *stream) {
			s.play(usual, shifted(units, -2900*time.Millisecond))
		}, outcome{pictures, sounds, both, nil, nil}},
		{"the stream starts anew on the same PIDs", func(s *stream) {
			s.play(usual, units)
			s.counters = map[uint16]byte{videoPID: 9, audioPID: 9, patPID: 9, pmtPID: 9}
			s.play(usual, shifted(other, time.Hour))
		}, outcome{2 * pictures, 2 * sounds, []string{"H.264 64x48", "H.264 96x64", "AAC 48000"},
			map[string]int{ingest.RepairBadUnit: 2, ingest.RepairForward: 1}, nil}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := &stream{}
			tt.build(s)
			p, err := s.demux(t, 0)
			if err != nil {
				t.Fatal(err)
			}
			tt.want.check(t, p)
		})
	}
}
