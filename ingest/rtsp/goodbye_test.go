package rtsp

import (
	"context"
	"errors"
	"net"
	"strings"
	"testing"

	"github.com/bluenviron/gortsplib/v4"
	"github.com/bluenviron/gortsplib/v4/pkg/description"
	"github.com/bluenviron/gortsplib/v4/pkg/format"

	"github.com/globalfandom/lightstick/ingest"
	"github.com/globalfandom/lightstick/ingest/ingesttest"
)

// A publisher that sends TEARDOWN is told from one whose connection just ends.
func TestGoodbyes(t *testing.T) {
	for name, want := range map[string]error{"TEARDOWN": nil, "cut": ingest.ErrLost} {
		t.Run(name, func(t *testing.T) {
			gate := ingesttest.NewGate()
			address := startServer(t, gate)
			var conn net.Conn
			tcp := gortsplib.TransportTCP
			client := &gortsplib.Client{Transport: &tcp, DialContext: func(ctx context.Context, network, address string) (c net.Conn, err error) {
				conn, err = new(net.Dialer).DialContext(ctx, network, address)
				return conn, err
			}}
			desc := &description.Session{Medias: []*description.Media{{
				Type: description.MediaTypeAudio, Formats: []format.Format{&format.AC3{PayloadTyp: 97, SampleRate: 48000, ChannelCount: 2}},
			}}}
			if err := client.StartRecording(address, desc); err != nil {
				t.Fatal(err)
			}
			if want != nil {
				_ = conn.Close()
			}
			client.Close()
			p := <-gate.Ended
			if !errors.Is(p.Reason, want) {
				t.Errorf("the publication ended with %v, want %v", p.Reason, want)
			}
			if want != nil && !strings.Contains(p.Reason.Error(), "closed the connection without ending the stream") {
				t.Errorf("%v does not say who ended it", p.Reason)
			}
		})
	}
}
