package mpegts

import (
	"bytes"
	"encoding/binary"
	"slices"
	"testing"
	"time"

	"github.com/globalfandom/lightstick/ingest"
	"github.com/globalfandom/lightstick/ingest/ingesttest"
	"github.com/globalfandom/lightstick/media"
	"github.com/globalfandom/lightstick/media/bitstream"
)

var startCode = []byte{0, 0, 1}

// adtsFrames cuts aligned frames without CRC.
func adtsFrames(b []byte) [][]byte {
	var frames [][]byte
	for len(b) > 0 {
		size := adtsSize(b)
		frames, b = append(frames, b[:size]), b[size:]
	}
	return frames
}

// withLength writes the length of an ADTS frame into its header.
func withLength(frame []byte) []byte {
	n := len(frame)
	frame[3] = frame[3]&^3 | byte(n>>11)
	frame[4] = byte(n >> 3)
	frame[5] = frame[5]&0x1f | byte(n<<5)
	return frame
}

// protected puts a CRC, which nobody checks, into an ADTS frame.
func protected(frame []byte) []byte {
	out := append(bytes.Clone(frame[:bitstream.ADTSHeaderSize]), 0xab, 0xcd)
	out[1] &^= 1
	return withLength(append(out, frame[bitstream.ADTSHeaderSize:]...))
}

// joined makes one protected frame of two.
func joined(a, b []byte) []byte {
	first, second := a[bitstream.ADTSHeaderSize:], b[bitstream.ADTSHeaderSize:]
	out := bytes.Clone(a[:bitstream.ADTSHeaderSize])
	out[1] &^= 1
	out[6] = out[6]&^3 | 1
	out = binary.BigEndian.AppendUint16(out, uint16(len(first)+2))
	out = append(out, 0xab, 0xcd) // CRC of the header
	out = append(append(out, first...), 0xab, 0xcd)
	return withLength(append(append(out, second...), 0xab, 0xcd))
}

// chopped cuts the sound into PES packets of n bytes. Each has the time stamp of the first
// frame that begins in it.
func chopped(units []unit, n int) []unit {
	var all []byte
	begins := map[int]int64{}
	for _, u := range only(units, media.Audio) {
		pts := u.pts
		for _, frame := range adtsFrames(u.data) {
			begins[len(all)] = pts
			all = append(all, frame...)
			pts += 1920
		}
	}
	var sound []unit
	for at := 0; at < len(all); at += n {
		u := unit{media.Audio, -1, -1, all[at:min(at+n, len(all))]}
		for i := range u.data {
			if pts, ok := begins[at+i]; ok {
				u.pts, u.dts = pts, pts
				break
			}
		}
		sound = append(sound, u)
	}
	return sound
}

// sound demuxes units of sound alone; those below 0 have no time stamps.
func sound(t *testing.T, streamType byte, units []unit) *ingesttest.Publication {
	t.Helper()
	l := usual
	l.entries = []entry{{streamType, audioPID, nil}}
	s := &stream{}
	s.tables(l)
	for _, u := range units {
		if u.dts >= 0 {
			s.now = time.Duration(u.dts-start) * time.Second / 90_000
		}
		b := untimed(0xc0, u.data)
		if u.pts >= 0 {
			b = pes(0xc0, u.pts, u.dts, u.data)
		}
		s.put(audioPID, b)
	}
	p, err := s.demux(t, 0)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// However AAC is framed, the same units come out, one after the other.
func TestADTS(t *testing.T) {
	units := only(film(t, small, dat), media.Audio)
	plain := sound(t, 0x0f, units)
	frames := func(change func([][]byte) [][]byte) []unit {
		return mapped(units, media.Audio, func(b []byte) []byte { return slices.Concat(change(adtsFrames(b))...) })
	}
	each := func(change func([]byte) []byte) []unit {
		return frames(func(list [][]byte) (out [][]byte) {
			for _, f := range list {
				out = append(out, change(f))
			}
			return out
		})
	}
	tests := []struct {
		name    string
		units   []unit
		lost    int // units
		repairs int
	}{
		{"as FFmpeg writes it", units, 0, 0},
		{"with CRC", each(protected), 0, 0},
		{"two blocks in a frame", frames(func(list [][]byte) (out [][]byte) {
			for ; len(list) > 1; list = list[2:] {
				out = append(out, joined(list[0], list[1]))
			}
			return append(out, list...)
		}), 0, 0},
		{"not aligned with PES packets", chopped(units, 300), 0, 0},
		{"in tiny PES packets", chopped(units, 11), 0, 0},
		{"without most time stamps", func() []unit {
			some := chopped(units, 500)
			for i := range some[1:] {
				some[i+1].pts = -1
			}
			return some
		}(), 0, 0},
		{"with rubbish in front", frames(func(list [][]byte) [][]byte { return append([][]byte{[]byte("rubbish\xff\xff")}, list...) }), 0, len(units)},
		{"a damaged sync word", func() []unit {
			some := slices.Clone(units)
			some[3].data = bytes.Clone(some[3].data)
			some[3].data[0] = 0
			return some
		}(), 1, 1},
		{"a damaged sampling rate", func() []unit {
			some := slices.Clone(units)
			some[3].data = bytes.Clone(some[3].data)
			some[3].data[2] ^= 4
			return some
		}(), 1, 1},
		{"a damaged length", func() []unit {
			some := slices.Clone(units)
			some[3].data = bytes.Clone(some[3].data)
			some[3].data[4]++
			return some
		}(), 1, 1},
		{"blocks that can't be told apart", func() []unit {
			some := slices.Clone(units)
			some[3].data = bytes.Clone(some[3].data)
			some[3].data[6] |= 1
			return some
		}(), 1, 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := sound(t, 0x0f, tt.units)
			got, want := p.Samples[media.Audio], plain.Samples[media.Audio]
			if len(want) < sounds || len(got) != len(want)-tt.lost {
				t.Fatalf("%d units of %d", len(got), len(want))
			}
			repairs := 0
			for _, n := range p.Repairs {
				repairs += n
			}
			if repairs != tt.repairs || len(p.Tracks) != 1 {
				t.Errorf("repairs %v, %d tracks", p.Repairs, len(p.Tracks))
			}
			for i, s := range got {
				same := slices.IndexFunc(want, func(w media.Sample) bool { return bytes.Equal(w.Payload, s.Payload) })
				if same < i || same > i+tt.lost || tt.lost == 0 && want[same].DTS != s.DTS {
					t.Errorf("unit %d of %d bytes at %d is number %d", i, len(s.Payload), s.DTS, same)
				}
			}
		})
	}
}

