package app

import (
	"bufio"
	"context"
	"crypto/tls"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/bluenviron/gortmplib/pkg/handshake"
	"github.com/bluenviron/gortsplib/v4/pkg/base"
	"github.com/caddyserver/certmagic"

	"github.com/globalfandom/lightstick/config"
	"github.com/globalfandom/lightstick/httpserver/certificates/certificatestest"
)

// shown is the name of the certificate that a listener shows to a new client.
func shown(t *testing.T, address, serverName string) string {
	t.Helper()
	c := dialTLS(t, address, serverName)
	defer c.Close()
	return c.ConnectionState().PeerCertificates[0].Subject.CommonName
}

func dialTLS(t *testing.T, address, serverName string) *tls.Conn {
	t.Helper()
	dialer := &net.Dialer{Timeout: 30 * time.Second}
	c, err := tls.DialWithDialer(dialer, "tcp", address, &tls.Config{InsecureSkipVerify: true, ServerName: serverName})
	if err != nil {
		t.Fatalf("%s: %v", address, err)
	}
	_ = c.SetDeadline(time.Now().Add(30 * time.Second))
	return c
}

// askOptions expects an answer by RTSP.
func askOptions(t *testing.T, c net.Conn) {
	t.Helper()
	if _, err := io.WriteString(c, "OPTIONS rtsps://live.example.com/live/key RTSP/1.0\r\nCSeq: 1\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	var answer base.Response
	if err := answer.Unmarshal(bufio.NewReader(c)); err != nil || answer.StatusCode != base.StatusOK {
		t.Errorf("RTSPS answers %v, %v", answer, err)
	}
}

// logLines are what was logged, for others to wait for.
type logLines struct {
	mu   sync.Mutex
	text strings.Builder
	more chan struct{} // holds one: there is more
}

func newLogLines() *logLines { return &logLines{more: make(chan struct{}, 1)} }

func (l *logLines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	select {
	case l.more <- struct{}{}:
	default:
	}
	return l.text.Write(p)
}

func (l *logLines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// wait waits for the nth line with the text.
func (l *logLines) wait(t *testing.T, text string, n int) {
	t.Helper()
	for deadline := time.After(30 * time.Second); strings.Count(l.String(), text) < n; {
		select {
		case <-l.more:
		case <-deadline:
			t.Fatalf("%q was not logged %d times:\n%s", text, n, l)
		}
	}
}

// tlsServer is a whole server with every TLS listener, and a file that it is configured
// by.
type tlsServer struct {
	file                string
	https, rtmps, rtsps string
	log                 *logLines
}

// startTLS runs a server as serve does, with the configuration in YAML.
func startTLS(t *testing.T, yaml string) *tlsServer {
	t.Helper()
	s := &tlsServer{file: filepath.Join(t.TempDir(), "lightstick.yaml"), log: newLogLines()}
	if err := os.WriteFile(s.file, []byte(yaml), 0o600); err != nil {
		t.Fatal(err)
	}
	sets := []string{
		"http.listen=127.0.0.1:0", "rtmp.tls_listen=127.0.0.1:0", "rtsp.tls_listen=127.0.0.1:0", "admin.listen=127.0.0.1:0",
		"rtmp.listen=", "rtsp.listen=", "webrtc.listen=", "srt.listen=", "transcode.ladder=off", "publish.open=true",
	}
	load := func() (*config.Loaded, error) { return config.Load(s.file, nil, sets) }
	loaded, err := load()
	if err != nil {
		t.Fatal(err)
	}
	log, level := NewLogger(&loaded.Config, s.log)
	reload := NewReloader(loaded, load, level, log)
	t.Cleanup(reload.Close)
	server, err := New(t.Context(), Options{Dir: t.TempDir()}, &loaded.Config, log)
	if err != nil {
		t.Fatal(err)
	}
	server.ReloadWith(reload)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- server.Run(ctx, reload) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		server.Close()
	})
	address := func(r Runner) string { return r.(interface{ Addr() net.Addr }).Addr().String() }
	s.https, s.rtmps, s.rtsps = server.http.Addr(0).String(), address(server.ingest[0]), address(server.ingest[1])
	return s
}

