//go:build e2e

package e2e

import (
	"io"
	"net/http"
	"strings"
	"testing"
)

// Only the CDN gets media, by either secret while it is changed; the rest is open, and
// the secrets are nowhere.
func TestOnlyTheCDN(t *testing.T) {
	t.Parallel()
	const old, next = "0123456789abcdef-old", "0123456789abcdef-next"
	s := start(t, "cdn.secret="+old+" "+next, "cdn.secret_header=X-From-Edge")
	ask := func(path, name, value string) (int, string) {
		r, err := http.NewRequest("GET", "http://"+s.http+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set(name, value)
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer answer.Body.Close()
		body, err := io.ReadAll(answer.Body)
		if err != nil {
			t.Fatal(err)
		}
		return answer.StatusCode, string(body)
	}
	for _, tt := range []struct {
		path, name, value string
		code              int
	}{
		{"/live/none/index.m3u8", "X-From-Edge", old, 404},
		{"/live/none/index.m3u8", "X-From-Edge", next, 404},
		{"/live/none/index.m3u8", "X-From-Edge", "guess", 403},
		{"/live/none/index.m3u8", "X-Origin-Secret", old, 403},
		{"/live/none/1/v/1.m4s", "Range", "bytes=0-1", 403},
		{"/healthz", "X-From-Edge", "guess", 200},
		{"/watch/main", "Accept", "text/html", 200},
		{"/watch/main", "CDN-Loop", "edge-a, lightstick", 508},
	} {
		if code, body := ask(tt.path, tt.name, tt.value); code != tt.code || strings.Contains(body, "0123456789abcdef") {
			t.Errorf("%s with %s %s: %d %.200s, want %d", tt.path, tt.name, tt.value, code, body, tt.code)
		}
	}
	_, metrics := ask("/metrics", "Accept", "*/*")
	for _, want := range []string{`{reason="secret_missing"} 2`, `{reason="secret_wrong"} 1`, `{reason="loop"} 1`} {
		if !strings.Contains(metrics, "lightstick_http_refused_requests_total"+want) {
			t.Errorf("the metrics lack %s", want)
		}
	}
	if strings.Contains(s.log.String(), "0123456789abcdef") {
		t.Error("a secret is in the log")
	}
}
