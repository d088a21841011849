package control

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/globalfandom/lightstick/httpserver"
	"github.com/globalfandom/lightstick/internal/attempts"
)

// Wrong tokens are slowed down for each client behind a proxy, on every route, and
// neither a client elsewhere nor one whose token has been right is kept out.
func TestWrongTokensAreSlowed(t *testing.T) {
	store, _ := open(t)
	synctest.Test(t, func(t *testing.T) {
		proxies := httpserver.NewProxies([]netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}, httpserver.ForwardedFor)
		mux := http.NewServeMux()
		(&API{
			Store: store, Live: &live{}, Logs: reader{store}, Token: fixed("the-right-token"), Attempts: attempts.New(proxies.Trusts),
			Log: slog.New(slog.DiscardHandler),
		}).Register(mux)
		const streams, logs = "/api/v1/streams", "/api/v1/cdn-logs"
		ask := func(client, path, token string) *httptest.ResponseRecorder {
			r := httptest.NewRequest("POST", path, strings.NewReader("{}"))
			r = r.WithContext(httpserver.WithProxies(r.Context(), proxies))
			r.RemoteAddr = "10.0.0.9:4000"
			r.Header.Set("X-Forwarded-For", client)
			if token != "" {
				r.Header.Set("Authorization", "Bearer "+token)
			}
			w := httptest.NewRecorder()
			mux.ServeHTTP(w, r)
			return w
		}
		const letIn = http.StatusUnprocessableEntity // nothing is asked for
		const mallory, mina = "203.0.113.66", "203.0.113.7"
		if w := ask(mallory, streams, "the-right-token"); w.Code != letIn {
			t.Fatalf("%d %s for the right token", w.Code, w.Body)
		}
		guesses := 0
		for ; ask(mallory, streams, fmt.Sprint("guess-", guesses)).Code == http.StatusUnauthorized; guesses++ {
			if guesses > 1000 {
				t.Fatal("nobody is slowed down")
			}
		}
		if guesses < 10 {
			t.Errorf("slowed down after %d mistakes", guesses)
		}
		for _, path := range []string{streams, logs} {
			w := ask(mallory, path, "guess")
			if w.Code != http.StatusTooManyRequests || w.Header().Get("Retry-After") != "4" || w.Header().Get("Content-Type") != "application/problem+json" {
				t.Errorf("%s: %d %v", path, w.Code, w.Header())
			}
		}
		for _, tt := range []struct {
			name, client, path, token string
			want                      int
		}{
			{"no token is no guess", mallory, streams, "", http.StatusUnauthorized},
			{"the operator behind the same address", mallory, streams, "the-right-token", letIn},
			{"likewise", mallory, logs, "the-right-token", letIn},
			{"a client elsewhere", mina, streams, "the-right-token", letIn},
			{"and a mistake there", mina, logs, "mistyped", http.StatusUnauthorized},
		} {
			if w := ask(tt.client, tt.path, tt.token); w.Code != tt.want {
				t.Errorf("%s: %d %s", tt.name, w.Code, w.Body)
			}
		}
		time.Sleep(4 * time.Second)
		if w := ask(mallory, streams, "guess"); w.Code != http.StatusUnauthorized {
			t.Errorf("%d when Retry-After is over", w.Code)
		}
	})
}
