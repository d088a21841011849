package identity

import (
	"crypto"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/MicahParks/jwkset"
	"github.com/golang-jwt/jwt/v5"

	"github.com/globalfandom/lightstick/internal/jwtkeys"
)

func TestKeysOfEachKind(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &site{}
		s.serve(keySetOf(jwkOf(rsaKey, "rsa"), jwkOf(ecKey, "ec"), jwkOf(edKey, "ed")))
		a := s.start(t, Config{})
		for _, tt := range []struct {
			method jwt.SigningMethod
			key    crypto.Signer
			kid    string
		}{{jwt.SigningMethodRS256, rsaKey, "rsa"}, {jwt.SigningMethodES256, ecKey, "ec"}, {jwt.SigningMethodEdDSA, edKey, "ed"}} {
			for _, kid := range []string{tt.kid, ""} { // without a name it is the only one of its kind
				if id, err := a.Token(t.Context(), sign(t, tt.method, tt.key, kid, claims(nil))); err != nil || id.User.ID != "fan-1" {
					t.Errorf("%s, kid %q: %+v, %v", tt.method.Alg(), kid, id, err)
				}
			}
		}
		if n := s.fetches.Load(); n != 1 {
			t.Errorf("%d fetches, want 1", n)
		}
	})
}

func TestKeysRotate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &site{}
		s.serve(keySetOf(jwkOf(ecKey, "old")))
		s.delay.Store(int64(time.Second))
		a := s.start(t, Config{})
		token := func(kid string, key any, m jwt.SigningMethod) error {
			_, err := a.Token(t.Context(), sign(t, m, key, kid, claims(nil)))
			return err
		}
		if err := token("old", ecKey, jwt.SigningMethodES256); err != nil {
			t.Fatalf("one who comes during the first fetch doesn't wait for it: %v", err)
		}
		s.serve(keySetOf(jwkOf(edKey, "new")))
		var wg sync.WaitGroup
		for range 50 { // one fetch for all who come with the new key
			wg.Go(func() {
				if err := token("new", edKey, jwt.SigningMethodEdDSA); err != nil {
					t.Errorf("new key: %v", err)
				}
			})
		}
		wg.Wait()
		if n := s.fetches.Load(); n != 2 {
			t.Errorf("%d fetches, want 2", n)
		}
		if err := token("old", ecKey, jwt.SigningMethodES256); !errors.Is(err, ErrToken) {
			t.Errorf("old key: %v", err)
		}
		began := time.Now()
		for i := range 100 { // names that anybody can invent
			if err := token(fmt.Sprint("made up ", i), edKey, jwt.SigningMethodEdDSA); !errors.Is(err, ErrToken) {
				t.Fatalf("made-up key: %v", err)
			}
		}
		if n := s.fetches.Load(); n != 2 || time.Since(began) > 0 {
			t.Errorf("%d fetches, want no more; took %v", n, time.Since(began))
		}
		time.Sleep(unknownEach)
		token("made up", edKey, jwt.SigningMethodEdDSA)
		if n := s.fetches.Load(); n != 3 {
			t.Errorf("%d fetches after a minute, want 3", n)
		}
	})
}

func TestSiteIsDown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &site{}
		a := s.start(t, Config{})
		token := sign(t, jwt.SigningMethodEdDSA, edKey, "ed", claims(map[string]any{"exp": time.Now().Add(24 * time.Hour).Unix()}))
		if _, err := a.Token(t.Context(), token); !errors.Is(err, ErrUnavailable) {
			t.Fatalf("no keys yet: %v", err)
		}
		time.Sleep(10 * time.Minute)
		if n := s.fetches.Load(); n < 10 || n > 26 {
			t.Errorf("%d fetches in 10 minutes, want one in 30 to 60 s", n)
		}
		s.serve(keySetOf(jwkOf(edKey, "ed")))
		time.Sleep(time.Minute)
		if _, err := a.Token(t.Context(), token); err != nil {
			t.Fatalf("the site is back: %v", err)
		}
		for _, bad := range []string{"", "<html>", `{"keys":[]}`, `{"keys":null}`, `[]`, `{"keys":[{"kty":"oct","k":"c2VjcmV0"}]}`, strings.Repeat(" ", maxResponse+1)} {
			s.serve(bad)
			time.Sleep(defaultRefresh)
			if _, err := a.Token(t.Context(), token); err != nil {
				t.Errorf("the site answers %.20q: %v; want the old keys", bad, err)
			}
			if _, err := a.Token(t.Context(), sign(t, jwt.SigningMethodEdDSA, edKey, "other", claims(nil))); !errors.Is(err, ErrUnavailable) {
				t.Errorf("an unknown key while the site is down: %v", err)
			}
		}
		s.answer.Store(nil)
		time.Sleep(10 * time.Hour)
		if _, err := a.Token(t.Context(), token); err != nil {
			t.Errorf("the site is down for hours: %v; want the old keys", err)
		}
	})
}

func TestSiteIsSlow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &site{}
		s.delay.Store(int64(time.Hour))
		a := s.start(t, Config{})
		began := time.Now()
		_, err := a.Token(t.Context(), sign(t, jwt.SigningMethodEdDSA, edKey, "ed", claims(nil)))
		if took := time.Since(began); !errors.Is(err, ErrUnavailable) || took > keyWait {
			t.Errorf("%v after %v", err, took)
		}
	})
}

