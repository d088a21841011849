package chat

import (
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/globalfandom/lightstick/chat/chattest"
	"github.com/globalfandom/lightstick/chat/identity"
	"github.com/globalfandom/lightstick/internal/logtest"
	"github.com/globalfandom/lightstick/internal/setting"
)

// A client is told why its token is not taken, as is the log; neither holds any of it.
func TestRefusedTokensSayWhy(t *testing.T) {
	key, other := []byte(strings.Repeat("k", 32)), []byte(strings.Repeat("o", 32))
	authority, err := identity.New(identity.Config{Master: key, Settings: identity.Settings{TokenKey: setting.Secret(key), Audience: "chat", Issuer: "site"}}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	log := &logtest.Buffer{}
	_, url := serve(t, func(c *Config) { c.Authority, c.Log = authority, slog.New(slog.NewTextHandler(log, nil)) })
	claims := func(change func(*identity.Claims)) identity.Claims {
		c := identity.Claims{RegisteredClaims: jwt.RegisteredClaims{
			Subject: "secret-subject", Audience: jwt.ClaimStrings{"chat"}, Issuer: "site", ExpiresAt: jwt.NewNumericDate(time.Now().Add(time.Hour)),
		}}
		change(&c)
		return c
	}
	sign := func(key []byte, c identity.Claims, header ...any) string {
		token := jwt.NewWithClaims(jwt.SigningMethodHS256, &c)
		for i := 0; i < len(header); i += 2 {
			token.Header[header[i].(string)] = header[i+1]
		}
		text, err := token.SignedString(key)
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	as := func(*identity.Claims) {}
	tests := []struct{ name, token, want string }{
		{"no token at all", "rubbish", "not a JWT"},
		{"another key", sign(other, claims(as)), "its signature is wrong"},
		{"another audience", sign(key, claims(func(c *identity.Claims) { c.Audience = jwt.ClaimStrings{"shop"} })), "another audience"},
		{"another issuer", sign(key, claims(func(c *identity.Claims) { c.Issuer = "evil" })), "another issuer"},
		{"not yet", sign(key, claims(func(c *identity.Claims) { c.NotBefore = jwt.NewNumericDate(time.Now().Add(time.Hour)) })), "not valid yet"},
		{"no subject", sign(key, claims(func(c *identity.Claims) { c.Subject = "" })), "sub is missing"},
		{"too long", sign(key, claims(func(c *identity.Claims) { c.ExpiresAt = jwt.NewNumericDate(time.Now().Add(1000 * time.Hour)) })), "longer than 24h"},
		{"no end", sign(key, claims(func(c *identity.Claims) { c.ExpiresAt = nil })), "exp, aud or iss is missing"},
		{"key of another kind", sign(key, claims(as), "kid", "lightstick"), "no accounts here"},
		{"crit", sign(key, claims(as), "crit", []string{"x"}), "crit"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := chattest.Dial(t, url)
			c.Send(chattest.Object{"id": 1, "connect": chattest.Object{"token": tt.token}})
			if code := c.End(); code != 4502 || !strings.Contains(c.Reason(), tt.want) || !strings.HasPrefix(c.Reason(), "the token is not valid") {
				t.Errorf("%d %q, want 4502 with %q", code, c.Reason(), tt.want)
			}
			if !strings.Contains(log.String(), tt.want) {
				t.Errorf("the log does not say %q", tt.want)
			}
			if said := c.Reason() + log.String(); strings.Contains(said, tt.token) || strings.Contains(said, "secret-subject") {
				t.Errorf("it holds something of the token: %s", said)
			}
		})
	}
	t.Run("expired", func(t *testing.T) {
		c := chattest.Dial(t, url)
		r := c.Ask("connect", chattest.Object{"token": sign(key, claims(func(c *identity.Claims) { c.ExpiresAt = jwt.NewNumericDate(time.Now().Add(-time.Hour)) }))})
		if r.Code() != 109 {
			t.Errorf("%+v", r)
		}
	})
}
