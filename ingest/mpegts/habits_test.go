package mpegts

import (
	"bytes"
	"context"
	"os"
	"testing"
	"testing/synctest"
	"time"

	"github.com/globalfandom/lightstick/ingest"
	"github.com/globalfandom/lightstick/ingest/ingesttest/habits"
)

// habit is one way in which an encoder sends a transport stream, and what is right then.
type habit struct {
	name string
	film habits.Encoding
	then *habits.Encoding // of what follows
	ts   habits.TS
	want habits.Want
}

// Whatever the habit, the picture is on air or the creator is told what to set, within
// 5 s; and the other stream is whole.
func TestHabits(t *testing.T) {
	for _, h := range tables(t) {
		t.Run(h.name, func(t *testing.T) { h.run(t) })
	}
}

func (h habit) run(t *testing.T) {
	t.Helper()
	film, witness := habits.Make(t, h.film), habits.Make(t, habits.Encoding{})
	if h.then != nil {
		h.ts.Then = habits.Make(t, *h.then)
	}
	synctest.Test(t, func(t *testing.T) {
		s := habits.NewStudio(t, witness)
		connection, hangUp := context.WithCancel(t.Context())
		defer hangUp()
		sink, err := s.Manager.Open(t.Context(), ingest.Request{
			Protocol: "srt", Remote: "encoder", Key: habits.Key, Kick: func(error) { hangUp() },
		})
		if err != nil {
			t.Fatal(err)
		}
		session := ingest.NewSession(sink, Scale, WrapBits)
		err = Demux(&habits.Paced{Cues: h.ts.Cues(film), Context: connection}, session, Config{})
		session.Close(err)
		if err != nil {
			t.Log("the demuxer ended with", err)
		}
		o := s.Outcome(t, film, h.ts.Then)
		h.want.Check(t, film, o)
		if fault := s.Disturbed(t); fault != "" {
			t.Error(fault)
		}
		if t.Failed() {
			t.Logf("%+v", o)
		}
	})
}

// half is the middle of a film.
const half = 4 * time.Second

// layer2 are frames of MPEG audio, one after the other.
func layer2(t *testing.T) func(*habits.Film, int) []byte {
	t.Helper()
	b, err := os.ReadFile("../../testdata/audio/layer2.mp2")
	if err != nil {
		t.Fatal(err)
	}
	frame := len(b) / bytes.Count(b, b[:3]) // all have the length of the first
	return func(_ *habits.Film, i int) []byte {
		at := i * frame % (len(b) / frame * frame)
		return b[at : at+frame]
	}
}