func (s *tlsServer) hangUp(t *testing.T) {
	t.Helper()
	if err := syscall.Kill(os.Getpid(), syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
}

// A renewed certificate and SIGHUP: new handshakes get it on every TLS listener, and
// connections from before stay.
func TestRenewedCertificate(t *testing.T) {
	dir := t.TempDir()
	cert, key := filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	certificatestest.Write(t, cert, key, "first")
	yaml := "http: {tls_cert: " + cert + ", tls_key: " + key + "}\n"
	s := startTLS(t, yaml)
	everywhere := func(want string) {
		t.Helper()
		for protocol, address := range map[string]string{"HTTPS": s.https, "RTMPS": s.rtmps, "RTSPS": s.rtsps} {
			if got := shown(t, address, "live.example.com"); got != want {
				t.Errorf("%s shows %q, want %q", protocol, got, want)
			}
		}
	}
	everywhere("first")
	publisher := dialTLS(t, s.rtmps, "")
	defer publisher.Close()
	rtsps := dialTLS(t, s.rtsps, "")
	defer rtsps.Close()
	askOptions(t, rtsps)

	certificatestest.Write(t, cert, key, "second")
	s.hangUp(t)
	s.log.wait(t, "configuration reloaded", 1)
	everywhere("second")
	if _, _, err := handshake.DoClient(publisher, false, false); err != nil {
		t.Errorf("the publisher from before can't go on: %v", err)
	}
	askOptions(t, rtsps)

	// What is broken changes nothing.
	if err := os.WriteFile(cert, []byte("not a certificate"), 0o600); err != nil {
		t.Fatal(err)
	}
	s.hangUp(t)
	s.log.wait(t, "settings not reloaded", 1)
	everywhere("second")

	// A broken configuration does not stand in the way of a good certificate.
	certificatestest.Write(t, cert, key, "third")
	if err := os.WriteFile(s.file, []byte("http: {listen: nonsense}"), 0o600); err != nil {
		t.Fatal(err)
	}
	s.hangUp(t)
	s.log.wait(t, "configuration not reloaded", 1)
	s.log.wait(t, "certificates reloaded; the last configuration stays", 1)
	everywhere("third")

	// Other files, a level, and what needs a restart.
	certificatestest.Write(t, cert+"2", key+"2", "fourth")
	other := "http: {tls_cert: " + cert + "2, tls_key: " + key + "2, max_connections: 9}\nlog: {level: debug}\n"
	if err := os.WriteFile(s.file, []byte(other), 0o600); err != nil {
		t.Fatal(err)
	}
	s.hangUp(t)
	s.log.wait(t, `changed="[log.level http.tls_cert http.tls_key]"`, 1)
	s.log.wait(t, "changed settings need a restart\" settings=[http.max_connections]", 1)
	everywhere("fourth")
}

// RTMPS and RTSPS with http.domain show the automatic certificate, also to encoders
// that name no server.
func TestIngestWithAutomaticCertificate(t *testing.T) {
	const domain = "live.example.com"
	cfg := &config.Config{}
	cfg.HTTP.Domain, cfg.RTMP.TLSListen, cfg.RTSP.TLSListen = domain, "127.0.0.1:0", "127.0.0.1:0"
	log := slog.New(slog.DiscardHandler)
	certs, err := newCertificates(cfg, t.TempDir(), log)
	if err != nil {
		t.Fatal(err)
	}
	certPEM, keyPEM := certificatestest.Pair(t, domain)
	pair, err := tls.X509KeyPair(certPEM, keyPEM)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := certmagic.NewDefault().CacheUnmanagedTLSCertificate(t.Context(), pair, nil); err != nil {
		t.Fatal(err)
	}
	access := newAccess(cfg)
	s := &Server{cfg: cfg, log: log, certs: certs, access: access}
	if err := s.listenIngest(); err != nil {
		t.Fatal(err)
	}
	if len(s.ingest) != 2 {
		t.Fatalf("%d listeners, want RTMPS and RTSPS", len(s.ingest))
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, len(s.ingest))
	for _, r := range s.ingest {
		go func() { ended <- r.Run(ctx) }()
	}
	for _, r := range s.ingest {
		address := r.(interface{ Addr() net.Addr }).Addr().String()
		for _, name := range []string{domain, ""} {
			if got := shown(t, address, name); got != domain {
				t.Errorf("%T shows %q to a client that asks for %q", r, got, name)
			}
		}
	}
	rtsps := dialTLS(t, s.ingest[1].(interface{ Addr() net.Addr }).Addr().String(), domain)
	defer rtsps.Close()
	askOptions(t, rtsps)
	cancel()
	for range s.ingest {
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}
}