// What is over a real connection: redirects, an endless answer, and what is told of it.
func TestFetchOverHTTP(t *testing.T) {
	endless := func(w http.ResponseWriter, r *http.Request) {
		for r.Context().Err() == nil {
			if _, err := w.Write([]byte(strings.Repeat(" ", 1<<16))); err != nil {
				return
			}
		}
	}
	good := keySetOf(jwkOf(edKey, "ed"))
	mux := http.NewServeMux()
	mux.HandleFunc("/good", func(w http.ResponseWriter, _ *http.Request) { w.Write([]byte(good)) })
	mux.HandleFunc("/endless", endless)
	mux.HandleFunc("/moved", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/good", http.StatusFound) })
	mux.HandleFunc("/loop", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/loop", http.StatusFound) })
	mux.HandleFunc("/down", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "http://example.com/keys", http.StatusFound)
	})
	server := httptest.NewServer(mux)
	defer server.Close()
	for path, says := range map[string]string{
		"/good?key=secret": "", "/moved": "", "/endless": "more than", "/loop": "redirects", "/down": "https", "/none": "404",
	} {
		set := newKeySet(server.URL+path, 0, http.DefaultTransport, slog.New(slog.DiscardHandler), newMetrics(nil, true))
		keys, err := set.load(t.Context())
		if says == "" && (err != nil || len(keys) != 1) {
			t.Errorf("%s: %v, %v", path, keys, err)
		}
		if says != "" && (err == nil || !strings.Contains(err.Error(), says)) {
			t.Errorf("%s: %v, want %q", path, err, says)
		}
		if strings.Contains(set.shown(), "secret") {
			t.Errorf("shows %s", set.shown())
		}
	}
	server.Close()
	set := newKeySet(server.URL+"/?key=secret", 0, http.DefaultTransport, slog.New(slog.DiscardHandler), newMetrics(nil, true))
	if _, err := set.load(t.Context()); err == nil || strings.Contains(err.Error(), "secret") {
		t.Errorf("no server: %v", err)
	}
}

func TestKeysThatAreLeftOut(t *testing.T) {
	change := func(k jwkset.JWKMarshal, f func(*jwkset.JWKMarshal)) jwkset.JWKMarshal { f(&k); return k }
	ed := jwkOf(edKey, "ed")
	for name, tt := range map[string]struct {
		key  jwkset.JWKMarshal
		want int
	}{
		"good":              {ed, 1},
		"for encryption":    {change(ed, func(k *jwkset.JWKMarshal) { k.USE = "enc" }), 0},
		"to sign only":      {change(ed, func(k *jwkset.JWKMarshal) { k.KEYOPS = []jwkset.KEYOPS{"sign"} }), 0},
		"another algorithm": {change(jwkOf(rsaKey, "r"), func(k *jwkset.JWKMarshal) { k.ALG = "PS256" }), 0},
		"RS256 on EC":       {change(jwkOf(ecKey, "e"), func(k *jwkset.JWKMarshal) { k.ALG = "RS256" }), 0},
		"small RSA":         {jwkOf(smallRSA, "r"), 0},
		"off the curve":     {change(jwkOf(ecKey, "e"), func(k *jwkset.JWKMarshal) { k.Y = k.X }), 0},
		"cut":               {change(ed, func(k *jwkset.JWKMarshal) { k.X = k.X[:20] }), 0},
		"symmetric":         {jwkset.JWKMarshal{KTY: "oct", K: "c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0", ALG: "HS256"}, 0},
		"certificate URL":   {change(ed, func(k *jwkset.JWKMarshal) { k.X5U = "http://127.0.0.1:1/" }), 1},
		"unknown kind":      {jwkset.JWKMarshal{KTY: "AKP"}, 0},
		"long name":         {change(ed, func(k *jwkset.JWKMarshal) { k.KID = strings.Repeat("k", 999) }), 0},
	} {
		keys, err := jwtkeys.ParseSet([]byte(keySetOf(tt.key)))
		if err != nil || len(keys) != tt.want {
			t.Errorf("%s: %d keys, %v; want %d", name, len(keys), err, tt.want)
		}
	}
}

func TestTwoKeysOfOneKindNeedNames(t *testing.T) {
	_, second := generateEd()
	keys := must(jwtkeys.ParseSet([]byte(keySetOf(jwkOf(edKey, "a"), jwkOf(second, "b")))))
	if _, ok := match(keys, "", "EdDSA"); ok {
		t.Error("one of two is guessed")
	}
	if _, ok := match(keys, "b", "EdDSA"); !ok {
		t.Error("the named one is not found")
	}
	if _, ok := match(keys, "b", "RS256"); ok {
		t.Error("found for another algorithm")
	}
}

func TestCheckJWKSURL(t *testing.T) {
	for text, ok := range map[string]bool{
		"https://example.com/jwks.json": true, "http://127.0.0.1:8080/k": true, "http://[::1]/k": true, "http://10.1.2.3/k": true,
		"http://localhost/k": true, "http://auth/k": true, "http://auth.internal/k": true,
		"http://example.com/k": false, "http://8.8.8.8/k": false, "ftp://example.com/k": false, "": false, "example.com": false,
		"https://user:pass@example.com/k": false, "https://example.com/#k": false,
	} {
		if err := CheckJWKSURL(text); (err == nil) != ok {
			t.Errorf("%s: %v", text, err)
		}
	}
}
