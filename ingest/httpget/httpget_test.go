package httpget

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/globalfandom/lightstick/ingest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func parse(t *testing.T, address string) *url.URL {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func TestGet(t *testing.T) {
	var other *httptest.Server
	mux := http.NewServeMux()
	mux.HandleFunc("/a", func(w http.ResponseWriter, r *http.Request) {
		if user, password, _ := r.BasicAuth(); user != "user" || password != "secret" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		http.ServeContent(w, r, "a.ts", time.Time{}, strings.NewReader("0123456789"))
	})
	mux.HandleFunc("/loop", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/loop", http.StatusFound) })
	mux.HandleFunc("/to", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/a", http.StatusFound) })
	mux.HandleFunc("/ftp", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "ftp://h/a", http.StatusFound) })
	mux.HandleFunc("/elsewhere", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, other.URL+"/echo", http.StatusFound)
	})
	server := httptest.NewServer(mux)
	defer server.Close()
	other = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, "told:"+r.Header.Get("Authorization")+r.Header.Get("Referer"))
	}))
	defer other.Close()
	host := strings.TrimPrefix(server.URL, "http://")
	tests := []struct {
		path        string
		first, size int64
		want        string
		err         error
		text        string
	}{
		{path: "user:secret@" + host + "/a", want: "0123456789"},
		{path: "user:secret@" + host + "/a", first: 3, size: 2, want: "34"},
		{path: "user:wrong@" + host + "/a", err: ingest.ErrCredentials},
		{path: "user:secret@" + host + "/none", err: ingest.ErrNoStream},
		{path: "user:secret@" + host + "/loop", err: errRedirects},
		{path: "user:secret@" + host + "/ftp", err: errScheme},
		{path: "user:secret@" + host + "/elsewhere?key=secret", want: "told:"},
	}
	c := New(nil)
	defer c.Close()
	for _, tt := range tests {
		b, _, err := c.All(t.Context(), parse(t, "http://"+tt.path), tt.first, tt.size, 10)
		if string(b) != tt.want || !errors.Is(err, tt.err) || err != nil && strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: %q, %v", tt.path, b, err)
		}
	}
}

// transport answers with a body.
type transport struct{ body io.ReadCloser }

func (f transport) RoundTrip(r *http.Request) (*http.Response, error) {
	if b, ok := f.body.(*drip); ok {
		b.ctx = r.Context()
	}
	return &http.Response{StatusCode: http.StatusOK, Request: r, Header: http.Header{}, Body: f.body}, nil
}

// drip gives a byte now and then, for so many times, and then nothing.
type drip struct {
	ctx   context.Context
	every time.Duration
	bytes int
}

func (d *drip) Read(b []byte) (int, error) {
	wait := d.every
	if d.bytes--; d.bytes < 0 {
		wait = time.Hour
	}
	select {
	case <-time.After(wait):
		b[0] = 'x'
		return 1, nil
	case <-d.ctx.Done():
		return 0, d.ctx.Err()
	}
}

func (d *drip) Close() error { return nil }

// An answer of which nothing more comes, or little by little for ever, ends. Nobody waits
// while nobody reads.
func TestSlowAnswers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		address := parse(t, "http://h/a")
		stopped := NewOver(transport{&drip{bytes: 3}})
		a, err := stopped.Get(t.Context(), address, 0, 0)
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(10 * Patience)
		b, err := io.ReadAll(a)
		if string(b) != "xxx" || !errors.Is(err, ingest.ErrLost) {
			t.Errorf("%q, %v", b, err)
		}
		_ = a.Close()
		if _, _, err := NewOver(transport{&drip{every: Patience / 2, bytes: 1 << 20}}).All(t.Context(), address, 0, 0, 1<<20); err == nil {
			t.Error("an answer may drip for ever")
		}
	})
}
