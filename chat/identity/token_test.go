package identity

import (
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"reflect"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/globalfandom/lightstick/chat/message"
	"github.com/globalfandom/lightstick/internal/setting"
)

func TestTokenClaims(t *testing.T) {
	a := newAuthority(t, Config{Settings: Settings{TokenKey: setting.Secret(siteKey)}})
	tests := []struct {
		name    string
		changes map[string]any
		want    message.User
		rooms   []string
	}{
		{"plain", nil, message.User{ID: "fan-1", Name: "Mina", Role: message.Subscriber}, nil},
		{"all", map[string]any{"role": "host", "color": "#FF5FA2", "bot": true, "rooms": []string{"a", "b"}},
			message.User{ID: "fan-1", Name: "Mina", Role: message.Host, Color: "#ff5fa2", Bot: true}, []string{"a", "b"}},
		{"unknown role", map[string]any{"role": "god"}, message.User{ID: "fan-1", Name: "Mina", Role: message.Member}, nil},
		{"no role", map[string]any{"role": nil}, message.User{ID: "fan-1", Name: "Mina", Role: message.Member}, nil},
		{"guest", map[string]any{"role": "guest"}, message.User{ID: "fan-1", Name: "Mina", Role: message.Guest}, nil},
		{"no name", map[string]any{"name": nil}, message.User{ID: "fan-1", Name: "fan-1", Role: message.Subscriber}, nil},
		{"name is cleaned", map[string]any{"name": "\u202eMi\nna\u200b " + strings.Repeat("x", 99)}, message.User{ID: "fan-1", Name: "Mi na " + strings.Repeat("x", 26), Role: message.Subscriber}, nil},
		{"bad colour", map[string]any{"color": "red"}, message.User{ID: "fan-1", Name: "Mina", Role: message.Subscriber}, nil},
		{"rooms: none", map[string]any{"rooms": []string{}}, message.User{ID: "fan-1", Name: "Mina", Role: message.Subscriber}, []string{}},
		{"other sites' IDs", map[string]any{"sub": "auth0|5f7c8ec7c33c6c004bbafe82"}, message.User{ID: "auth0|5f7c8ec7c33c6c004bbafe82", Name: "Mina", Role: message.Subscriber}, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			id, err := a.Token(t.Context(), hs(t, tt.changes))
			if err != nil || id.User != tt.want || !reflect.DeepEqual(id.Rooms, tt.rooms) {
				t.Errorf("got %+v, %v", id, err)
			}
			if left := time.Until(id.Expires); left < time.Hour || left > time.Hour+Leeway {
				t.Errorf("expires in %v", left)
			}
		})
	}
}

func TestRoleCountsInItsRooms(t *testing.T) {
	host := message.User{ID: "h", Role: message.Host}
	for _, tt := range []struct {
		id   Identity
		want message.Role
	}{
		{Identity{User: host}, message.Host},
		{Identity{User: host, Rooms: []string{"show"}}, message.Host},
		{Identity{User: host, Rooms: []string{"other"}}, message.Member},
		{Identity{User: host, Rooms: []string{}}, message.Member},
		{Identity{User: message.User{Role: message.Guest}, Rooms: []string{"other"}}, message.Guest},
	} {
		if got := tt.id.In("show").Role; got != tt.want {
			t.Errorf("%v: %s, want %s", tt.id.Rooms, got, tt.want)
		}
	}
}

