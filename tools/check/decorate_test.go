package check

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

// What is for one host reaches it, and no other that it leads to.
func TestHeaderForOneHost(t *testing.T) {
	elsewhere := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, "elsewhere "+r.Header.Get("X-Origin-Secret"))
	}))
	defer elsewhere.Close()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/away" {
			http.Redirect(w, r, elsewhere.URL, http.StatusFound)
			return
		}
		_, _ = io.WriteString(w, "here "+r.Header.Get("X-Origin-Secret"))
	}))
	defer server.Close()
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	u, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	client, err := decorated(&http.Client{Transport: transport}, u.Host, []string{"X-Origin-Secret:  s "})
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{"/a": "here s", "/away": "elsewhere "} {
		answer, err := client.Get(server.URL + path)
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(answer.Body)
		_ = answer.Body.Close()
		if string(body) != want {
			t.Errorf("%s: %q, want %q", path, body, want)
		}
	}
	for _, bad := range []string{"", "name", ": value", "a b: c", "a: s3cret\r\nb: c"} {
		if _, err := decorated(client, u.Host, []string{bad}); !errors.Is(err, ErrHeader) || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%q: %v", bad, err)
		}
	}
}
