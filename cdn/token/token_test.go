package token

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// ring is one key of each algorithm; the site's, beside the server's own.
type ring struct {
	ed     ed25519.PrivateKey
	ec     *ecdsa.PrivateKey
	secret []byte
	own    Key
	keys   *Keys
}

func newRing(t testing.TB) *ring {
	t.Helper()
	r := &ring{secret: []byte("0123456789abcdef0123456789abcdef")}
	var err error
	if _, r.ed, err = ed25519.GenerateKey(rand.Reader); err != nil {
		t.Fatal(err)
	}
	if r.ec, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); err != nil {
		t.Fatal(err)
	}
	if r.own, err = ParseBuiltIn(GenerateKey()); err != nil {
		t.Fatal(err)
	}
	var others []Key
	for id, text := range map[string]string{
		"ed": "EdDSA:" + base64.StdEncoding.EncodeToString(r.ed.Public().(ed25519.PublicKey)),
		"ec": "ES256:" + base64.StdEncoding.EncodeToString(r.ecPublic(t)),
		"hs": "HS256:" + base64.StdEncoding.EncodeToString(r.secret),
	} {
		k, err := ParseKey(id, text)
		if err != nil {
			t.Fatal(err)
		}
		others = append(others, k)
	}
	if r.keys, err = NewKeys(r.own, others...); err != nil {
		t.Fatal(err)
	}
	return r
}

