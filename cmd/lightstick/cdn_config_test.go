package main

import (
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	edgeconfig "github.com/globalfandom/lightstick/cdn/edge"
	"github.com/globalfandom/lightstick/config"
	"github.com/globalfandom/lightstick/control"
)

// Varnish reads its configuration as a user of its own; only a file with the secret in
// it is the writer's alone.
func TestWhoReadsEdgeConfigurations(t *testing.T) {
	secret := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(secret, []byte(shieldSecret), 0o600); err != nil {
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

// forwarded are addresses of what edges pass on, by the pattern that HAProxy has for it.
var forwarded = map[string]string{
	"": "/", "watch/.*": "/watch/show", "static/.*": "/static/", "steering[.]json": "/steering.json", "cmcd": "/cmcd",
	"connection/.*": "/connection/websocket", "chat/session": "/chat/session", "api/.*": "/api/openapi.json", "dashboard.*": "/dashboard",
}

// An edge passes on what there is, and no page that was never built.
func TestForwardedPagesExist(t *testing.T) {
	loaded, err := config.Load("", nil, everything)
	if err != nil {
		t.Fatal(err)
	}
	log, _ := newLogger(&loaded.Config, newLogLines())
	s, err := newServer(t.Context(), common{Data: t.TempDir()}, &loaded.Config, log)
	if err != nil {
		t.Fatal(err)
	}
	defer s.close()
	if _, _, err := s.control.CreateStream(t.Context(), "show", control.StreamSettings{}); err != nil {
		t.Fatal(err)
	}
	text, err := edgeconfig.Generate("haproxy", edgeconfig.Options{Origin: "127.0.0.1:8080", Listen: ":80", API: true})
	if err != nil {
		t.Fatal(err)
	}
	match := regexp.MustCompile(`acl page path -m reg '\^/\(([^)]*)\)`).FindSubmatch(text)
	if match == nil {
		t.Fatal("HAProxy's pattern for pages was not found")
	}
	pages, err := fs.Glob(os.DirFS("../../web/dist/static"), "watch-*.js")
	if err != nil {
		t.Fatal(err)
	}
	for pattern := range strings.SplitSeq(string(match[1]), "|") {
		path, known := forwarded[pattern]
		if !known {
			t.Errorf("%s is forwarded: name an address of it, to see that it is there", pattern)
			continue
		}
		if path == "/static/" {
			if len(pages) == 0 {
				continue // the pages were not built
			}
			path += pages[0]
		}
		w := httptest.NewRecorder()
		s.handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
		if w.Code == http.StatusNotFound {
			t.Errorf("%s is forwarded and not there", path)
		}
	}
}