func TestForgeries(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &site{}
		s.serve(keySetOf(jwkOf(rsaKey, "rsa"), jwkOf(ecKey, "ec"), jwkOf(edKey, "ed")))
		a := s.start(t, Config{Settings: Settings{TokenKey: setting.Secret(siteKey), Audience: "chat", Issuer: "https://site.example"}})
		good := func(changes map[string]any) jwt.MapClaims {
			c := claims(map[string]any{"aud": "chat", "iss": "https://site.example"})
			for name, value := range changes {
				if c[name] = value; value == nil {
					delete(c, name)
				}
			}
			return c
		}
		signed := func(changes map[string]any) string {
			return sign(t, jwt.SigningMethodHS256, siteKey, "", good(changes))
		}
		der := must(x509.MarshalPKIXPublicKey(&rsaKey.PublicKey))
		publicPEM := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
		_, stranger := generateEd()
		part := func(text string) string { return base64.RawURLEncoding.EncodeToString([]byte(text)) }
		whole := signed(nil)
		header, rest, _ := strings.Cut(whole, ".")
		body, signature, _ := strings.Cut(rest, ".")
		critical := jwt.NewWithClaims(jwt.SigningMethodHS256, good(nil))
		critical.Header["crit"] = []string{"b64"}
		now := time.Now()
		tests := []struct {
			name, text string
			err        error
			says       string
		}{
			{"good", whole, nil, ""},
			{"good, a list of audiences", signed(map[string]any{"aud": []string{"x", "chat"}}), nil, ""},
			{"just expired", signed(map[string]any{"exp": now.Add(-5 * time.Second).Unix()}), nil, ""},
			{"empty", "", ErrToken, "not a JWT"},
			{"garbage", "a.b.c", ErrToken, "not a JWT"},
			{"alg none", part(`{"alg":"none"}`) + "." + body + ".", ErrToken, "algorithm"},
			{"alg None with signature", part(`{"alg":"None"}`) + "." + body + "." + signature, ErrToken, ""},
			{"no alg", part(`{}`) + "." + body + "." + signature, ErrToken, ""},
			{"HS256 with the RSA public key in PEM", sign(t, jwt.SigningMethodHS256, publicPEM, "rsa", good(nil)), ErrToken, "signature"},
			{"HS256 with the RSA public key in DER", sign(t, jwt.SigningMethodHS256, der, "rsa", good(nil)), ErrToken, "signature"},
			{"HS256 with the RSA modulus", sign(t, jwt.SigningMethodHS256, rsaKey.N.Bytes(), "rsa", good(nil)), ErrToken, "signature"},
			{"HS384", sign(t, jwt.SigningMethodHS384, siteKey, "", good(nil)), ErrToken, "algorithm"},
			{"RS256 for the EC key", sign(t, jwt.SigningMethodRS256, rsaKey, "ec", good(nil)), ErrToken, "no such key"},
			{"PS256", sign(t, jwt.SigningMethodPS256, rsaKey, "rsa", good(nil)), ErrToken, "algorithm"},
			{"another's Ed25519 key", sign(t, jwt.SigningMethodEdDSA, stranger, "ed", good(nil)), ErrToken, "signature"},
			{"an account's key name", sign(t, jwt.SigningMethodHS256, siteKey, sessionKID, good(nil)), ErrToken, "no accounts"},
			{"signature cut", whole[:len(whole)-4], ErrToken, ""},
			{"signature missing", header + "." + body + ".", ErrToken, "signature"},
			{"signature of another", header + "." + part(`{"sub":"boss","role":"host","exp":99999999999}`) + "." + signature, ErrToken, "signature"},
			{"trailing bits", whole + "=", ErrToken, ""},
			{"critical header", must(critical.SignedString(siteKey)), ErrToken, "crit"},
			{"huge", signed(map[string]any{"x": strings.Repeat("x", MaxToken)}), ErrToken, "more than"},
			{"wrong aud", signed(map[string]any{"aud": "shop"}), ErrToken, "audience"},
			{"no aud", signed(map[string]any{"aud": nil}), ErrToken, "missing"},
			{"wrong iss", signed(map[string]any{"iss": "https://evil.example"}), ErrToken, "issuer"},
			{"no iss", signed(map[string]any{"iss": nil}), ErrToken, "missing"},
			{"expired", signed(map[string]any{"exp": now.Add(-Leeway - time.Second).Unix()}), ErrExpired, ""},
			{"no exp", signed(map[string]any{"exp": nil}), ErrToken, "missing"},
			{"exp is a text", signed(map[string]any{"exp": "tomorrow"}), ErrToken, "wrong type"},
			{"too long", signed(map[string]any{"exp": now.Add(25 * time.Hour).Unix()}), ErrToken, "longer than"},
			{"too long by iat", signed(map[string]any{"iat": now.Add(-24 * time.Hour).Unix()}), ErrToken, "longer than"},
			{"nbf in the future", signed(map[string]any{"nbf": now.Add(time.Minute).Unix()}), ErrToken, "not valid yet"},
			{"no sub", signed(map[string]any{"sub": nil}), ErrToken, "sub is missing"},
			{"long sub", signed(map[string]any{"sub": strings.Repeat("x", 65)}), ErrToken, "sub"},
			{"sub with a space", signed(map[string]any{"sub": "a b"}), ErrToken, "sub"},
			{"sub with markup", signed(map[string]any{"sub": "<b>"}), ErrToken, "sub"},
			{"sub of a guest", signed(map[string]any{"sub": "guest-1"}), ErrToken, "sub"},
			{"sub of an account", signed(map[string]any{"sub": "account-1"}), ErrToken, "sub"},
			{"role is a number", signed(map[string]any{"role": 5}), ErrToken, "wrong type"},
			{"rooms is a text", signed(map[string]any{"rooms": "show"}), ErrToken, "wrong type"},
			{"too many rooms", signed(map[string]any{"rooms": make([]string, 65)}), ErrToken, "rooms"},
			{"claims are a list", sign2(part(`{"alg":"HS256"}`)+"."+part(`[1]`), siteKey), ErrToken, ""},
		}
		for _, tt := range tests {
			id, err := a.Token(t.Context(), tt.text)
			if !errors.Is(err, tt.err) || (err == nil) != (tt.err == nil) {
				t.Errorf("%s: got %+v, %v; want %v", tt.name, id, err, tt.err)
			}
			if err != nil {
				checkError(t, tt.name, tt.text, tt.says, err)
			}
			if err != nil && id.User != (message.User{}) {
				t.Errorf("%s: an identity beside the error: %+v", tt.name, id)
			}
		}
	})
}

