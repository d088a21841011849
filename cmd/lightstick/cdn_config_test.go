package main

import (
	"io"
	"os"
	"path/filepath"
	"testing"
)

// Varnish reads its configuration as a user of its own; only a file with the secret in
// it is the writer's alone.
func TestWhoReadsEdgeConfigurations(t *testing.T) {
	secret := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(secret, []byte("0123456789abcdef0123456789abcdef"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		product, secretFile string
		before, want        os.FileMode // before 0: there is no file
	}{
		{"varnish", "", 0, 0o644},
		{"varnish", secret, 0, 0o644}, // reads the secret's own file
		{"haproxy", secret, 0, 0o644}, // has it from its environment
		{"nginx", "", 0, 0o644},
		{"nginx", secret, 0, 0o600},
		{"nginx", secret, 0o644, 0o600},
		{"varnish", "", 0o600, 0o644}, // as earlier versions wrote it
	} {
		out := filepath.Join(t.TempDir(), "edge.conf")
		if tt.before != 0 {
			if err := os.WriteFile(out, []byte("longer than nothing"), tt.before); err != nil {
				t.Fatal(err)
			}
		}
		c := cdnConfig{
			Product: tt.product, Origin: "127.0.0.1:8080", Listen: ":80", Name: "lightstick-edge", Verify: "none", SecretFile: tt.secretFile,
			SecretHeader: "X-Origin-Secret", PartDuration: 250e6, SegmentDuration: 2e9, CacheSize: "1g", AccessLog: "off", Output: out, User: "www-data",
		}
		if err := c.Run(io.Discard); err != nil {
			t.Fatalf("%s: %v", tt.product, err)
		}
		info, err := os.Stat(out)
		if err != nil || info.Mode().Perm() != tt.want || info.Size() < 1000 {
			t.Errorf("%s, secret file %q, before %v: %v, %v; want %v", tt.product, tt.secretFile, tt.before, info.Mode().Perm(), err, tt.want)
		}
	}
}
