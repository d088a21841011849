package rtmp

import (
	"context"
	"net/url"
	"testing"
	"time"

	"github.com/bluenviron/gortmplib"
	"github.com/bluenviron/gortmplib/pkg/codecs"
	"github.com/bluenviron/mediacommon/v2/pkg/codecs/av1"

	"github.com/globalfandom/lightstick/ingest/ingesttest"
	"github.com/globalfandom/lightstick/media"
	"github.com/globalfandom/lightstick/media/bitstream"
	"github.com/globalfandom/lightstick/media/bitstream/bitstreamtest"
)

// Another implementation of Enhanced RTMP publishes AV1 twice, which makes it
// multitrack, and AC-3. It announces AV1 by an invented sequence header.
func TestEnhancedClient(t *testing.T) {
	gate := ingesttest.NewGate()
	u, err := url.Parse("rtmp://" + startServer(t, gate) + "/live/" + ingesttest.Key)
	if err != nil {
		t.Fatal(err)
	}
	client := &gortmplib.Client{URL: u, Publish: true}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := client.Initialize(ctx); err != nil {
		t.Fatal(err)
	}
	first, second := &gortmplib.Track{Codec: &codecs.AV1{}}, &gortmplib.Track{Codec: &codecs.AV1{}}
	audio := &gortmplib.Track{Codec: &codecs.AC3{SampleRate: 48000, ChannelCount: 6}}
	w := &gortmplib.Writer{Conn: client, Tracks: []*gortmplib.Track{first, second, audio}}
	if err := w.Initialize(); err != nil {
		t.Fatal(err)
	}
	ac3 := testdata(t, "audio/51.ac3")
	v := &bitstream.Video{Codec: media.AV1}
	for i, unit := range bitstreamtest.TemporalUnits(testdata(t, "av1/svt.obu")) {
		au, err := v.FromOBUStream(unit)
		if err != nil {
			t.Fatal(err)
		}
		var obus av1.Bitstream
		if err := obus.Unmarshal(au.Payload); err != nil {
			t.Fatal(err)
		}
		for _, track := range []*gortmplib.Track{first, second} {
			if err := w.WriteAV1(track, time.Duration(i)*time.Second/30, obus); err != nil {
				t.Fatal(err)
			}
		}
		if at := 1024 * i; at < len(ac3) {
			if err := w.WriteAC3(audio, time.Duration(i)*32*time.Millisecond, ac3[at:at+1024]); err != nil {
				t.Fatal(err)
			}
		}
	}
	client.Close()
	p := <-gate.Ended
	if v, a := len(p.Samples[media.Video]), len(p.Samples[media.Audio]); v != 40 || a != 13 || len(p.Repairs) > 0 {
		t.Errorf("%d pictures, %d audio units, repairs %v (%v)", v, a, p.Repairs, p.Reason)
	}
	var last media.Track
	for _, track := range p.Tracks {
		if track.Codec == media.AV1 {
			last = track
		}
	}
	if last.Width != 320 || last.Height != 180 {
		t.Errorf("%dx%d", last.Width, last.Height)
	}
}
