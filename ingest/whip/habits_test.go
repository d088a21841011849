package whip

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/pion/rtp"

	"github.com/globalfandom/lightstick/ingest"
	"github.com/globalfandom/lightstick/ingest/ingesttest/habits"
	"github.com/globalfandom/lightstick/media"
)

// habit is one way in which a publisher sends pictures by WebRTC, and what is right then.
type habit struct {
	name string
	film habits.Encoding
	rtp  habits.RTP
	// order changes the order of the packets; nil: they come as they were sent.
	order func([]habits.Cue)
	want  habits.Want
}

// Whatever the habit, the picture is on air or the creator is told what to set, within 5 s;
// and the other stream is whole.
func TestHabits(t *testing.T) {

	silent := habits.Want{Sounds: habits.None, May: "no_audio"}
	with := func(change func(*habits.Want)) habits.Want {
		w := silent
		change(&w)
		return w
	}
	for _, h := range []habit{
		{name: "good stream", want: silent},
		{name: "parameter sets in one packet", rtp: habits.RTP{Together: true}, want: silent},
		{name: "padding", rtp: habits.RTP{Padding: true}, want: silent},
		{name: "header extension", rtp: habits.RTP{Extension: true}, want: silent},
		{name: "time stamps and numbers wrap", rtp: habits.RTP{Time: 1<<32 - 4*90_000, Sequence: 65500}, want: silent},
		{name: "four slices", film: habits.Encoding{X264: "slices=4"}, want: silent},
		{name: "B-frames", film: habits.Encoding{BFrames: 2}, want: silent},
		{name: "no markers", rtp: habits.RTP{NoMarker: true}, want: silent},
		{name: "packets change places", order: swapEachTenth, want: silent},
		{name: "a packet is lost, and no keyframe is made for it", rtp: habits.RTP{Lost: func(n int) bool { return n == 500 }}, want: with(func(w *habits.Want) {
			w.Pictures, w.Loses, w.Stands = 120, true, true
		})},
	} {
		t.Run(h.name, func(t *testing.T) { h.run(t) })
	}
}

func swapEachTenth(cues []habits.Cue) {
	for i := 10; i+1 < len(cues); i += 10 {
		cues[i].Data, cues[i+1].Data = cues[i+1].Data, cues[i].Data
	}
}

func (h habit) run(t *testing.T) {
	t.Helper()
	film, witness := habits.Make(t, h.film), habits.Make(t, habits.Encoding{})
	synctest.Test(t, func(t *testing.T) {
		s := habits.NewStudio(t, witness)
		sink, err := s.Manager.Open(t.Context(), ingest.Request{Protocol: "webrtc", Remote: "publisher", Key: habits.Key, Kick: func(error) {}})
		if err != nil {
			t.Fatal(err)
		}
		r, err := newReceiver(ingest.NewSession(sink, media.VideoTimescale, 0), offer{video: &offered{codec: media.H264}}, Config{}.withDefaults())
		if err != nil {
			t.Fatal(err)
		}
		h.rtp.NoSound = true
		cues := h.rtp.Cues(film)
		if h.order != nil {
			h.order(cues)
		}
		if _, err := (&habits.Paced{Cues: cues, Context: t.Context()}).WriteTo(wire{r}); err != nil {
			t.Log("the receiver ended with", err)
		}
		r.close(nil)
		o := s.Outcome(t, film)
		h.want.Check(t, film, o)
		if fault := s.Disturbed(t); fault != "" {
			t.Error(fault)
		}
		if t.Failed() {
			t.Logf("%+v", o)
		}
	})
}

// wire brings interleaved packets to a receiver, each of them twice: the second one is left out.
type wire struct{ *receiver }

func (w wire) Write(b []byte) (int, error) {
	const interleaved = 4 // header of RFC 2326 §10.12
	now := time.Now()
	if err := w.due(now); err != nil {
		return 0, err
	}
	for range 2 {
		packet := &rtp.Packet{}
		if err := packet.Unmarshal(b[interleaved:]); err != nil {
			return 0, err
		}
		if err := w.take(event{kind: media.Video, ssrc: 1, at: now, packet: packet}); err != nil {
			return 0, err
		}
	}
	return len(b), nil
}
