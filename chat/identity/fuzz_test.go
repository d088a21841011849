package identity

import (
	"errors"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/globalfandom/lightstick/chat/message"
	"github.com/globalfandom/lightstick/internal/jwtkeys"
	"github.com/globalfandom/lightstick/internal/setting"
)

func FuzzToken(f *testing.F) {
	a := newAuthority(f, Config{Settings: Settings{TokenKey: setting.Secret(siteKey)}})
	whole := hs(f, nil)
	f.Add(whole, `{"sub":"a","exp":99999999999}`)
	f.Add(whole+"x", `{"sub":"a","exp":1e308,"nbf":-1e308,"iat":null,"rooms":[null]}`)
	f.Add("eyJhbGciOiJub25lIn0.e30.", `{"sub":{"a":1},"exp":[]}`)
	f.Add("..", `[[[[[[`)
	f.Add(strings.Repeat("a.", 5000), `{"aud":[1],"exp":"x","name":"\ud800"}`)
	f.Fuzz(func(t *testing.T, text, payload string) {
		check := func(id Identity, err error) {
			if err != nil {
				if !errors.Is(err, ErrToken) && !errors.Is(err, ErrExpired) {
					t.Fatalf("a strange error: %v", err)
				}
				return
			}
			if u := id.User; u.ID == "" || len(u.ID) > maxSubject || !u.Role.Valid() || u.Name == "" || !utf8.ValidString(u.Name) || time.Until(id.Expires) > 25*time.Hour {
				t.Fatalf("a strange identity: %+v", id)
			}
		}
		id, err := a.Token(t.Context(), text)
		if signed := beforeSignature(text); err == nil && text != sign2(signed, siteKey) {
			t.Fatalf("a forged token is taken: %q", text)
		}
		check(id, err)
		// What a site with the key, but with faults, may sign.
		check(a.Token(t.Context(), sign2("eyJhbGciOiJIUzI1NiJ9."+rawURL(payload), siteKey)))
	})
}

func FuzzTicket(f *testing.F) {
	a := newAuthority(f, Config{})
	_, good, err := a.Guest(f.Context(), "", "Mina")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good, "Mina")
	f.Add(good[:len(good)-1], "")
	f.Add(good+"\n", "\u202e")
	f.Add("", "관리자")
	f.Add(strings.Repeat("A", MaxTicket), "\xff\xfe")
	f.Fuzz(func(t *testing.T, ticket, name string) {
		opened, ok := a.tickets.open(ticket)
		if ok && a.tickets.seal(opened) != ticket {
			t.Fatalf("%q has a second form", ticket)
		}
		id, next, err := a.Guest(t.Context(), ticket, name)
		var refused *message.Refusal
		if err != nil && !errors.As(err, &refused) {
			t.Fatalf("a strange error: %v", err)
		}
		if !id.IsGuest() || len(next) > MaxTicket || !utf8.ValidString(id.User.Name) {
			t.Fatalf("%+v, %q", id, next)
		}
		again, _, err := a.Guest(t.Context(), next, "")
		if err != nil || again.User != id.User {
			t.Fatalf("%+v comes back as %+v, %v", id, again, err)
		}
	})
}

func FuzzKeySet(f *testing.F) {
	f.Add([]byte(keySetOf(jwkOf(rsaKey, "rsa"), jwkOf(ecKey, "ec"), jwkOf(edKey, "ed"))))
	f.Add([]byte(`{"keys":[{"kty":"EC","crv":"P-256","x":"AA","y":"AA"},{"kty":"RSA","n":"AA","e":"AA"},null,1,{}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		keys, err := jwtkeys.ParseSet(data)
		if err != nil && len(keys) > 0 {
			t.Fatal("keys beside an error")
		}
		for _, k := range keys {
			if k.Key == nil || k.Algorithm == "" || k.Algorithm == jwtkeys.HS256 {
				t.Fatalf("%+v", k)
			}
		}
	})
}

func FuzzPasswordHash(f *testing.F) {
	f.Add(owasp.text(make([]byte, saltSize), make([]byte, hashSize)))
	f.Add("$argon2id$v=19$m=4294967295,t=4294967295,p=255$AAAA$AAAA")
	f.Add("$argon2id$v=19$m=10,t=1,p=1$AAAAAAAAAAAAAAA\rAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAA") // base64 passes over it
	f.Add("$$$$$")
	f.Fuzz(func(t *testing.T, text string) {
		p, salt, hash, err := parseHash(text)
		if err != nil {
			return
		}
		if p.memory > maxMemory || p.time > maxTime || p.parallelism > maxParallel {
			t.Fatalf("%+v", p)
		}
		if p.text(salt, hash) != text {
			t.Fatalf("%q has a second form", text)
		}
	})
}

// beforeSignature is what a token's signature is over.
func beforeSignature(text string) string { return text[:max(0, strings.LastIndexByte(text, '.'))] }
