package certificates

import (
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/globalfandom/lightstick/httpserver/certificates/certificatestest"
)

// Many ACME clients tell nobody that they renewed a certificate: handshakes find it.
func TestChangedFilesAreFoundByHandshakes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		cert, key := filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
		certificatestest.Write(t, cert, key, "first")
		certs, err := New(Config{CertFile: cert, KeyFile: key}, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		shows := func(step, want string) {
			t.Helper()
			pair, err := certs.TLS().GetCertificate(nil)
			if err != nil {
				t.Fatal(err)
			}
			if got := pair.Leaf.Subject.CommonName; got != want {
				t.Errorf("%s: %q is shown, want %q", step, got, want)
			}
		}
		// Real files have real times, which the bubble's clock knows nothing of.
		touch := func(age time.Duration, files ...string) {
			for _, file := range files {
				if err := os.Chtimes(file, time.Time{}, time.Now().Add(-age)); err != nil {
					t.Fatal(err)
				}
			}
		}
		shows("at start", "first")

		secondCert, secondKey := certificatestest.Pair(t, "second")
		write := func(file string, text []byte) {
			if err := os.WriteFile(file, text, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		write(cert, secondCert)
		touch(4*time.Hour, cert)
		time.Sleep(filesChecked)
		shows("half written", "first")
		write(key, secondKey)
		touch(3*time.Hour, key)
		shows("not looked at yet", "first")
		time.Sleep(filesChecked)
		shows("whole", "second")

		if err := errors.Join(os.Remove(cert), os.Remove(key)); err != nil {
			t.Fatal(err)
		}
		time.Sleep(filesChecked)
		shows("removed", "second")
		certificatestest.Write(t, cert, key, "third")
		time.Sleep(filesChecked)
		shows("back", "third")
	})
}

// Listeners have begun with TLS or without.
func TestTLSIsNotSwitchedByReload(t *testing.T) {
	dir := t.TempDir()
	with := Config{CertFile: filepath.Join(dir, "cert.pem"), KeyFile: filepath.Join(dir, "key.pem")}
	certificatestest.Write(t, with.CertFile, with.KeyFile, "first")
	for started, next := range map[Config]Config{with: {}, {}: with} {
		certs, err := New(started, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		if err := certs.Reload(next.CertFile, next.KeyFile); !errors.Is(err, ErrNeedsRestart) {
			t.Errorf("%v", err)
		}
		if err := certs.Reload(started.CertFile, started.KeyFile); err != nil {
			t.Error(err)
		}
	}
}