// A PES packet may hold several pictures, or a piece of one.
func TestPicturesInPESPackets(t *testing.T) {
	for _, codec := range []struct {
		name       string
		streamType byte
		units      []unit
	}{
		{"H.264", 0x1b, only(film(t, small, dat), media.Video)},
		{"HEVC", 0x24, record(t, "-f", "lavfi", "-i", "testsrc2=size=64x64:rate=20", "-t", "3", "-c:v", "libx265", "-preset", "ultrafast",
			"-x265-params", "log-level=none:keyint=10:bframes=0")},
	} {
		l := layout{program: programNumber, pmt: pmtPID, pids: [2]uint16{videoPID, 0}, entries: []entry{{codec.streamType, videoPID, nil}}}
		usually := func(s *stream, u unit) { s.unit(videoPID, u) }
		tests := []struct {
			name string
			put  func(s *stream, u unit, next unit, i int)
			lost int // pictures, at most
		}{
			{"one picture", func(s *stream, u, _ unit, _ int) { usually(s, u) }, 1},
			{"with its length", func(s *stream, u, _ unit, _ int) { s.put(videoPID, pes(0xe0, u.pts, u.dts, u.data)) }, 0},
			{"with a stuffed header", func(s *stream, u, _ unit, _ int) {
				b := open(pes(0xe0, u.pts, u.dts, append(bytes.Repeat([]byte{0xff}, 200), u.data...)))
				b[8] += 200
				s.put(videoPID, b)
			}, 1},
			{"two pictures", func(s *stream, u, next unit, i int) {
				if i%2 == 0 {
					u.data = slices.Concat(u.data, next.data)
					usually(s, u)
				}
			}, 2},
			{"two pictures without delimiters", func(s *stream, u, next unit, i int) {
				if i%2 == 0 {
					u.data = slices.Concat(undelimited(u.data), undelimited(next.data))
					usually(s, u)
				}
			}, 2},
			{"every other time stamp", func(s *stream, u, _ unit, i int) {
				if i%2 == 0 {
					usually(s, u)
				} else {
					s.put(videoPID, open(untimed(0xe0, u.data)))
				}
			}, 1},
			{"pieces", func(s *stream, u, _ unit, _ int) {
				n := len(u.data) / 3
				s.put(videoPID, pes(0xe0, u.pts, u.dts, u.data[:n]))
				s.put(videoPID, untimed(0xe0, u.data[n:2*n]))
				s.put(videoPID, untimed(0xe0, u.data[2*n:]))
			}, 2}, // the first shows that there are pieces, and a piece of it may hold no slice; the last has no end
		}
		for _, tt := range tests {
			t.Run(codec.name+", "+tt.name, func(t *testing.T) {
				s := &stream{}
				s.tables(l)
				for i, u := range codec.units {
					s.now = time.Duration(u.dts-start) * time.Second / 90_000
					tt.put(s, u, codec.units[min(i+1, len(codec.units)-1)], i)
				}
				p, err := s.demux(t, 0)
				if err != nil {
					t.Fatal(err)
				}
				samples := p.Samples[media.Video]
				if lost := len(codec.units) - len(samples); lost > tt.lost || lost < min(tt.lost, 1) {
					t.Fatalf("%d pictures of %d, repairs %v", len(samples), len(codec.units), p.Repairs)
				}
				for i, sample := range samples[1:] {
					if step := sample.DTS - samples[i].DTS; step != 4500 {
						t.Errorf("picture %d comes %d ticks after the one before", i+1, step)
					}
				}
			})
		}
	}
}

