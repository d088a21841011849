package cost

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/globalfandom/lightstick/internal/webhook"
)

// receiver is a webhook's other end, without a network.
type receiver struct {
	mu     sync.Mutex
	alerts []Alert
	tries  int
	answer func(try int) (int, error)
}

func (r *receiver) RoundTrip(request *http.Request) (*http.Response, error) {
	body, _ := io.ReadAll(request.Body)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.tries++
	if r.answer != nil {
		if code, err := r.answer(r.tries); err != nil {
			return nil, err
		} else if code != 200 {
			return &http.Response{StatusCode: code, Body: http.NoBody, Header: http.Header{"Location": {"http://169.254.169.254/"}}}, nil
		}
	}
	if request.Header.Get(webhook.SignatureHeader) == "" {
		return nil, errors.New("no signature")
	}
	var a Alert
	if err := json.Unmarshal(body, &a); err != nil {
		return nil, err
	}
	r.alerts = append(r.alerts, a)
	return &http.Response{StatusCode: 200, Body: http.NoBody}, nil
}

func (r *receiver) seen() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	var texts []string
	for _, a := range r.alerts {
		texts = append(texts, a.Budget+" "+a.State+" "+map[int]string{levelNear: "80", levelFull: "100"}[a.Level])
	}
	return strings.Join(texts, ", ")
}

func (r *receiver) attempts() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.tries
}

// watching runs a watch until the returned function is called.
func watching(t *testing.T, m *Meter, b Budget, r *receiver, j Journal) (stop func()) {
	t.Helper()
	hook, err := NewWebhook("https://example.com/hush", "hush")
	if err != nil {
		t.Fatal(err)
	}
	hook.endpoint.Client.Transport = r
	w, err := NewBudgetWatch(t.Context(), m, b, hook, j, nil, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() { defer close(ended); _ = w.Run(ctx) }()
	return func() { cancel(); <-ended }
}

// pace delivers so many gigabytes a minute, at a cent each.
func pace(m *Meter, minutes int, gb int64) {
	for range minutes {
		m.Add(bunny(time.Now(), gb))
		time.Sleep(time.Minute)
	}
}

func TestBudgetOfAnHour(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, r, j := newTestMeter(t, nil), &receiver{}, newMemory()
		stop := watching(t, m, Budget{PerHour: 60 * One}, r, j) // 100 GB a minute
		step := func(gb int64, want string) {
			t.Helper()
			pace(m, 7, gb)
			if got := r.seen(); got != want {
				t.Errorf("with %d GB a minute: %q, want %q", gb, got, want)
			}
		}
		step(50, "")
		step(85, "hour raised 80")
		step(78, "hour raised 80") // near the level, but not away from it
		step(120, "hour raised 80, hour raised 100")
		stop()
		stop = watching(t, m, Budget{PerHour: 60 * One}, r, j)
		step(120, "hour raised 80, hour raised 100")
		step(90, "hour raised 80, hour raised 100, hour recovered 100")
		step(10, "hour raised 80, hour raised 100, hour recovered 100, hour recovered 80")
		stop()
	})
}

func TestBudgetOfAMonth(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(30*24*time.Hour + 23*time.Hour) // to an hour before the month's end
		m, r := newTestMeter(t, nil), &receiver{}
		stop := watching(t, m, Budget{PerMonth: 10 * One}, r, newMemory())
		defer stop()
		m.Add(bunny(time.Now(), 2000)) // twice of it at once: one alert
		time.Sleep(time.Minute)
		if got := r.seen(); got != "month raised 100" {
			t.Errorf("%q", got)
		}
		r.mu.Lock()
		a := r.alerts[0]
		r.mu.Unlock()
		if a.Cost != "20.00" || a.Limit != "10.00" || a.Currency != "USD" || a.Type != alertType || len(a.Streams) != 1 || a.ID == "" {
			t.Errorf("%+v", a)
		}
		time.Sleep(time.Hour)
		if got := r.seen(); got != "month raised 100, month recovered 100" {
			t.Errorf("the next month: %q", got)
		}
	})
}

func TestWebhookIsTriedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, j := newTestMeter(t, nil), newMemory()
		r := &receiver{answer: func(try int) (int, error) {
			switch {
			case try <= 2:
				return 302, nil // is not followed
			case try <= 4:
				return 0, errors.New("refused")
			case try <= 6:
				return 500, nil
			}
			return 200, nil
		}}
		stop := watching(t, m, Budget{PerMonth: One}, r, j)
		m.Add(bunny(time.Now(), 90))
		time.Sleep(20 * time.Second)
		stop() // before it was taken
		if r.seen() != "" {
			t.Errorf("%q", r.seen())
		}
		stop = watching(t, m, Budget{PerMonth: One}, r, j)
		time.Sleep(5 * time.Minute)
		stop()
		if r.seen() != "month raised 80" || r.attempts() != 7 {
			t.Errorf("%q in %d attempts", r.seen(), r.attempts())
		}
		stop = watching(t, m, Budget{PerMonth: One}, r, j)
		time.Sleep(5 * time.Minute)
		stop()
		if r.attempts() != 7 {
			t.Error("it was told twice")
		}
	})
}

func TestWebhookIsGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newTestMeter(t, nil)
		r := &receiver{answer: func(int) (int, error) { return 503, nil }}
		stop := watching(t, m, Budget{PerMonth: One}, r, nil)
		m.Add(bunny(time.Now(), 90))
		time.Sleep(3 * time.Hour)
		stop()
		// Seven delays reach a minute; each is at least half of its interval.
		if most := 7 + int(2*webhookLife/lastWait); r.attempts() > most {
			t.Errorf("%d attempts", r.attempts())
		}
	})
}

// A server that redirects, or never stops answering, does no harm; and what is said
// does not show the address.
func TestWebhookAnswers(t *testing.T) {
	redirected, sent := false, make(chan int, 1) // MiB of the huge answer
	target := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { redirected = true }))
	defer target.Close()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/hush/redirect":
			http.Redirect(w, r, target.URL, http.StatusTemporaryRedirect)
		case "/hush/huge":
			n := 0
			for ; n < 1000; n++ {
				if _, err := w.Write(make([]byte, 1<<20)); err != nil {
					break
				}
			}
			sent <- n
		}
	}))
	defer server.Close()
	post := func(address string) error {
		hook, err := NewWebhook(address, "")
		if err != nil {
			t.Fatal(err)
		}
		return hook.post(t.Context(), "id", []byte("{}"))
	}
	if err := post(server.URL + "/hush/redirect"); err == nil || redirected {
		t.Errorf("a redirect: %v, followed: %v", err, redirected)
	}
	if err := post(server.URL + "/hush/huge"); err != nil {
		t.Errorf("a huge answer: %v", err)
	}
	server.CloseClientConnections()
	if n := <-sent; n > 100 {
		t.Errorf("%d MiB of a huge answer were read", n)
	}
	closed := httptest.NewServer(nil)
	closed.Close()
	if err := post(closed.URL + "/hush"); err == nil || strings.Contains(err.Error(), "hush") {
		t.Errorf("%v", err)
	}
}