func (r *ring) ecPublic(t testing.TB) []byte {
	t.Helper()
	der, err := x509.MarshalPKIXPublicKey(&r.ec.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

// issue signs as a company's site would: with another library's defaults.
func issue(t testing.TB, method jwt.SigningMethod, key any, header, claims map[string]any) string {
	t.Helper()
	token := jwt.NewWithClaims(method, jwt.MapClaims(claims))
	for name, value := range header {
		if token.Header[name] = value; value == nil {
			delete(token.Header, name)
		}
	}
	text, err := token.SignedString(key)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

type m = map[string]any

func TestVerifyTakesWhatItShould(t *testing.T) {
	r := newRing(t)
	claims := m{"sub": "show", "exp": time.Now().Add(time.Hour).Unix(), "extra": []int{1}}
	own, err := r.keys.Sign(Claims{Subject: "show", Expires: Date(time.Now().Add(time.Hour))})
	if err != nil {
		t.Fatal(err)
	}
	v := NewVerifier(r.keys)
	for name, text := range map[string]string{
		"EdDSA":  issue(t, jwt.SigningMethodEdDSA, r.ed, m{"kid": "ed"}, claims),
		"ES256":  issue(t, jwt.SigningMethodES256, r.ec, m{"kid": "ec"}, claims),
		"HS256":  issue(t, jwt.SigningMethodHS256, r.secret, m{"kid": "hs"}, claims),
		"no typ": issue(t, jwt.SigningMethodHS256, r.secret, m{"kid": "hs", "typ": nil}, claims),
		"typ":    issue(t, jwt.SigningMethodHS256, r.secret, m{"kid": "hs", "typ": "playback+JWT"}, claims),
		"ours":   own,
	} {
		for range 2 { // the second is from memory
			ticket, err := v.Verify(text)
			if err != nil {
				t.Errorf("%s: %v", name, err)
				continue
			}
			if err := ticket.Allow(time.Now(), Target{Stream: "show"}, Viewer{}); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}

func TestVerifyRefusesForgeries(t *testing.T) {
	r := newRing(t)
	claims := m{"sub": "show", "exp": time.Now().Add(time.Hour).Unix()}
	good := issue(t, jwt.SigningMethodEdDSA, r.ed, m{"kid": "ed"}, claims)
	edPublic := []byte(r.ed.Public().(ed25519.PublicKey))
	_, stranger, _ := ed25519.GenerateKey(rand.Reader)
	parts := strings.Split(good, ".")
	otherPayload := base64.RawURLEncoding.EncodeToString([]byte(`{"sub":"*","exp":9999999999}`))
	pemOf := func(der []byte) []byte {
		return pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
	}
	tests := map[string]string{
		"alg none":                        issue(t, jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, m{"kid": "ed"}, claims),
		"alg None, as a header may spell": strings.Join([]string{base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"nOnE","kid":"ed"}`)), parts[1], ""}, "."),
		"HS256 with the public key":       issue(t, jwt.SigningMethodHS256, edPublic, m{"kid": "ed"}, claims),
		"HS256 with the public key's PEM": issue(t, jwt.SigningMethodHS256, pemOf(r.ecPublic(t)), m{"kid": "ec"}, claims),
		"HS256 with its DER":              issue(t, jwt.SigningMethodHS256, r.ecPublic(t), m{"kid": "ec"}, claims),
		"HS384":                           issue(t, jwt.SigningMethodHS384, r.secret, m{"kid": "hs"}, claims),
		"another's key":                   issue(t, jwt.SigningMethodEdDSA, stranger, m{"kid": "ed"}, claims),
		"another kid":                     issue(t, jwt.SigningMethodEdDSA, r.ed, m{"kid": "ec"}, claims),
		"unknown kid":                     issue(t, jwt.SigningMethodEdDSA, r.ed, m{"kid": "ed2"}, claims),
		"no kid":                          issue(t, jwt.SigningMethodEdDSA, r.ed, nil, claims),
		"kid that is a number":            issue(t, jwt.SigningMethodEdDSA, r.ed, m{"kid": 1}, claims),
		"for something else":              issue(t, jwt.SigningMethodEdDSA, r.ed, m{"kid": "ed", "typ": "at+jwt"}, claims),
		"crit":                            issue(t, jwt.SigningMethodEdDSA, r.ed, m{"kid": "ed", "crit": []string{"b64"}, "b64": false}, claims),
		"a key of its own":                issue(t, jwt.SigningMethodEdDSA, stranger, m{"kid": "nobody", "jwk": m{"kty": "OKP"}}, claims),
		"other claims":                    parts[0] + "." + otherPayload + "." + parts[2],
		"cut":                             good[:len(good)-2],
		"a bit flipped":                   good[:len(good)-3] + flip(good[len(good)-3:]),
		"without signature":               parts[0] + "." + parts[1] + ".",
		"four parts":                      good + ".a",
		"padding":                         good + "=",
		"JSON":                            `{"alg":"none"}`,
		"no exp":                          issue(t, jwt.SigningMethodEdDSA, r.ed, m{"kid": "ed"}, m{"sub": "show"}),
		"exp that is text":                issue(t, jwt.SigningMethodEdDSA, r.ed, m{"kid": "ed"}, m{"sub": "show", "exp": "tomorrow"}),
		"no sub":                          issue(t, jwt.SigningMethodEdDSA, r.ed, m{"kid": "ed"}, m{"exp": 9999999999}),
		"wrong ip":                        issue(t, jwt.SigningMethodEdDSA, r.ed, m{"kid": "ed"}, m{"sub": "show", "exp": 9999999999, "ip": "10.0.0.300"}),
		"wrong country":                   issue(t, jwt.SigningMethodEdDSA, r.ed, m{"kid": "ed"}, m{"sub": "show", "exp": 9999999999, "country": []string{"Korea"}}),
		"negative screens":                issue(t, jwt.SigningMethodEdDSA, r.ed, m{"kid": "ed"}, m{"sub": "show", "exp": 9999999999, "screens": -1}),
		"huge":                            issue(t, jwt.SigningMethodEdDSA, r.ed, m{"kid": "ed"}, m{"sub": "show", "exp": 9999999999, "x": strings.Repeat("a", 2000)}),
	}
	v := NewVerifier(r.keys)
	for name, text := range tests {
		ticket, err := v.Verify(text)
		if ticket != nil || err != Signature {
			t.Errorf("%s: %+v, %v", name, ticket, err)
		}
	}
	if _, err := v.Verify(""); err != Missing {
		t.Errorf("nothing: %v", err)
	}
	if len(v.young) != 0 {
		t.Errorf("%d bad tokens are remembered", len(v.young))
	}
}

func flip(s string) string {
	if s[0] == 'A' {
		return "B" + s[1:]
	}
	return "A" + s[1:]
}

func TestConditions(t *testing.T) {
	now := time.Unix(1_795_435_200, 0)
	in := func(d time.Duration) *jwt.NumericDate { return Date(now.Add(d)) }
	hour := in(time.Hour)
	show := Target{Stream: "show"}
	tests := []struct {
		name   string
		claims Claims
		target Target
		viewer Viewer
		want   error
	}{
		{"plain", Claims{Subject: "show", Expires: hour}, show, Viewer{}, nil},
		{"another stream", Claims{Subject: "show", Expires: hour}, Target{Stream: "show2"}, Viewer{}, Stream},
		{"part of a name", Claims{Subject: "show2", Expires: hour}, show, Viewer{}, Stream},
		{"one of several", Claims{Subject: "news show", Expires: hour}, show, Viewer{}, nil},
		{"prefix", Claims{Subject: "show-*", Expires: hour}, Target{Stream: "show-eu"}, Viewer{}, nil},
		{"not the prefix", Claims{Subject: "show-*", Expires: hour}, show, Viewer{}, Stream},
		{"all", Claims{Subject: "*", Expires: hour}, show, Viewer{}, nil},
		{"recording of a stream", Claims{Subject: "show", Expires: hour}, Target{"show", "r1"}, Viewer{}, nil},
		{"that recording", Claims{Subject: "show", Recording: "r1", Expires: hour}, Target{"show", "r1"}, Viewer{}, nil},
		{"another recording", Claims{Subject: "show", Recording: "r1", Expires: hour}, Target{"show", "r2"}, Viewer{}, Stream},
		{"live by a recording's", Claims{Subject: "show", Recording: "r1", Expires: hour}, show, Viewer{}, Stream},
		{"expired within the leeway", Claims{Subject: "show", Expires: in(-4 * time.Second)}, show, Viewer{}, nil},
		{"expired", Claims{Subject: "show", Expires: in(-Leeway)}, show, Viewer{}, Expired},
		{"early within the leeway", Claims{Subject: "show", Expires: hour, NotBefore: in(5 * time.Second)}, show, Viewer{}, nil},
		{"early", Claims{Subject: "show", Expires: hour, NotBefore: in(6 * time.Second)}, show, Viewer{}, Early},
		{"address", Claims{Subject: "show", Expires: hour, IP: "203.0.113.7"}, show, at("203.0.113.7"), nil},
		{"address in IPv6", Claims{Subject: "show", Expires: hour, IP: "203.0.113.7"}, show, at("::ffff:203.0.113.7"), nil},
		{"another address", Claims{Subject: "show", Expires: hour, IP: "203.0.113.7"}, show, at("203.0.113.8"), Address},
		{"unknown address", Claims{Subject: "show", Expires: hour, IP: "0.0.0.0/0"}, show, Viewer{}, Address},
		{"network", Claims{Subject: "show", Expires: hour, IP: "2001:db8:1:2::/64"}, show, at("2001:db8:1:2::99"), nil},
		{"another network", Claims{Subject: "show", Expires: hour, IP: "2001:db8:1:2::/64"}, show, at("2001:db8:1:3::99"), Address},
		{"country", Claims{Subject: "show", Expires: hour, Country: []string{"JP", "kr"}}, show, Viewer{Country: "KR"}, nil},
		{"another country", Claims{Subject: "show", Expires: hour, Country: []string{"JP", "KR"}}, show, Viewer{Country: "US"}, Country},
		{"unknown country", Claims{Subject: "show", Expires: hour, Country: []string{"JP", "KR"}}, show, Viewer{}, Country},
		{"referrer", Claims{Subject: "show", Expires: hour, Referrers: []string{"a.org", "Example.com"}}, show, on("example.com"), nil},
		{"referrer below", Claims{Subject: "show", Expires: hour, Referrers: []string{"*.example.com"}}, show, on("live.example.com"), nil},
		{"referrer that is not below", Claims{Subject: "show", Expires: hour, Referrers: []string{"*.example.com"}}, show, on("badexample.com"), Referrer},
		{"referrer with the name in front", Claims{Subject: "show", Expires: hour, Referrers: []string{"example.com"}}, show, on("example.com.evil.org"), Referrer},
		{"no referrer", Claims{Subject: "show", Expires: hour, Referrers: []string{"example.com"}}, show, Viewer{}, Referrer},
	}
	r := newRing(t)
	v := NewVerifier(r.keys)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			text, err := r.keys.Sign(tt.claims)
			if err != nil {
				t.Fatal(err)
			}
			ticket, err := v.Verify(text)
			if err != nil {
				t.Fatal(err)
			}
			if got := ticket.Allow(now, tt.target, tt.viewer); got != tt.want {
				t.Errorf("%v, want %v", got, tt.want)
			}
		})
	}
}

func at(address string) Viewer { return Viewer{Address: netip.MustParseAddr(address)} }
func on(host string) Viewer    { return Viewer{Referrer: host} }

func TestScreensAreCountedBySession(t *testing.T) {
	r := newRing(t)
	v := NewVerifier(r.keys)
	ticket := func(c Claims) *Verified {
		c.Subject, c.Expires, c.Screens = "show", Date(time.Now().Add(time.Hour)), 2
		text, err := r.keys.Sign(c)
		if err != nil {
			t.Fatal(err)
		}
		ticket, err := v.Verify(text)
		if err != nil {
			t.Fatal(err)
		}
		return ticket
	}
	for name, c := range map[string]Claims{"sid": {Session: "t1", ID: "a"}, "jti": {ID: "a"}, "neither": {}} {
		first := ticket(c)
		derived := ticket(first.ForScreen("tv"))
		if derived.Session() != first.Session() || derived.Screen() != "tv" || derived.Screens() != 2 {
			t.Errorf("%s: %q became %q", name, first.Session(), derived.Session())
		}
	}
	if ticket(Claims{Session: "t1", ID: "a"}).Session() != ticket(Claims{Session: "t1", ID: "b"}).Session() {
		t.Error("two tokens of one session are counted apart")
	}
}

func TestSignRefusesWhatCantBe(t *testing.T) {
	r := newRing(t)
	hour := Date(time.Now().Add(time.Hour))
	for name, c := range map[string]Claims{
		"exp is missing": {Subject: "show"},
		"sub":            {Expires: hour},
		"ip":             {Subject: "show", Expires: hour, IP: "home"},
		"country":        {Subject: "show", Expires: hour, Country: []string{"KOR"}},
		"referrers":      {Subject: "show", Expires: hour, Referrers: []string{"https://example.com/"}},
		"screens":        {Subject: "show", Expires: hour, Screens: 1001},
		"at most 2048":   {Subject: "show", Expires: hour, Referrers: []string{strings.Repeat("a", 250), strings.Repeat("b", 250), strings.Repeat("c", 250), strings.Repeat("d", 250), strings.Repeat("e", 250), strings.Repeat("f", 250), strings.Repeat("g", 250)}},
	} {
		if _, err := r.keys.Sign(c); !errors.Is(err, ErrClaims) || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
	}
	none, err := NewKeys(Key{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := none.Sign(Claims{Subject: "show", Expires: hour}); !errors.Is(err, ErrKey) {
		t.Errorf("%v", err)
	}
}

func TestCacheIsBounded(t *testing.T) {
	v := NewVerifier(newRing(t).keys)
	for i := range 3 * cacheSize {
		v.remember([32]byte{byte(i), byte(i >> 8), byte(i >> 16)}, &Verified{})
		if n := len(v.young) + len(v.old); n > 2*cacheSize {
			t.Fatalf("%d tickets", n)
		}
	}
}

func TestParseKey(t *testing.T) {
	r := newRing(t)
	dir := t.TempDir()
	file := func(name, kind string, der []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	der := func(b []byte, err error) []byte {
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	b64 := base64.StdEncoding.EncodeToString
	p384, _ := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	tests := []struct {
		name, text string
		signs      bool
		err        string
	}{
		{"Ed25519 public", "EdDSA:" + b64(r.ed.Public().(ed25519.PublicKey)), false, ""},
		{"Ed25519 public, for URLs", "EdDSA:" + base64.RawURLEncoding.EncodeToString(r.ed.Public().(ed25519.PublicKey)), false, ""},
		{"Ed25519 private PEM", "EdDSA:" + file("ed.pem", "PRIVATE KEY", der(x509.MarshalPKCS8PrivateKey(r.ed))), true, ""},
		{"Ed25519 public PEM", "EdDSA:file:" + file("ed.pub", "PUBLIC KEY", der(x509.MarshalPKIXPublicKey(r.ed.Public()))), false, ""},
		{"P-256 SEC 1", "ES256:" + file("ec.pem", "EC PRIVATE KEY", der(x509.MarshalECPrivateKey(r.ec))), true, ""},
		{"P-256 PKCS #8", "ES256:" + b64(der(x509.MarshalPKCS8PrivateKey(r.ec))), true, ""},
		{"P-256 public", "ES256:" + b64(r.ecPublic(t)), false, ""},
		{"secret", "HS256:" + b64(r.secret), true, ""},
		{"short secret", "HS256:" + b64(r.secret[:31]), false, "at least 32 bytes"},
		{"P-384", "ES256:" + b64(der(x509.MarshalPKCS8PrivateKey(p384))), false, "P-256"},
		{"another kind", "EdDSA:" + b64(r.ecPublic(t)), false, "Ed25519"},
		{"RSA", "RS256:" + b64(r.secret), false, "EdDSA, ES256 or HS256"},
		{"none", "none:" + b64(r.secret), false, "EdDSA, ES256 or HS256"},
		{"neither base64 nor file", "HS256:not base64!", false, "file:PATH"},
		{"no file", "ES256:file:" + dir + "/none", false, "no such file"},
		{"a directory", "ES256:file:" + dir, false, "not a file"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			k, err := ParseKey("k", tt.text)
			if tt.err != "" {
				if !errors.Is(err, ErrKey) || !strings.Contains(err.Error(), tt.err) {
					t.Errorf("%v does not say %q", err, tt.err)
				}
				return
			}
			if err != nil || k.CanSign() != tt.signs {
				t.Errorf("%v, %v", k, err)
			}
			for _, shown := range []string{fmt.Sprint(k), fmt.Sprintf("%#v", k), fmt.Sprintf("%+v", k)} {
				if strings.Contains(shown, "0x") || strings.Contains(shown, string(r.secret)) {
					t.Errorf("a key prints as %s", shown)
				}
			}
		})
	}
}

func FuzzVerify(f *testing.F) {
	r := newRing(f)
	v := NewVerifier(r.keys)
	text, err := r.keys.Sign(Claims{Subject: "show", Expires: Date(time.Unix(4e9, 0)), IP: "10.0.0.0/8", Country: []string{"KR"}})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(text)
	f.Add(issue(f, jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, m{"kid": "ed"}, m{"sub": "*"}))
	f.Add("..")
	f.Fuzz(func(t *testing.T, s string) {
		ticket, err := v.Verify(s)
		if (ticket == nil) == (err == nil) {
			t.Errorf("%v, %v", ticket, err)
		}
		if ticket != nil && s != text {
			t.Errorf("a forgery: %q", s)
		}
	})
}

// FuzzClaims reads claims whose signature is good: a company's site may state anything.
func FuzzClaims(f *testing.F) {
	key, err := ParseKey("hs", "HS256:"+base64.StdEncoding.EncodeToString([]byte("0123456789abcdef0123456789abcdef")))
	if err != nil {
		f.Fatal(err)
	}
	keys, _ := NewKeys(key)
	f.Add(`{"sub":"a b-*","exp":1e9,"nbf":-1,"ip":"::/0","country":["kr"],"referrers":["*.a"],"screens":2}`)
	f.Add(`{"sub":"*","exp":1e300,"sid":"x","jti":"y","scr":"z"}`)
	f.Fuzz(func(t *testing.T, claims string) {
		head := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"HS256","kid":"hs"}`)) + "." + base64.RawURLEncoding.EncodeToString([]byte(claims))
		signature, err := jwt.SigningMethodHS256.Sign(head, key.sign)
		if err != nil {
			t.Fatal(err)
		}
		ticket, err := NewVerifier(keys).Verify(head + "." + base64.RawURLEncoding.EncodeToString(signature))
		if err != nil {
			return
		}
		_ = ticket.Allow(time.Now(), Target{"a", "b"}, Viewer{netip.MustParseAddr("::1"), "KR", "a.b"})
		if _, err := keys.Sign(ticket.ForScreen("screen")); err != nil && !errors.Is(err, ErrClaims) {
			t.Error(err)
		}
	})
}

func BenchmarkVerify(b *testing.B) {
	r := newRing(b)
	text, err := r.keys.Sign(Claims{Subject: "show", Expires: Date(time.Now().Add(time.Hour)), IP: "203.0.113.0/24", Session: "ticket-4711", Screens: 2})
	if err != nil {
		b.Fatal(err)
	}
	b.Run("first", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := NewVerifier(r.keys).Verify(text); err != nil {
				b.Fatal(err)
			}
		}
	})
	v, viewer := NewVerifier(r.keys), at("203.0.113.7")
	b.Run("again", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			t, err := v.Verify(text)
			if err != nil || t.Allow(time.Now(), Target{Stream: "show"}, viewer) != nil {
				b.Fatal(err)
			}
		}
	})
}