// checkError wants an error that says something, and nothing of the token.
func checkError(t *testing.T, name, text, says string, err error) {
	t.Helper()
	if !strings.Contains(err.Error(), says) {
		t.Errorf("%s: says %q, want %q", name, err, says)
	}
	for piece := range strings.SplitSeq(text, ".") {
		if len(piece) > 8 && strings.Contains(err.Error(), piece) {
			t.Errorf("%s: the error holds the token: %q", name, err)
		}
	}
}

// sign2 signs what a library would not make.
func sign2(text string, key []byte) string {
	signature := must(jwt.SigningMethodHS256.Sign(text, key))
	return text + "." + base64.RawURLEncoding.EncodeToString(signature)
}

func TestWithoutKeysNothingIsTaken(t *testing.T) {
	a := newAuthority(t, Config{})
	for name, text := range map[string]string{
		"HS256 with no key": sign(t, jwt.SigningMethodHS256, []byte{}, "", claims(nil)),
		"HS256":             hs(t, nil),
		"EdDSA":             sign(t, jwt.SigningMethodEdDSA, edKey, "ed", claims(nil)),
		"session":           sign(t, jwt.SigningMethodHS256, a.session, sessionKID, claims(nil)),
	} {
		if id, err := a.Token(t.Context(), text); !errors.Is(err, ErrToken) {
			t.Errorf("%s: %+v, %v", name, id, err)
		}
	}
	if a.TakesTokens() {
		t.Error("says that it takes tokens")
	}
}

func TestTimesBeyondAllTime(t *testing.T) {
	a := newAuthority(t, Config{Settings: Settings{TokenKey: setting.Secret(siteKey)}})
	for _, claim := range []string{"exp", "iat", "nbf"} {
		for _, value := range []float64{1e300, -1e300, 1e18, -1e18} {
			if id, err := a.Token(t.Context(), hs(t, map[string]any{claim: value})); err == nil {
				t.Errorf("%s %v: %+v", claim, value, id)
			}
		}
	}
}

func TestRefresh(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newAuthority(t, Config{Settings: Settings{TokenKey: setting.Secret(siteKey)}})
		id := must(a.Token(t.Context(), hs(t, nil)))
		time.Sleep(59 * time.Minute)
		if _, err := a.Recheck(t.Context(), id); err != nil {
			t.Errorf("before the end: %v", err)
		}
		again, err := a.Refresh(t.Context(), id, hs(t, map[string]any{"role": "moderator"}))
		if err != nil || again.User.Role != message.Moderator || !again.Expires.After(id.Expires) {
			t.Errorf("refreshed: %+v, %v", again, err)
		}
		if _, err := a.Refresh(t.Context(), id, hs(t, map[string]any{"sub": "fan-2"})); !errors.Is(err, ErrToken) {
			t.Errorf("another's token: %v", err)
		}
		time.Sleep(2 * time.Minute)
		if _, err := a.Recheck(t.Context(), id); !errors.Is(err, ErrExpired) {
			t.Errorf("after the end: %v", err)
		}
	})
}

func TestSign(t *testing.T) {
	a := newAuthority(t, Config{Settings: Settings{TokenKey: setting.Secret(siteKey)}})
	c := Claims{Name: "Bot", Role: "moderator", Bot: true}
	c.Subject, c.ExpiresAt = "bot-1", date(time.Now().Add(time.Hour))
	text, err := Sign(siteKey, c)
	if err != nil {
		t.Fatal(err)
	}
	id, err := a.Token(t.Context(), text)
	if err != nil || id.User != (message.User{ID: "bot-1", Name: "Bot", Role: message.Moderator, Bot: true}) {
		t.Errorf("got %+v, %v", id, err)
	}
	if _, err := Sign([]byte("short"), c); err == nil {
		t.Error("a short key signs")
	}
	if _, err := Sign(siteKey, Claims{}); err == nil {
		t.Error("a token without end is made")
	}
}

func TestConfigErrors(t *testing.T) {
	for want, c := range map[string]Config{
		"master":         {Master: []byte("short")},
		"chat.token_key": {Master: master, Settings: Settings{TokenKey: "short"}},
		"chat.jwks_url":  {Master: master, Settings: Settings{JWKSURL: "http://site.example/jwks.json"}},
	} {
		if _, err := New(c, nil); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "short") {
			t.Errorf("%s: %v", want, err)
		}
	}
}
