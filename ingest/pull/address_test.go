package pull

import (
	"crypto/sha256"
	"crypto/tls"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/globalfandom/lightstick/ingest/rtmp"
	"github.com/globalfandom/lightstick/internal/setting"
)

func TestParse(t *testing.T) {
	tests := []struct{ address, fault string }{
		{"rtsp://admin:secret@192.0.2.1:554/stage?token=secret", ""},
		{"rtsps://192.0.2.1/stage#fingerprint=" + strings.Repeat("AB:", 31) + "AB", ""},
		{"rtsps://192.0.2.1/secret#fingerprint=AB", "SHA-256"},
		{"rtsps://192.0.2.1/secret#ca=/nowhere.pem", "ca="},
		{"rtsps://192.0.2.1/secret#ca=/a&fingerprint=ab", "use one of them"},
		{"rtsp://192.0.2.1/secret#fingerprint=ab", "no option"},
		{"rtsp:///secret", "no host"},
		{"file:///etc/secret", "does not begin with"},
		{"rtsp://user:sec%zzret@h/1", "escape special characters"},
		{"https://user:secret@192.0.2.1/live/secret.m3u8?token=secret#ca=/dev/null", "holds no certificate"},
		{"http://user:secret@192.0.2.1/live/secret.ts", ""},
		{"srt://192.0.2.1:9000?streamid=secret&passphrase=secretsecret&pbkeylen=32&latency=300&program=2", ""},
		{"srt://192.0.2.1:9000?mode=rendezvous&localport=9001&latency=1s", ""},
		{"rtmp://192.0.2.1/live/a/secret?token=secret", ""},
		{"rtmps://192.0.2.1/live/secret#fingerprint=" + strings.Repeat("AB", 32), ""},
		{"rtmp://192.0.2.1/secret", ""},
		{"rtmp://192.0.2.1/", "APP/STREAM"},
		{"rtmp://user:secret@192.0.2.1/live/secret", "no user"},
		{"srt://192.0.2.1?streamid=secret", "no port"},
		{"srt://192.0.2.1:9000?mode=listener", "mode="},
		{"srt://192.0.2.1:9000?passphrase=secret", "passphrase="},
		{"srt://192.0.2.1:9000?pbkeylen=256", "pbkeylen="},
		{"srt://192.0.2.1:9000?latency=120000", "latency="},
		{"srt://192.0.2.1:9000?program=0", "program="},
		{"udp://@:1234", ""},
		{"udp://@239.1.2.3:1234?source=192.0.2.1", ""},
		{"udp://camera:1234", "udp:// listens"},
		{"udp://@239.1.2.3", "no port"},
		{"udp://@:1234?source=secret", "source="},
		{"secret", "does not begin with"},
	}
	for _, tt := range tests {
		a, err := Parse(tt.address)
		if tt.fault == "" {
			if err != nil {
				t.Errorf("%s: %v", tt.address, err)
			} else if c, err := a.scheme.make(a, slog.Default()); err != nil || c == nil {
				t.Errorf("%s: %v", tt.address, err)
			}
			if strings.Contains(a.Remote(), "secret") {
				t.Errorf("%s is named %s", tt.address, a.Remote())
			}
			continue
		}
		if err == nil || !strings.Contains(err.Error(), tt.fault) || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: %v, want %q", tt.address, err, tt.fault)
		}
	}
	settings := Settings{Streams: map[string]setting.Secret{"a b": "rtsp://h/1", "cam": "ftp://secret", "good": "rtsp://h/1", "twice": "rtsp://h/1"}, Cameras: map[string]setting.Secret{"twice": "rtsp://h/2"}}
	err := settings.Validate()
	if err == nil || !strings.Contains(err.Error(), `"cam"`) || !strings.Contains(err.Error(), `"twice" stands in rtsp.pull too`) || strings.Contains(err.Error(), "good") || strings.Contains(err.Error(), "secret") {
		t.Error(err)
	}
}

// The path of an RTMP address is divided as players do it.
func TestAppAndStream(t *testing.T) {
	a, err := Parse("rtmps://h:1936/live/instance/show?token=x#ca=" + url.QueryEscape(certificateFile(t)))
	if err != nil {
		t.Fatal(err)
	}
	c, err := newRTMP(a, nil)
	if r, ok := c.(*rtmp.Client); err != nil || !ok || r.Address != "h:1936" || r.App != "live/instance" || r.Stream != "show?token=x" || !r.Secure ||
		r.TCURL != "rtmps://h:1936/live/instance" || r.TLS == nil {
		t.Errorf("%+v, %v", c, err)
	}
}

// certificateFile has some certificate.
func certificateFile(t *testing.T) string {
	t.Helper()
	secure := httptest.NewTLSServer(nil)
	defer secure.Close()
	file := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: secure.Certificate().Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// Whom an address trusts by TLS.
func TestTrust(t *testing.T) {
	secure := httptest.NewUnstartedServer(nil)
	secure.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	secure.StartTLS()
	defer secure.Close()
	sum := sha256.Sum256(secure.Certificate().Raw)
	file := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: secure.Certificate().Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name, options string
		trusted       bool
		why           string
	}{
		{"the system", "", false, "is not trusted"},
		{"its fingerprint", "fingerprint=" + hex.EncodeToString(sum[:]), true, ""},
		{"another fingerprint", "fingerprint=" + strings.Repeat("00", 32), false, "another certificate"},
		{"its authority", "ca=" + url.QueryEscape(file), true, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a, err := Parse("rtsps://" + secure.Listener.Addr().String() + "/stage#" + tt.options)
			if err != nil {
				t.Fatal(err)
			}
			config, err := a.trust()
			if err != nil {
				t.Fatal(err)
			}
			conn, err := tls.Dial("tcp", a.url.Host, config)
			if err == nil {
				_ = conn.Close()
			}
			if err = inWords(err); (err == nil) != tt.trusted || err != nil && !strings.Contains(err.Error(), tt.why) {
				t.Error(err)
			}
		})
	}
}

// Errors of network libraries are told in plain words, without the address that they show.
func TestInWords(t *testing.T) {
	hidden := &url.Error{Op: "Get", URL: "http://h/secret", Err: io.ErrUnexpectedEOF}
	if err := inWords(fmt.Errorf("playlist: %w", hidden)); strings.Contains(err.Error(), "secret") || !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Error(err)
	}
	if inWords(nil) != nil {
		t.Error("no error became one")
	}
}
