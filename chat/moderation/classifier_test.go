package moderation

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/globalfandom/lightstick/chat/message"
	"github.com/globalfandom/lightstick/internal/setting"
	"github.com/globalfandom/lightstick/internal/webhook"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// classifier answers with a text.
func classifier(t *testing.T, answer http.HandlerFunc) string {
	server := httptest.NewServer(answer)
	t.Cleanup(server.Close)
	return server.URL
}

func newClassifier(t testing.TB, cfg ClassifierConfig) *Classifier {
	t.Helper()
	h, err := NewClassifier(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(h.Close)
	return h
}

func TestWebhookAnswers(t *testing.T) {
	tests := []struct {
		name, answer string
		status       int
		closed       bool
		want         Verdict
		code         message.Code
		reason       string
	}{
		{name: "allow", answer: `{"allow":true}`, want: Verdict{Text: "hello there"}},
		{name: "refuse", answer: `{"allow":false}`, code: message.CodeFiltered, reason: "the message is not allowed"},
		{name: "refuse with a reason", answer: `{"allow":false,"reason":"be\nkind"}`, code: message.CodeFiltered, reason: "the message is not allowed: be kind"},
		{name: "refuse at length", answer: `{"allow":false,"reason":"` + strings.Repeat("x", 1000) + `"}`, code: message.CodeFiltered,
			reason: "the message is not allowed: " + strings.Repeat("x", 200)},
		{name: "shadow", answer: `{"shadow":true}`, want: Verdict{Shadow: true, Text: "hello there"}},
		{name: "replace", answer: `{"replace":"h\u202eello \n you"}`, want: Verdict{Text: "hello you"}},
		{name: "replace by much", answer: `{"replace":"` + strings.Repeat("x", 1000) + `"}`, want: Verdict{Text: strings.Repeat("x", 500)}},
		{name: "nothing, open", answer: `{}`, want: Verdict{Text: "hello there"}},
		{name: "nothing, closed", answer: `{}`, closed: true, code: message.CodeUnavailable},
		{name: "no JSON", answer: `<html>`, closed: true, code: message.CodeUnavailable},
		{name: "an error", answer: `{"allow":true}`, status: 500, closed: true, code: message.CodeUnavailable},
		{name: "a redirect", answer: `{"allow":true}`, status: 302, closed: true, code: message.CodeUnavailable},
		{name: "too large", answer: `{"allow":true,"reason":"` + strings.Repeat("x", maxAnswer) + `"}`, closed: true, code: message.CodeUnavailable},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			address := classifier(t, func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Location", "/elsewhere")
				w.WriteHeader(max(tt.status, 200))
				_, _ = io.WriteString(w, tt.answer)
			})
			d := newModerator(t, Config{Classifier: newClassifier(t, ClassifierConfig{URL: setting.Secret(address), Closed: tt.closed, Deadline: 5 * time.Second})})
			got, err := check(t, d, fan, "hello there")
			if tt.code != 0 {
				if r := refused(t, err, tt.code); tt.reason != "" && r.Reason != tt.reason {
					t.Errorf("reason %q", r.Reason)
				}
				// What was not published can be sent again.
				_, err = check(t, d, fan, "hello there")
				refused(t, err, tt.code)
				return
			}
			if err != nil || got != tt.want {
				t.Errorf("%+v, %v", got, err)
			}
			passes(t, d, mod, "hello there")
		})
	}
}

