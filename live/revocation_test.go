package live_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/bluenviron/gortsplib/v4"
	"github.com/bluenviron/gortsplib/v4/pkg/description"
	"github.com/bluenviron/gortsplib/v4/pkg/format"
	srt "github.com/datarhei/gosrt"
	gomedia "github.com/yapingcat/gomedia/go-rtmp"

	"github.com/globalfandom/lightstick/control"
	"github.com/globalfandom/lightstick/ingest/rtmp"
	"github.com/globalfandom/lightstick/ingest/rtsp"
	ingestsrt "github.com/globalfandom/lightstick/ingest/srt"
	"github.com/globalfandom/lightstick/internal/logtest"
	"github.com/globalfandom/lightstick/live"
	"github.com/globalfandom/lightstick/media"
	"github.com/globalfandom/lightstick/packager"
)

// patience bounds waits for what happens at once on a machine with nothing else to do.
const patience = 30 * time.Second

type noRecorder struct{ packager.Discard }

func (noRecorder) Pause()  {}
func (noRecorder) Finish() {}
func (noRecorder) Close()  {}

// ingestAddresses are those of servers that run for the test.
type ingestAddresses struct{ rtmp, srt, rtsp string }

func runIngest(t *testing.T, m *live.Manager, log *slog.Logger) ingestAddresses {
	t.Helper()
	const port = "127.0.0.1:0"
	r, err := rtmp.Listen(rtmp.Config{Listen: port}, m, log)
	if err != nil {
		t.Fatal(err)
	}
	s, err := ingestsrt.Listen(ingestsrt.Config{Listen: port, IdleTimeout: 2 * patience}, m, log)
	if err != nil {
		t.Fatal(err)
	}
	p, err := rtsp.Listen(rtsp.Config{Listen: port}, m, log)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	for _, server := range []interface{ Run(context.Context) error }{r, s, p, m} {
		running.Go(func() {
			if err := server.Run(ctx); err != nil {
				t.Error(err)
			}
		})
	}
	t.Cleanup(func() { cancel(); running.Wait() })
	return ingestAddresses{r.Addr().String(), s.Addr().String(), p.Addr().String()}
}

// publishers connect with a key, and return how to wait for the connection's end, or why
// they were refused.
var publishers = map[string]func(at ingestAddresses, key string) (ended func(), err error){
	"rtmp": publishRTMP,
	"srt": func(at ingestAddresses, key string) (func(), error) {
		c := srt.DefaultConfig()
		c.StreamId, c.PeerIdleTimeout = "publish:"+key, 2*patience
		conn, err := srt.Dial("srt", at.srt, c)
		if err != nil {
			return nil, err
		}
		return func() { _, _ = io.Copy(io.Discard, conn); _ = conn.Close() }, nil
	},
	"rtsp": func(at ingestAddresses, key string) (func(), error) {
		tcp := gortsplib.TransportTCP
		client := &gortsplib.Client{Transport: &tcp}
		err := client.StartRecording("rtsp://"+at.rtsp+"/live/"+key, &description.Session{Medias: []*description.Media{
			{Type: description.MediaTypeVideo, Formats: []format.Format{&format.H264{PayloadTyp: 96, PacketizationMode: 1}}},
		}})
		if err != nil {
			return nil, err
		}
		return func() { _ = client.Wait(); client.Close() }, nil
	},
}

func publishRTMP(at ingestAddresses, key string) (func(), error) {
	conn, err := net.Dial("tcp", at.rtmp)
	if err != nil {
		return nil, err
	}
	client := gomedia.NewRtmpClient(gomedia.WithComplexHandshake(), gomedia.WithEnablePublish())
	var status string
	started := false
	client.OnStatus(func(code, _, _ string) { status = code })
	client.OnStateChange(func(state gomedia.RtmpState) { started = started || state == gomedia.STATE_RTMP_PUBLISH_START })
	client.SetOutput(func(b []byte) error { _, err := conn.Write(b); return err })
	client.Start("rtmp://" + at.rtmp + "/live/" + key)
	_ = conn.SetReadDeadline(time.Now().Add(patience))
	for buf := make([]byte, 4096); !started; {
		n, err := conn.Read(buf)
		if err == nil {
			err = client.Input(buf[:n])
		}
		if err != nil {
			_ = conn.Close()
			return nil, errors.New(status)
		}
	}
	return func() { _, _ = io.Copy(io.Discard, conn); _ = conn.Close() }, nil
}

// A key that another process replaces, or a stream that it deletes, takes its publisher
// off air; who comes back with the old key is refused.
func TestRevokedKeysEndPublications(t *testing.T) {
	ctx := context.Background()
	dir := t.TempDir()
	store, err := control.Open(ctx, dir)
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	other, err := control.Open(ctx, dir) // the command line's
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	var text logtest.Buffer
	log := slog.New(slog.NewTextHandler(&text, nil))
	m := live.NewManager(live.Config{
		Packager: packager.Config{}.WithDefaults(), Settings: live.Settings{Reconnect: time.Hour},
		Recorder: func(media.StreamID) live.Recorder { return noRecorder{} },
	}, store, log)
	at := runIngest(t, m, log)
	var forgotten []media.StreamID
	changes := map[string]struct {
		change func(media.StreamID) error
		reason string
	}{
		"rotate": {func(id media.StreamID) error { _, err := other.RotateKey(ctx, id); return err }, "the stream key was replaced"},
		"delete": {func(id media.StreamID) error { return other.DeleteStream(ctx, id) }, "stream was removed"},
	}
	for protocol, publish := range publishers {
		for what, tt := range changes {
			t.Run(protocol+" "+what, func(t *testing.T) {
				stream, key, err := other.CreateStream(ctx, protocol+" "+what, control.StreamSettings{})
				if err != nil {
					t.Fatal(err)
				}
				r, err := live.NewRevocation(ctx, m, store, func(id media.StreamID) { forgotten = append(forgotten, id) })
				if err != nil {
					t.Fatal(err)
				}
				ended, err := publish(at, key)
				if err != nil {
					t.Fatal(err)
				}
				if err := r.Enforce(ctx); err != nil || m.State(stream.ID) != string(live.Starting) {
					t.Fatalf("with nothing changed: %s, %v", m.State(stream.ID), err)
				}
				if err := tt.change(stream.ID); err != nil {
					t.Fatal(err)
				}
				if err := r.Enforce(ctx); err != nil {
					t.Fatal(err)
				}
				ended()
				if _, err := publish(at, key); err == nil {
					t.Error("the old key is let in again")
				}
				if line := "stream=" + string(stream.ID) + " "; !logged(&text, line, tt.reason) {
					t.Errorf("no log line has %q and %q:\n%s", line, tt.reason, text.String())
				}
			})
		}
	}
	if len(forgotten) != len(publishers) {
		t.Errorf("deleted: %v", forgotten)
	}
}

// logged waits for a line that has all of the texts.
func logged(l *logtest.Buffer, texts ...string) bool {
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		for line := range strings.Lines(l.String()) {
			has := true
			for _, want := range texts {
				has = has && strings.Contains(line, want)
			}
			if has {
				return true
			}
		}
	}
	return false
}
