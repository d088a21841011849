package rtsp

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"log/slog"
	"net"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/bluenviron/gortsplib/v4/pkg/format"

	"github.com/globalfandom/lightstick/ingest"
	"github.com/globalfandom/lightstick/ingest/ingesttest"
	"github.com/globalfandom/lightstick/media"
)

// trusting is the gate of whoever pulls: it says which stream.
type trusting struct{ *ingesttest.Gate }

func (g trusting) Open(ctx context.Context, r ingest.Request) (ingest.Sink, error) {
	r.Trusted = "cam"
	return g.Gate.Open(ctx, r)
}

// eventually waits for a condition that comes true at once on a machine with nothing else
// to do.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for late := time.After(30 * time.Second); !holds(); {
		select {
		case <-late:
			t.Fatal("not in time: " + what)
		case <-tick.C:
		}
	}
}

// fetch pulls until the test, or stop, ends it.
func fetch(t *testing.T, c *Client, gate *ingesttest.Gate) (ended chan error, stop context.CancelFunc) {
	t.Helper()
	c.Log = slog.New(slog.DiscardHandler)
	ctx, cancel := context.WithCancel(t.Context())
	ended = make(chan error, 1)
	done := make(chan struct{})
	go func() {
		defer close(done)
		ended <- c.Fetch(ctx, trusting{gate})
	}()
	t.Cleanup(func() { cancel(); <-done })
	return ended, cancel
}

func shows(gate *ingesttest.Gate, n int) func() bool {
	return func() bool { p := gate.Live(); return p != nil && p.Count(media.Video) >= n }
}

// A real server is pulled from, by each transport.
func TestPull(t *testing.T) {
	secure := httptest.NewTLSServer(nil)
	defer secure.Close()
	trusted := x509.NewCertPool()
	trusted.AddCert(secure.Certificate())
	tests := []struct {
		name, scheme, user string
		set                []func(*camera)
		lost               bool
	}{
		{"TCP", "rtsp", "", nil, false},
		{"password", "rtsp", "admin:s3cret@", []func(*camera){withPassword("s3cret")}, false},
		{"RTSPS", "rtsps", "", []func(*camera){withTLS(secure.TLS.Certificates[0])}, false},
		{"UDP", "rtsp", "", []func(*camera){withUDP(0)}, false},
		{"UDP that loses packets", "rtsp", "", []func(*camera){withUDP(10)}, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			cam := film(t, "127.0.0.1:0", tt.set...)
			defer cam.close()
			gate := ingesttest.NewGate()
			c := &Client{URL: tt.scheme + "://" + tt.user + cam.address + "/stage"}
			if tt.scheme == "rtsps" {
				c.TLS = &tls.Config{RootCAs: trusted}
			}
			ended, stop := fetch(t, c, gate)
			const pictures = 60
			eventually(t, "pictures come", shows(gate, pictures))
			p := gate.Live()
			eventually(t, "packets are lost, or none", func() bool { return !tt.lost || p.Request.Lost() > 0 })
			stop()
			if err := <-ended; !errors.Is(err, ingest.ErrShuttingDown) {
				t.Error(err)
			}
			p = <-gate.Ended
			if udp := cam.udp.Load(); udp != strings.HasPrefix(tt.name, "UDP") {
				t.Errorf("by UDP: %v", udp)
			}
			if !tt.lost && p.Request.Lost() > 0 {
				t.Errorf("%d packets were lost", p.Request.Lost())
			}
			for _, s := range p.Samples[media.Video] {
				if want := 4 + 3005; len(s.Payload) != want { // a lost packet costs the whole picture
					t.Fatalf("a picture has %d bytes, want %d", len(s.Payload), want)
				}
			}
		})
	}
}

