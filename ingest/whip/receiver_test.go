package whip

import (
	"testing"
	"time"

	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"

	"github.com/globalfandom/lightstick/ingest"
	"github.com/globalfandom/lightstick/ingest/ingesttest"
	"github.com/globalfandom/lightstick/media"
)

// A loss is noticed by whatever comes after it, padding too.
func TestLossBeforePadding(t *testing.T) {
	gate := ingesttest.NewGate()
	sink, err := gate.Open(t.Context(), ingest.Request{Key: ingesttest.Key})
	if err != nil {
		t.Fatal(err)
	}
	cfg := Config{}.withDefaults()
	r, err := newReceiver(ingest.NewSession(sink, media.VideoTimescale, 0), offer{video: &offered{codec: media.H264}}, cfg)
	if err != nil {
		t.Fatal(err)
	}
	lost, asked := 0, 0
	r.lost = func(packets int) { lost += packets }
	r.request = func(webrtc.SSRC) { asked++ }
	now := time.Now()
	take := func(number uint16, payload ...byte) {
		t.Helper()
		p := &rtp.Packet{Header: rtp.Header{SequenceNumber: number, Marker: true}, Payload: payload}
		if err := r.take(event{kind: media.Video, ssrc: 1, at: now, packet: p}); err != nil {
			t.Fatal(err)
		}
	}
	take(1, 0x65, 0x88, 0x80)
	take(3)
	now = now.Add(cfg.ResendWait)
	if err := r.due(now); err != nil {
		t.Fatal(err)
	}
	if lost != 1 || asked != 1 || !r.video.broken {
		t.Errorf("%d lost, %d keyframes asked for, waits for one: %v", lost, asked, r.video.broken)
	}
	r.close(nil)
}
