package webhook

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

func TestPost(t *testing.T) {
	var got *http.Request
	var body []byte
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got = r
		body, _ = io.ReadAll(r.Body)
		http.Redirect(w, r, "/elsewhere", http.StatusFound)
	}))
	defer server.Close()
	for _, secret := range []string{"", "secret"} {
		e, err := New(server.URL+"/hook", secret, 1)
		if err != nil {
			t.Fatal(err)
		}
		answer, err := e.Post(t.Context(), map[string]string{"X-Lightstick-ID": "7"}, []byte(`{"a":1}`))
		if err != nil {
			t.Fatal(err)
		}
		_ = answer.Body.Close()
		e.Close()
		if answer.StatusCode != http.StatusFound || got.URL.Path != "/hook" {
			t.Errorf("the redirect was followed to %s", got.URL.Path)
		}
		signed := got.Header.Get(SignatureHeader) != ""
		if string(body) != `{"a":1}` || got.Header.Get("X-Lightstick-ID") != "7" || signed != (secret != "") {
			t.Errorf("%q: body %s, header %v", secret, body, got.Header)
		}
	}
}

func TestSignature(t *testing.T) {
	const want = "t=1700000000,v1=b8569b78799ff9e3cbff0fc2d63a33a2b57f3282abd07c37ae5e8e7d79a5f163"
	if got := sign("secret", time.Unix(1_700_000_000, 0), []byte("{}")); got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

func TestErrorsDoNotShowTheAddress(t *testing.T) {
	for _, address := range []string{"", "hook", "ftp://example.com/s3cret", "http:///s3cret", "http://[s3cret"} {
		if _, err := New(address, "", 1); !errors.Is(err, ErrURL) || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%q: %v", address, err)
		}
	}
	e, err := New("http://127.0.0.1:1/s3cret", "", 1)
	if err != nil {
		t.Fatal(err)
	}
	if answer, err := e.Post(t.Context(), nil, nil); err == nil || strings.Contains(err.Error(), "s3cret") {
		if err == nil {
			_ = answer.Body.Close()
		}
		t.Error(err)
	}
}