// Why nothing can be pulled is said in plain words, and without the password.
func TestPullRefusals(t *testing.T) {
	secure := httptest.NewTLSServer(nil)
	defer secure.Close()
	tests := []struct {
		name, scheme, user, path string
		set                      []func(*camera)
		want                     error
		text                     string
	}{
		{"wrong password", "rtsp", "admin:s3cret@", "/stage", []func(*camera){withPassword("other")}, ingest.ErrCredentials, ""},
		{"no password", "rtsp", "", "/stage", []func(*camera){withPassword("other")}, ingest.ErrCredentials, ""},
		{"wrong path", "rtsp", "", "/other", nil, ingest.ErrNoStream, ""},
		{"codec", "rtsp", "", "/stage", []func(*camera){func(c *camera) { c.format = &format.MPEG1Video{} }}, ingest.ErrUnsupported, "use H.264"},
		{"unknown certificate", "rtsps", "", "/stage", []func(*camera){withTLS(secure.TLS.Certificates[0])}, nil, "certificate"},
		{"redirects for ever", "rtsp", "", "/stage", []func(*camera){func(c *camera) { c.redirect = "itself" }}, errRedirects, ""},
		{"redirect with the password", "rtsp", "admin:s3cret@", "/stage", []func(*camera){func(c *camera) { c.redirect = "rtsp://localhost:1/stage" }}, errElsewhere, ""},
		{"nobody there", "rtsp", "", "/stage", []func(*camera){func(c *camera) { c.redirect = "rtsp://127.0.0.1:1/stage" }}, nil, "refused"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			cam := film(t, "127.0.0.1:0", tt.set...)
			defer cam.close()
			if cam.redirect == "itself" {
				cam.mu.Lock()
				cam.redirect = "rtsp://" + cam.address + "/stage"
				cam.mu.Unlock()
			}
			gate := ingesttest.NewGate()
			ended, _ := fetch(t, &Client{URL: tt.scheme + "://" + tt.user + cam.address + tt.path}, gate)
			err := <-ended
			if tt.want != nil && !errors.Is(err, tt.want) || err == nil || !strings.Contains(err.Error(), tt.text) || strings.Contains(err.Error(), "s3cret") {
				t.Errorf("%v, want %v with %q", err, tt.want, tt.text)
			}
		})
	}
}

// A server that goes away, or sends nothing any more, ends the publication.
func TestPullLost(t *testing.T) {
	for name, lose := range map[string]func(*camera){
		"goes away":     func(c *camera) { c.close() },
		"stops sending": func(c *camera) { c.silent.Store(true) },
	} {
		for transport, set := range map[string][]func(*camera){"TCP": nil, "UDP": {withUDP(0)}} {
			t.Run(name+" by "+transport, func(t *testing.T) {
				cam := film(t, "127.0.0.1:0", set...)
				gate := ingesttest.NewGate()
				ended, _ := fetch(t, &Client{URL: "rtsp://" + cam.address + "/stage", idle: 2 * time.Second}, gate)
				eventually(t, "pictures come", shows(gate, 10))
				lose(cam)
				if err := <-ended; !errors.Is(err, ingest.ErrLost) {
					t.Error(err)
				}
				if p := <-gate.Ended; !errors.Is(p.Reason, ingest.ErrLost) {
					t.Error(p.Reason)
				}
				if name != "goes away" {
					cam.close()
				}
			})
		}
	}
}

// A kick ends the connection, whose server goes on.
func TestPullKicked(t *testing.T) {
	cam := film(t, "127.0.0.1:0")
	defer cam.close()
	gate := ingesttest.NewGate()
	ended, _ := fetch(t, &Client{URL: "rtsp://" + cam.address + "/stage"}, gate)
	eventually(t, "pictures come", shows(gate, 10))
	gate.Live().Request.Kick(ingest.ErrSuperseded)
	if err := <-ended; !errors.Is(err, ingest.ErrSuperseded) {
		t.Error(err)
	}
}

// A peer that takes the connection and says nothing does not hold the puller, not even while
// it stops: the library waits for a handshake of TLS without a bound.
func TestPullHalfOpen(t *testing.T) {
	for _, scheme := range []string{"rtsp", "rtsps"} {
		for _, stops := range []bool{false, true} {
			t.Run(scheme, func(t *testing.T) {
				l, err := net.Listen("tcp", "127.0.0.1:0")
				if err != nil {
					t.Fatal(err)
				}
				defer l.Close()
				c := &Client{URL: scheme + "://" + l.Addr().String() + "/stage", idle: 500 * time.Millisecond}
				if stops {
					c.idle = time.Hour
				}
				ended, stop := fetch(t, c, ingesttest.NewGate())
				conn, err := l.Accept()
				if err != nil {
					t.Fatal(err)
				}
				defer conn.Close()
				want := errNoAnswer
				if stops {
					want = ingest.ErrShuttingDown
					stop()
				}
				if err := <-ended; !errors.Is(err, want) {
					t.Errorf("%v, want %v", err, want)
				}
			})
		}
	}
}

// Whom an attempt may connect to, and how often.
func TestDialer(t *testing.T) {
	tests := []struct {
		host, address string
		secret        bool
		want          error
	}{
		{"::1", "[::1]:554", true, nil},
		{"Camera", "camera:8554", true, nil},
		{"camera", "other:554", true, errElsewhere},
		{"camera", "other:554", false, nil},
	}
	for _, tt := range tests {
		d := &dialer{host: tt.host, secret: tt.secret}
		if err := d.admit(tt.address); !errors.Is(err, tt.want) {
			t.Errorf("%+v: %v", tt, err)
		}
	}
	d := &dialer{host: "camera"}
	for range maxDials {
		if err := d.admit("camera:554"); err != nil {
			t.Fatal(err)
		}
	}
	if err := d.admit("camera:554"); !errors.Is(err, errRedirects) {
		t.Error(err)
	}
}
