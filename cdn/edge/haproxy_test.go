package edge

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// HAProxy itself finds nothing wrong with what is written for it.
func TestHAProxyAccepts(t *testing.T) {
	for name, o := range map[string]Options{
		"none":                   {Origin: "127.0.0.1:8080", Listen: ":8081"},
		"origin, by TLS":         {Origin: "https://localhost", Listen: "[::]:8081", Verify: VerifyOrigin, API: true},
		"native":                 {Origin: "[::1]:8080", Listen: "127.0.0.1:8081", Verify: VerifyNative, Name: "front", SecretHeader: "X-Other"},
		"name of another origin": {Origin: "localhost:8080", Listen: ":8081", SegmentDuration: 10 * time.Second},
	} {
		text, err := Generate("haproxy", o)
		if err != nil {
			t.Fatal(err)
		}
		file := filepath.Join(t.TempDir(), "haproxy.cfg")
		if err := os.WriteFile(file, text, 0o600); err != nil {
			t.Fatal(err)
		}
		cmd := exec.Command("haproxy", "-c", "-f", file)
		if out, err := cmd.CombinedOutput(); err != nil || strings.Contains(string(out), "WARNING") {
			t.Errorf("%s: %v\n%s", name, err, out)
		}
	}
}

func TestHAProxyKeyPlace(t *testing.T) {
	for key, good := range map[string]bool{"/c.pem": true, "/c.pem.key": true, "/k.pem": false} {
		_, err := Generate("haproxy", Options{Origin: "a:1", Listen: ":2", TLSCert: "/c.pem", TLSKey: key})
		if (err == nil) != good {
			t.Errorf("%s: %v", key, err)
		}
	}
}