func TestWebhookQuestion(t *testing.T) {
	address := classifier(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		stamp, _, _ := strings.Cut(strings.TrimPrefix(r.Header.Get(webhook.SignatureHeader), "t="), ",")
		mac := hmac.New(sha256.New, []byte("key"))
		mac.Write([]byte(stamp + "." + string(body)))
		if want := "t=" + stamp + ",v1=" + hex.EncodeToString(mac.Sum(nil)); r.Header.Get(webhook.SignatureHeader) != want {
			t.Errorf("signature %s, want %s", r.Header.Get(webhook.SignatureHeader), want)
		}
		var q Question
		if err := json.Unmarshal(body, &q); err != nil || q.Room != "stage" || q.User != fan || q.Text != "hello" || q.Addr != "203.0.113.9" {
			t.Errorf("%s", body)
		}
		_, _ = io.WriteString(w, `{"allow":true}`)
	})
	d := newModerator(t, Config{Classifier: newClassifier(t, ClassifierConfig{URL: setting.Secret(address), Secret: "key", Addresses: true, Closed: true, Deadline: 5 * time.Second})})
	passes(t, d, fan, "hello")
	for _, address := range []string{"", "ftp://x", "https://", "::", "classifier.internal/x"} {
		if _, err := NewClassifier(ClassifierConfig{URL: setting.Secret(address)}); err == nil || address != "" && strings.Contains(err.Error(), address) {
			t.Errorf("%q: %v", address, err)
		}
	}
	unsigned := classifier(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if r.Header.Get(webhook.SignatureHeader) != "" || strings.Contains(string(body), "203.0.113.9") {
			t.Errorf("%v: %s", r.Header, body)
		}
		w.Header().Set("Content-Length", "100") // more than comes
		_, _ = io.WriteString(w, `{"allow":true}`)
	})
	d = newModerator(t, Config{Classifier: newClassifier(t, ClassifierConfig{URL: setting.Secret(unsigned), Closed: true, Deadline: 5 * time.Second})})
	_, err := check(t, d, fan, "hello")
	refused(t, err, message.CodeUnavailable)
	if _, err := NewClassifier(ClassifierConfig{URL: "https://classifier.internal/x"}); err != nil {
		t.Error(err)
	}
	dead := newClassifier(t, ClassifierConfig{URL: "http://127.0.0.1:1/secret-path", Closed: true})
	if _, err := dead.Judge(t.Context(), Attempt{}); err == nil || strings.Contains(err.Error(), "secret-path") {
		t.Errorf("%v", err)
	}
}

// transport answers without a network, so that time can be made up.
type transport func(*http.Request) (*http.Response, error)

func (f transport) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func TestADeadClassifierCostsLittle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newClassifier(t, ClassifierConfig{URL: "http://classifier.internal"})
		asked, dead := 0, true
		h.endpoint.Client.Transport = transport(func(r *http.Request) (*http.Response, error) {
			asked++
			if dead {
				<-r.Context().Done()
				return nil, r.Context().Err()
			}
			return &http.Response{StatusCode: 200, Body: io.NopCloser(strings.NewReader(`{"allow":false}`))}, nil
		})
		start := time.Now()
		for range 1000 {
			_, err := h.Judge(t.Context(), Attempt{Text: "hello"})
			if unsure := (*ClassifierError)(nil); !errors.As(err, &unsure) || !unsure.Open {
				t.Fatal(err)
			}
		}
		if took := time.Since(start); asked != failures || took != failures*300*time.Millisecond {
			t.Errorf("1000 messages: %d questions in %v", asked, took)
		}
		for range 60 { // a minute: it is asked after 2, 4, 8, 16 and 30 s
			time.Sleep(time.Second)
			_, _ = h.Judge(t.Context(), Attempt{Text: "hello"})
		}
		if asked < failures+4 || asked > failures+5 {
			t.Errorf("%d questions", asked)
		}
		dead = false
		time.Sleep(lastRest)
		if answer, err := h.Judge(t.Context(), Attempt{Text: "hello"}); err != nil || answer.Allow {
			t.Errorf("%+v, %v", answer, err)
		}
	})
}

func TestWebhookIsAskedABoundedNumberOfTimesAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newClassifier(t, ClassifierConfig{URL: "http://classifier.internal", Concurrent: 2, Deadline: time.Second})
		var asked atomic.Int32
		h.endpoint.Client.Transport = transport(func(r *http.Request) (*http.Response, error) {
			asked.Add(1)
			<-r.Context().Done()
			return nil, r.Context().Err()
		})
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		for range 2 {
			go func() { _, err := h.Judge(ctx, Attempt{}); done <- err }()
		}
		synctest.Wait()
		if _, err := h.Judge(ctx, Attempt{}); !errors.Is(err, errBusy) {
			t.Error(err)
		}
		cancel() // the authors leave: that says nothing about the classifier
		for range 2 {
			if err := <-done; !errors.Is(err, context.Canceled) {
				t.Error(err)
			}
		}
		if asked.Load() != 2 || h.breaker.failed != 0 {
			t.Errorf("%d questions, %d failures", asked.Load(), h.breaker.failed)
		}
	})
}

func FuzzReadAnswer(f *testing.F) {
	for _, answer := range []string{`{"allow":true}`, `{"allow":false,"reason":"x"}`, `{"shadow":true}`, `{"replace":"text"}`, `[]`, ``} {
		f.Add([]byte(answer))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		a, err := readAnswer(data)
		if err == nil && (len([]rune(a.Replace)) > message.MaxText || message.Clean(a.Replace) != a.Replace) {
			t.Fatalf("%+v", a)
		}
	})
}