func tables(t *testing.T) []habit {
	t.Helper()
	const seconds = time.Second
	return []habit{
		{name: "good stream"},
		{name: "tables once", ts: habits.TS{TablesEvery: -1}},
		{name: "tables every 3 s", ts: habits.TS{TablesEvery: 3 * seconds}},
		{name: "table versions without a change", ts: habits.TS{Versions: true}},
		{name: "clock on a PID of its own", ts: habits.TS{ClockPID: 0x1ff}},
		{name: "no clock", ts: habits.TS{NoClock: true}},
		{name: "sound first in the table", ts: habits.TS{SoundFirst: true}},
		// A program that comes before in the table may have a picture, too: it is waited for.
		{name: "programs that don't come", ts: habits.TS{Programs: 2}, want: habits.Want{Pictures: 124, Sounds: 234}},
		{name: "metadata track", ts: habits.TS{Extra: []habits.Entry{{PID: 0x90, Type: habits.TypeMetadata}}, Extras: [][]byte{{1, 2, 3}}}},
		{name: "private track", ts: habits.TS{Extra: []habits.Entry{{PID: 0x90, Type: habits.TypePrivate}}, Extras: [][]byte{bytes.Repeat([]byte{7}, 500)}}},
		{name: "MPEG-2 video beside", ts: habits.TS{Extra: []habits.Entry{{PID: 0x90, Type: habits.TypeMPEG2Video}}, Extras: [][]byte{bytes.Repeat([]byte{7}, 500)}},
			want: habits.Want{Advice: ingest.AdviceCodecRefused}},
		{name: "second sound beside", ts: habits.TS{Extra: []habits.Entry{{PID: 0x1f0, Type: habits.TypePrivate}}}},

		{name: "other PIDs midway", ts: habits.TS{PIDs: func(now time.Duration) (uint16, uint16, uint16) {
			if now < half {
				return 0x1000, 0x100, 0x101
			}
			return 0x1000, 0x200, 0x201
		}}, want: habits.Want{Pictures: 199}}, // the end of the last one is not known
		{name: "other table PID midway", ts: habits.TS{PIDs: func(now time.Duration) (uint16, uint16, uint16) {
			return habits.Step(half, uint16(0x1000), 0x1010)(now), 0x100, 0x101
		}}},
		{name: "sound announced late", ts: habits.TS{Announced: habits.Both(habits.Always, habits.From(3*seconds)), Sent: habits.Both(habits.Always, habits.From(3*seconds))},
			want: habits.Want{Sounds: 234, Discontinuities: 1}},
		{name: "sound announced, comes late", ts: habits.TS{Sent: habits.Both(habits.Always, habits.From(4*seconds))}, want: habits.Want{Sounds: 187, Discontinuities: 1}},
		{name: "sound announced, never comes", ts: habits.TS{Sent: habits.Both(habits.Always, habits.Never)}, want: habits.Want{Sounds: habits.None, May: "sound_stopped"}},
		{name: "sound ends, still announced", ts: habits.TS{Sent: habits.Both(habits.Always, habits.Before(half))}, want: habits.Want{Sounds: 187, Advice: "sound_stopped"}},
		{name: "sound ends, no longer announced", ts: habits.TS{Announced: habits.Both(habits.Always, habits.Before(half)), Sent: habits.Both(habits.Always, habits.Before(half))},
			want: habits.Want{Sounds: 187, Advice: "sound_stopped"}},
		{name: "sound ends and comes back", ts: habits.TS{Sent: habits.Both(habits.Always, func(now time.Duration) bool { return now < 3*seconds || now > 5*seconds })},
			want: habits.Want{Sounds: 281}},
		{name: "picture comes late", ts: habits.TS{Sent: habits.Both(habits.From(2*seconds), habits.Always)}, want: habits.Want{Pictures: 150, Sounds: 281, Discontinuities: 1}},
		{name: "sound a second behind", ts: habits.TS{SoundDelay: seconds, Sent: habits.Both(habits.Always, habits.Before(8*seconds))}, want: habits.Want{Sounds: 328, May: "input_slow"}},
		{name: "sound three seconds behind", ts: habits.TS{SoundDelay: 3 * seconds, Sent: habits.Both(habits.Always, habits.Before(8*seconds))}, want: habits.Want{Sounds: 230, Discontinuities: 1, May: "input_slow|sound_stopped"}},
		{name: "picture only", ts: habits.TS{Announced: habits.Both(habits.Always, habits.Never), Sent: habits.Both(habits.Always, habits.Never)}, want: habits.Want{Sounds: habits.None}},
		{name: "sound only", ts: habits.TS{Announced: habits.Both(habits.Never, habits.Always), Sent: habits.Both(habits.Never, habits.Always)}, want: habits.Want{Pictures: habits.None}},

		{name: "parameter sets once", ts: habits.TS{SetsOnce: true}},
		{name: "parameter sets before every picture", ts: habits.TS{SetsAlways: true}},
		{name: "no delimiters", ts: habits.TS{NoAUD: true}},
		{name: "no decode times", ts: habits.TS{NoDTS: true}},
		{name: "pictures with a length", ts: habits.TS{Bounded: true}},
		{name: "B-frames", film: habits.Encoding{BFrames: 2}},
		{name: "four slices", film: habits.Encoding{X264: "slices=4"}},
		{name: "four slices without delimiters", film: habits.Encoding{X264: "slices=4"}, ts: habits.TS{NoAUD: true}},
		{name: "a slice a packet", film: habits.Encoding{X264: "slices=4"}, ts: habits.TS{SlicePES: true, NoAUD: true, Bounded: true}},
		{name: "intra refresh", film: habits.Encoding{X264: "intra-refresh=1"}, want: habits.Want{Advice: "no_keyframes", May: "keyframe_interval"}},
		{name: "open groups of pictures", film: habits.Encoding{BFrames: 2, X264: "open-gop=1"}, want: habits.Want{May: "keyframe_interval|no_keyframes"}},

		{name: "ADTS with CRC", ts: habits.TS{Sound: habits.ADTSWithCRC}},
		{name: "ADTS of MPEG-2", ts: habits.TS{Sound: habits.ADTSMPEG2}},
		{name: "LATM", ts: habits.TS{SoundType: habits.TypeLATM, Sound: habits.LATM}},
		{name: "five frames a packet", ts: habits.TS{PerPacket: 5}},
		{name: "frames across packets", ts: habits.TS{Unaligned: true, PerPacket: 3}},
		{name: "sound with a private stream ID", ts: habits.TS{StreamID: 0xbd}},
		{name: "44.1 kHz", film: habits.Encoding{SampleRate: 44100}},
		{name: "22.05 kHz", film: habits.Encoding{SampleRate: 22050}},

		{name: "MPEG audio Layer II", ts: habits.TS{SoundType: habits.TypeMPEG1Audio, Sound: layer2(t)}, want: habits.Want{Sounds: habits.None, Advice: ingest.AdviceCodecRefused}},

		{name: "picture changes its size", then: &habits.Encoding{Size: "640x360"}, want: habits.Want{Pictures: 400, Sounds: 750, Discontinuities: 1}},
		{name: "B-frames begin", then: &habits.Encoding{BFrames: 2}, want: habits.Want{Pictures: 400, Sounds: 750, Discontinuities: 1}},
		{name: "sound changes its rate", then: &habits.Encoding{SampleRate: 44100}, want: habits.Want{Pictures: 400, Sounds: 375 + 344, Discontinuities: 1}},

		{name: "time stamps wrap", ts: habits.TS{Clock: habits.Step(0, int64(0), 1<<33-4*90000)}},
		{name: "clock jumps ahead", ts: habits.TS{Clock: habits.Step(half, int64(0), 3600*90000)}},
		{name: "clock jumps back", ts: habits.TS{Clock: habits.Step(half, int64(7200*90000), 0)}},

		{name: "null packets between", ts: habits.TS{Change: func(_ int, b []byte) []byte {
			return append(b, append([]byte{0x47, 0x1f, 0xff, 0x10}, make([]byte, packetSize-4)...)...)
		}}},
		{name: "each packet twice", ts: habits.TS{Change: func(_ int, b []byte) (twice []byte) {
			for ; len(b) > 0; b = b[packetSize:] {
				twice = append(append(twice, b[:packetSize]...), b[:packetSize]...)
			}
			return twice
		}}},
		{name: "begins within a packet", ts: habits.TS{Change: func(i int, b []byte) []byte {
			if i == 0 {
				return b[100:]
			}
			return b
		}}, want: habits.Want{Pictures: 175, Sounds: 328}}, // from the second keyframe on: the tables were cut
		{name: "rubbish between packets", ts: habits.TS{Change: func(i int, b []byte) []byte {
			if i == 300 {
				return append([]byte("rubbish that is no packet"), b...)
			}
			return b
		}}},
		{name: "a packet is lost", ts: habits.TS{Change: func(i int, b []byte) []byte {
			if i == 300 {
				return b[packetSize:]
			}
			return b
		}}, want: habits.Want{Loses: true, Pictures: 199}},
	}
}
