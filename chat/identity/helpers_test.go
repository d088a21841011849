package identity

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"log/slog"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/MicahParks/jwkset"
	"github.com/golang-jwt/jwt/v5"
)

var (
	master   = []byte("the master key has 32 bytes or so")
	siteKey  = []byte("the site's key has 32 bytes or so")
	rsaKey   = must(rsa.GenerateKey(rand.Reader, 2048))
	smallRSA = must(rsa.GenerateKey(rand.Reader, 1024))
	ecKey    = must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
	_, edKey = generateEd()
)

func generateEd() (ed25519.PublicKey, ed25519.PrivateKey) {
	public, private, err := ed25519.GenerateKey(rand.Reader)
	return public, must(private, err)
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func newAuthority(t testing.TB, c Config) *Authority {
	t.Helper()
	if c.Master == nil {
		c.Master = master
	}
	a, err := New(c, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// claims are good ones, with changes; nil takes one away.
func claims(changes map[string]any) jwt.MapClaims {
	c := jwt.MapClaims{"sub": "fan-1", "name": "Mina", "role": "subscriber", "exp": time.Now().Add(time.Hour).Unix()}
	for name, value := range changes {
		if c[name] = value; value == nil {
			delete(c, name)
		}
	}
	return c
}

// sign makes a token as any site's library would.
func sign(t testing.TB, method jwt.SigningMethod, key any, kid string, c jwt.Claims) string {
	t.Helper()
	token := jwt.NewWithClaims(method, c)
	if kid != "" {
		token.Header["kid"] = kid
	}
	text, err := token.SignedString(key)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func hs(t testing.TB, changes map[string]any) string {
	return sign(t, jwt.SigningMethodHS256, siteKey, "", claims(changes))
}

// jwkOf is a public key as a site publishes it.
func jwkOf(private crypto.Signer, kid string) jwkset.JWKMarshal {
	k := must(jwkset.NewJWKFromKey(private.Public(), jwkset.JWKOptions{
		Metadata: jwkset.JWKMetadataOptions{KID: kid, USE: jwkset.UseSig},
	}))
	return k.Marshal()
}

func keySetOf(keys ...jwkset.JWKMarshal) string {
	return string(must(json.Marshal(map[string]any{"keys": keys})))
}

// site is a JWKS URL without a network, so that its clock may be a test's.
type site struct {
	answer  atomic.Pointer[string] // nil: 503
	delay   atomic.Int64
	fetches atomic.Int64
}

func (s *site) serve(keys string) { s.answer.Store(&keys) }

func (s *site) RoundTrip(r *http.Request) (*http.Response, error) {
	s.fetches.Add(1)
	select {
	case <-time.After(time.Duration(s.delay.Load())):
	case <-r.Context().Done():
		return nil, r.Context().Err()
	}
	response := &http.Response{StatusCode: http.StatusServiceUnavailable, Body: http.NoBody, Request: r}
	if text := s.answer.Load(); text != nil {
		response.StatusCode = http.StatusOK
		response.Body = readCloser{strings.NewReader(*text)}
	}
	return response, nil
}

type readCloser struct{ *strings.Reader }

func (readCloser) Close() error { return nil }

// start runs an authority that takes keys from the site until the test ends. It must
// be called in a synctest bubble.
func (s *site) start(t *testing.T, c Config) *Authority {
	t.Helper()
	c.JWKSURL, c.Transport = "https://site.example/jwks.json?key=secret", s
	a := newAuthority(t, c)
	go a.Run(t.Context()) // ends with the bubble
	synctest.Wait()
	return a
}
