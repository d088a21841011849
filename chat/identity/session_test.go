package identity

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/globalfandom/lightstick/chat/message"
	"github.com/globalfandom/lightstick/internal/ratelimit"
)

func newSession(t *testing.T, s Store, c SessionConfig) (*Authority, *Session) {
	t.Helper()
	accounts := newAccounts(s)
	if _, err := accounts.Create(t.Context(), NewAccount{Name: "Captain", Role: message.Host, Password: password}); err != nil {
		t.Fatal(err)
	}
	a := newAuthority(t, Config{Accounts: accounts, Metrics: prometheus.NewRegistry()})
	c.Address = func(r *http.Request) netip.Addr {
		if text := r.Header.Get("Test-Address"); text != "" {
			return netip.MustParseAddr(text)
		}
		return netip.MustParseAddr("192.0.2.1")
	}
	session, err := a.Session(c)
	if err != nil {
		t.Fatal(err)
	}
	return a, session
}

func post(h http.Handler, body string, change func(*http.Request)) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodPost, "https://live.example/chat/session", strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	if change != nil {
		change(r)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

const goodLogin = `{"name":"captain","password":"` + password + `"}`

func TestSessionAnswers(t *testing.T) {
	a, session := newSession(t, NewMemory(), SessionConfig{PerAddress: ratelimit.Rate{Burst: 1000, Per: time.Minute}, Origins: []string{"https://fans.example"}})
	header := func(name, value string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set(name, value) }
	}
	for _, tt := range []struct {
		name, body string
		change     func(*http.Request)
		status     int
	}{
		{"good", goodLogin, nil, 200},
		{"good, from our page", goodLogin, header("Sec-Fetch-Site", "same-origin"), 200},
		{"good, from our page in an old browser", goodLogin, header("Origin", "https://live.example"), 200},
		{"good, from a page that is trusted", goodLogin, func(r *http.Request) {
			r.Header.Set("Sec-Fetch-Site", "cross-site")
			r.Header.Set("Origin", "https://fans.example")
		}, 200},
		{"charset", goodLogin, header("Content-Type", "application/json; charset=utf-8"), 200},
		{"wrong password", `{"name":"captain","password":"wrong horse battery"}`, nil, 401},
		{"unknown name", `{"name":"nobody","password":"wrong horse battery"}`, nil, 401},
		{"another site's page", goodLogin, header("Sec-Fetch-Site", "cross-site"), 403},
		{"another site's page in an old browser", goodLogin, header("Origin", "https://evil.example"), 403},
		{"form", "name=captain&password=x", header("Content-Type", "application/x-www-form-urlencoded"), 415},
		{"plain text", goodLogin, header("Content-Type", "text/plain"), 415},
		{"no type", goodLogin, header("Content-Type", ""), 415},
		{"GET", "", func(r *http.Request) { r.Method = http.MethodGet }, 405},
		{"not JSON", "captain", nil, 400},
		{"no password", `{"name":"captain"}`, nil, 400},
		{"a number", `{"name":1,"password":2}`, nil, 400},
		{"large", `{"name":"` + strings.Repeat("x", 5000) + `"}`, nil, 413},
	} {
		w := post(session, tt.body, tt.change)
		if w.Code != tt.status || w.Header().Get("Cache-Control") != "no-store" || w.Header().Get("Content-Type") != "application/json" {
			t.Errorf("%s: %d, want %d; %v %s", tt.name, w.Code, tt.status, w.Header(), w.Body)
		}
		if w.Code != 200 {
			continue
		}
		var reply SessionReply
		if err := json.Unmarshal(w.Body.Bytes(), &reply); err != nil {
			t.Errorf("%s: %v", tt.name, err)
		}
		id, err := a.Token(t.Context(), reply.Token)
		if err != nil || id.User != reply.User || id.User.Role != message.Host || id.Expires.UnixMilli()/1000 != reply.Expires/1000 {
			t.Errorf("%s: %+v, %v", tt.name, id, err)
		}
	}
	if n := testutil.ToFloat64(a.metrics.logins.WithLabelValues("ok")); n != 5 {
		t.Errorf("%v sign-ins are counted, want 5", n)
	}
	if problems, err := testutil.GatherAndLint(a.cfg.Metrics.(*prometheus.Registry)); err != nil || len(problems) > 0 {
		t.Errorf("metrics: %v, %v", problems, err)
	}
}

// Which of name and password is wrong can't be told from the answer.
func TestSessionTellsNothing(t *testing.T) {
	_, session := newSession(t, NewMemory(), SessionConfig{})
	known := post(session, `{"name":"captain","password":"wrong horse battery"}`, nil)
	unknown := post(session, `{"name":"nobody","password":"wrong horse battery"}`, nil)
	if known.Body.String() != unknown.Body.String() {
		t.Errorf("%s and %s", known.Body, unknown.Body)
	}
}

func TestSessionIsLimited(t *testing.T) {
	_, session := newSession(t, NewMemory(), SessionConfig{})
	from := func(address string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set("Test-Address", address) }
	}
	for range 10 {
		if w := post(session, `{"name":"nobody","password":"guess"}`, from("2001:db8::1")); w.Code != 401 {
			t.Fatalf("%d", w.Code)
		}
	}
	w := post(session, goodLogin, from("2001:db8::2")) // the same customer
	if w.Code != 429 || w.Header().Get("Retry-After") != "6" || !strings.Contains(w.Body.String(), `"retry":`) {
		t.Errorf("%d %v %s", w.Code, w.Header(), w.Body)
	}
	limited := 0
	for i := range 30 { // many addresses at one name, however it is written
		name := []string{"captain", "Cap tain", "CAPTAIN"}[i%3]
		w := post(session, `{"name":"`+name+`","password":"guess"}`, from(netip.AddrFrom4([4]byte{10, 0, 0, byte(i)}).String()))
		if w.Code == 429 {
			limited++
		}
	}
	if limited != 10 {
		t.Errorf("%d of 30 are refused, want 10", limited)
	}
	if w := post(session, goodLogin, from("10.1.1.1")); w.Code != 429 {
		t.Errorf("%d", w.Code)
	}
}

func TestSessionStoreDown(t *testing.T) {
	s := &counting{Memory: NewMemory()}
	a, session := newSession(t, s, SessionConfig{})
	s.down.Store(true)
	a.cfg.Accounts.changed()
	w := post(session, goodLogin, nil)
	if w.Code != 503 || strings.Contains(w.Body.String(), "fire") || w.Header().Get("Retry-After") == "" {
		t.Errorf("%d %v %s", w.Code, w.Header(), w.Body)
	}
}