// More NAL units than there can be cost their picture, and bound what is kept.
func TestTooManyNALUnits(t *testing.T) {
	s := &stream{}
	l := layout{program: programNumber, pmt: pmtPID, pids: [2]uint16{videoPID, 0}}
	s.play(l, only(film(t, small, dat), media.Video))
	s.unit(videoPID, unit{media.Video, start, start, bytes.Repeat([]byte{0, 0, 1, 0x41}, 1<<20)})
	s.play(l, only(shifted(film(t, small, dat), 3*time.Second), media.Video))
	p, err := s.demux(t, 0)
	if err != nil || p.Count(media.Video) != 2*pictures+1 || p.Repairs[ingest.RepairBadUnit] != 1 {
		t.Errorf("%v, %d pictures, repairs %v", err, p.Count(media.Video), p.Repairs)
	}
}

// undelimited takes a leading access unit delimiter out.
func undelimited(b []byte) []byte {
	units := bitstream.AppendAnnexB(nil, b, maxUnits)
	var out []byte
	for _, u := range units {
		if u[0]&0x1f == 9 && len(u) == 2 || u[0] == 35<<1 {
			continue
		}
		out = append(append(out, startCode...), u...)
	}
	return out
}

// A second field has a first slice, too, and belongs to the same sample.
func TestFieldsAreOneSample(t *testing.T) {
	interlaced := record(t, "-f", "lavfi", "-i", "testsrc2=size=64x64:rate=25", "-t", "1", "-c:v", "libx264", "-preset", "ultrafast",
		"-flags", "+ildct", "-x264-params", "interlaced=1:bframes=0")
	s := &stream{}
	l := layout{program: programNumber, pmt: pmtPID, pids: [2]uint16{videoPID, 0}}
	s.tables(l)
	for _, u := range interlaced {
		// The same slice again stands for another field.
		units := bitstream.AppendAnnexB(nil, u.data, maxUnits)
		u.data = slices.Concat(u.data, startCode, units[len(units)-1])
		s.unit(videoPID, u)
	}
	p, err := s.demux(t, 0)
	if err != nil || p.Count(media.Video) != len(interlaced)-1 {
		t.Errorf("%d samples of %d frames, %v", p.Count(media.Video), len(interlaced), err)
	}
}

func TestOpus(t *testing.T) {
	units := record(t, "-f", "lavfi", "-i", "sine=440:sample_rate=48000", "-t", "1", "-c:a", "libopus")
	if len(units) == 0 {
		t.Fatal("no units")
	}
	p, err := demux(t, mux(t, "-f", "lavfi", "-i", "sine=440:sample_rate=48000", "-t", "1", "-c:a", "libopus", "-ac", "2"))
	if err != nil || len(p.Tracks) != 1 || p.Tracks[0].Codec != media.Opus || p.Tracks[0].Channels != 2 ||
		p.Count(media.Audio) < 48 || len(p.Repairs) > 0 {
		t.Errorf("%v, %+v, %d units, repairs %v", err, p.Tracks, p.Count(media.Audio), p.Repairs)
	}
}

// What bad units cost while the rest goes on.
func TestAudioStreamsWithALostPacket(t *testing.T) {
	for _, tt := range []struct {
		name string
		file string
		kind byte
		most int // units that may be lost
	}{{"AC-3", "51.ac3", 0x81, 4}, {"MP3", "44100.mp3", 0x03, 8}} {
		t.Run(tt.name, func(t *testing.T) {
			units := only(recordSound(t, "../../testdata/audio/"+tt.file), media.Audio)
			whole := sound(t, tt.kind, units).Count(media.Audio)
			l := usual
			l.entries = []entry{{tt.kind, audioPID, nil}}
			s := &stream{}
			s.tables(l)
			for i, u := range units {
				s.put(audioPID, pes(0xc0, u.pts, u.dts, u.data)[:])
				if i == 0 {
					s.lose[audioPID] = 1
				}
			}
			p, err := s.demux(t, 0)
			if err != nil {
				t.Fatal(err)
			}
			if n := p.Count(media.Audio); n < whole-tt.most || n >= whole || p.Repairs[ingest.RepairBadUnit] != 1 {
				t.Errorf("%d units of %d, repairs %v", n, whole, p.Repairs)
			}
		})
	}
}

func recordSound(t *testing.T, file string) []unit {
	t.Helper()
	units := record(t, "-i", file, "-c", "copy")
	for i := range units {
		units[i].kind = media.Audio
	}
	return units
}
