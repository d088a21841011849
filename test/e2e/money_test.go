//go:build e2e

package e2e

import (
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
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

// partner is a webhook and a CDN's API in one, which notes what it is told.
type partner struct {
	*httptest.Server
	mu     sync.Mutex
	alerts []string
	purged []string
	down   bool
}

func newPartner(t *testing.T) *partner {
	p := &partner{}
	p.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		p.mu.Lock()
		defer p.mu.Unlock()
		switch {
		case p.down:
			w.WriteHeader(http.StatusServiceUnavailable)
		case r.URL.Path == "/alerts":
			var a struct{ State, Budget, Cost string }
			if err := json.Unmarshal(body, &a); err != nil || !strings.HasPrefix(r.Header.Get("X-Lightstick-Signature"), "t=") {
				t.Errorf("webhook: %v in %q", err, body)
			}
			p.alerts = append(p.alerts, fmt.Sprintf("%s %s %s", a.Budget, a.State, a.Cost))
		default:
			p.purged = append(p.purged, r.Method+" "+r.URL.Path)
		}
	}))
	t.Cleanup(p.Close)
	return p
}

func (p *partner) told() (alerts, purged string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return strings.Join(p.alerts, ", "), strings.Join(p.purged, ", ")
}

// A CDN's log makes the month's bill, once; the bill and its alert outlast restarts;
// and what is deleted is purged although the CDN's API was down at first.
func TestBillAndPurge(t *testing.T) {
	t.Parallel()
	p := newPartner(t)
	s := start(t, "transcode.ladder=off", "api.token="+apiToken, "cost.budget_per_month=10USD", "cost.webhook="+p.URL+"/alerts",
		"cost.webhook_secret=hush-hush-hush-hush", "purge.targets=fastly=fastly://hush@SVC?endpoint="+p.URL)
	run := func(args ...string) string {
		t.Helper()
		out, err := exec.Command(binary, append(args, "--url", "http://"+s.http, "--token", apiToken)...).CombinedOutput()
		if err != nil {
			t.Fatalf("%v: %v\n%s", args, err, out)
		}
		return string(out)
	}
	log := filepath.Join(t.TempDir(), "E1.2026.gz")
	f, err := os.Create(log)
	if err != nil {
		t.Fatal(err)
	}
	z := gzip.NewWriter(f)
	fmt.Fprint(z, "#Version: 1.0\n#Fields: date time sc-bytes cs-uri-stem sc-status cs-uri-query x-edge-result-type\n")
	now := time.Now().UTC()
	for range 1000 { // 2 TB in all: 1 TB is free, the other costs 85 dollars
		fmt.Fprintf(z, "%s\t%s\t2000000000\t/t/hush/live/show/p/video/1.m4s\t200\t-\tHit\n", now.Format(time.DateOnly), now.Format(time.TimeOnly))
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	f.Close()
	if out := run("cdn", "import-log", "--cdn", "cloudfront", log); !strings.Contains(out, "1000 requests, 2.0 TB, 100.0 % from the cache") {
		t.Errorf("%s", out)
	}
	if out := run("cdn", "import-log", "--cdn", "cloudfront", log); !strings.Contains(out, "1000 lines were imported before") {
		t.Errorf("%s", out)
	}
	for range 2 {
		if out := run("cdn", "cost", "--bitrate", "5000", "--requests", "18"); !strings.Contains(out, "this month   85.00 USD") || !strings.Contains(out, "850 % of the budget") {
			t.Errorf("%s", out)
		}
		s.stop(t)
		s.run(t)
		eventually(t, "the budget is judged", func() bool { return s.metric(t, `lightstick_cost_budget_ratio{budget="month"}`) == 8.5 })
	}
	eventually(t, "the alert is sent", func() bool { alerts, _ := p.told(); return alerts != "" })
	if alerts, _ := p.told(); alerts != "month raised 85.00" {
		t.Errorf("alerts: %s", alerts)
	}
	s.api(t, "POST", "/streams", `{"name":"show"}`)
	p.mu.Lock()
	p.down = true
	p.mu.Unlock()
	s.api(t, "DELETE", "/streams/show", "") // does not wait for the purge, which fails for now
	eventually(t, "the purge fails", func() bool { return strings.Contains(string(s.api(t, "GET", "/purges", "")), "answered 503") })
	p.mu.Lock()
	p.down = false
	p.mu.Unlock()
	eventually(t, "the stream is purged", func() bool { _, purged := p.told(); return purged == "POST /service/SVC/purge/stream-show" })
	if out := s.log.String(); strings.Contains(out, "hush") {
		t.Errorf("a secret is in the log:\n%s", out)
	}
}
