package purge

import (
	"context"
	_ "embed"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

//go:embed testdata/ban.vcl
var banVCL string

// startVarnish runs Debian's Varnish before an origin, and returns its address.
func startVarnish(t *testing.T, origin string) string {
	t.Helper()
	host, port, _ := net.SplitHostPort(strings.TrimPrefix(origin, "http://"))
	text := strings.NewReplacer("SECRET", "hush", "ORIGIN_HOST", host, "ORIGIN_PORT", port).Replace(banVCL)
	dir := t.TempDir()
	vcl := filepath.Join(dir, "default.vcl")
	if err := os.WriteFile(vcl, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := free.Addr().String()
	free.Close()
	var output strings.Builder
	command := exec.Command("varnishd", "-F", "-j", "none", "-n", filepath.Join(dir, "varnish"), "-a", address, "-f", vcl, "-s", "malloc,16m")
	command.Stdout, command.Stderr, command.WaitDelay = &output, &output, 5*time.Second
	if err := command.Start(); err != nil {
		t.Fatalf("%v; scripts/install.sh varnishd installs it", err)
	}
	t.Cleanup(func() {
		_ = command.Process.Signal(os.Interrupt)
		_ = command.Wait()
		if t.Failed() {
			t.Log(output.String())
		}
	})
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	for ; ; time.Sleep(50 * time.Millisecond) { // until its compiler is done
		if c, err := net.Dial("tcp", address); err == nil {
			c.Close()
			return address
		}
		if ctx.Err() != nil {
			t.Fatal("varnishd does not listen")
		}
	}
}

// A real Varnish forgets what it is told to, and nothing else; and only from who knows
// the secret.
func TestVarnish(t *testing.T) {
	var mu sync.Mutex
	asked := make(map[string]int)
	origin := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		asked[r.URL.EscapedPath()]++
		w.Header().Set("Cache-Control", "public, max-age=3600")
		fmt.Fprint(w, r.URL.Path)
	}))
	defer origin.Close()
	varnish := startVarnish(t, origin.URL)
	paths := []string{
		"/live/a.b/index.m3u8", "/live/a.b/p1/video/1.m4s", "/live/a.b/p2/video/1.m4s", "/live/a.b/recordings/r1/index.m3u8",
		"/live/a.b/recordings/r2/index.m3u8", "/live/aXb/index.m3u8", "/live/%E5%B1%95/index.m3u8",
	}
	// fetched is which paths Varnish had to ask for.
	fetched := func() string {
		t.Helper()
		mu.Lock()
		clear(asked)
		mu.Unlock()
		for _, p := range paths {
			answer, err := http.Get("http://" + varnish + p)
			if err != nil || answer.StatusCode != 200 || answer.Header.Get("X-Path") != "" {
				t.Fatalf("%s: %v %v", p, answer, err)
			}
			answer.Body.Close()
		}
		mu.Lock()
		defer mu.Unlock()
		var list []string
		for i, p := range paths {
			if asked[p] > 0 {
				list = append(list, fmt.Sprint(i))
			}
		}
		return strings.Join(list, " ")
	}
	if got := fetched(); got != "0 1 2 3 4 5 6" {
		t.Errorf("at first: %s", got)
	}
	target, err := Parse("edge", "varnish://hush@"+varnish)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		objects []Object
		want    string
	}{
		{nil, ""},
		{[]Object{{Stream: "a.b", Recording: "r1"}}, "3"},
		{[]Object{{Stream: "a.b", Publication: "p1"}}, "1"},
		{[]Object{{Stream: "展"}}, "6"},
		{[]Object{{Stream: "a.b"}}, "0 1 2 3 4"},
		{[]Object{{Stream: "a"}, {Stream: "b"}}, ""},
	} {
		if err := target.Purger.Purge(t.Context(), tt.objects); err != nil {
			t.Fatal(err)
		}
		if got := fetched(); got != tt.want {
			t.Errorf("after %+v it asked for %q, want %q", tt.objects, got, tt.want)
		}
	}
	wrong, _ := Parse("edge", "varnish://other@"+varnish)
	err = wrong.Purger.Purge(t.Context(), []Object{{Stream: "a.b"}})
	if err == nil || !strings.Contains(err.Error(), "403; check the secret") || fetched() != "" {
		t.Errorf("with another secret: %v", err)
	}
}
