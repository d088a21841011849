package identity

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/globalfandom/lightstick/internal/jwtkeys"
)

const (
	// MaxToken is how long a token may be, in bytes: an RS256 signature of a 4096-bit
	// key has 683, and sites add claims of their own.
	MaxToken = 8 << 10
	// Leeway is how far the site's clock and ours may differ.
	Leeway = 10 * time.Second

	// lastSecond is that of the year 9999; what is beyond may not fit a time.
	lastSecond = 253402300799

	sessionKID = "lightstick" // header kid of accounts' tokens
)

// Token says who the holder of a token is. It fails with ErrToken, ErrExpired or
// ErrUnavailable.
func (a *Authority) Token(ctx context.Context, text string) (Identity, error) {
	id, err := a.token(ctx, text)
	a.metrics.token(err)
	if err == nil {
		a.cfg.Names.Seen(id.User)
	}
	return id, err
}

func (a *Authority) token(ctx context.Context, text string) (Identity, error) {
	if len(text) > MaxToken {
		return Identity{}, fault("it has more than %d bytes", MaxToken)
	}
	var claims Claims
	own, looked := false, false
	_, err := a.parser.ParseWithClaims(text, &claims, func(t *jwt.Token) (key any, err error) {
		looked = true
		if jwtkeys.Critical(t) {
			return nil, fault("its header demands what is not known here (crit)")
		}
		key, own, err = a.key(ctx, t)
		return key, err
	})
	if err != nil {
		return Identity{}, clean(err, looked)
	}
	if own {
		return a.account(ctx, &claims)
	}
	return a.site(&claims)
}

// key is what the token must be signed with. The algorithm in the header only chooses
// among keys; each key has one of its own, so that a public RSA key is never taken for
// an HMAC secret.
func (a *Authority) key(ctx context.Context, t *jwt.Token) (key any, own bool, err error) {
	kid, _ := t.Header["kid"].(string)
	switch alg := t.Method.Alg(); {
	case alg == jwtkeys.HS256 && kid == sessionKID:
		if a.cfg.Accounts == nil {
			return nil, false, fault("there are no accounts here")
		}
		return a.session, true, nil
	case alg == jwtkeys.HS256:
		if len(a.cfg.TokenKey) == 0 {
			return nil, false, fault("no key is shared for HS256 (chat.token_key)")
		}
		return []byte(a.cfg.TokenKey), false, nil
	case a.jwks == nil:
		return nil, false, fault("there is no key for %s (chat.jwks_url)", alg)
	default:
		key, err := a.jwks.key(ctx, kid, alg)
		return key, false, err
	}
}

// clean is a parser's error without anything of the token. Unless a key was looked for
// the parser didn't like the algorithm.
func clean(err error, looked bool) error {
	var said *tokenFault
	switch {
	case errors.Is(err, ErrUnavailable):
		return ErrUnavailable
	case errors.As(err, &said): // key or the header said why
		return said
	case errors.Is(err, jwt.ErrTokenMalformed):
		return fault("it is not a JWT, or a claim is of the wrong type")
	case !looked:
		return fault("its algorithm is none of HS256, EdDSA, ES256 and RS256")
	default:
		return fault("its signature is wrong")
	}
}

// site checks what a token of the site states.
func (a *Authority) site(c *Claims) (Identity, error) {
	options := []jwt.ParserOption{jwt.WithLeeway(Leeway), jwt.WithExpirationRequired()}
	if a.cfg.Audience != "" {
		options = append(options, jwt.WithAudience(a.cfg.Audience))
	}
	if a.cfg.Issuer != "" {
		options = append(options, jwt.WithIssuer(a.cfg.Issuer))
	}
	if err := validate(c, options...); err != nil {
		return Identity{}, err
	}
	begin := time.Now()
	if c.IssuedAt != nil && c.IssuedAt.Before(begin) {
		begin = c.IssuedAt.Time
	}
	if c.ExpiresAt.Sub(begin) > a.cfg.MaxLife+Leeway {
		return Identity{}, fault("it is valid for longer than %v", a.cfg.MaxLife)
	}
	if err := c.checkSite(); err != nil {
		return Identity{}, err
	}
	return Identity{User: c.user(), Rooms: c.Rooms, Expires: c.ExpiresAt.Add(Leeway)}, nil
}

// account checks a token of our own: the account may have been changed or deleted.
func (a *Authority) account(ctx context.Context, c *Claims) (Identity, error) {
	if err := validate(c, jwt.WithExpirationRequired()); err != nil {
		return Identity{}, err
	}
	id, err := a.current(ctx, c.Subject, c.Password)
	id.Expires = c.ExpiresAt.Time
	return id, err
}

// current is an account's identity as it is now.
func (a *Authority) current(ctx context.Context, id, password string) (Identity, error) {
	account, err := a.cfg.Accounts.Get(ctx, id)
	switch {
	case errors.Is(err, ErrNoAccount):
		return Identity{}, fault("the account is gone")
	case err != nil:
		return Identity{}, ErrUnavailable // logged where it happened
	case account.Disabled:
		return Identity{}, fault("the account is locked")
	case a.passwordMark(account) != password:
		return Identity{}, fault("the password has been changed; sign in again")
	}
	return Identity{User: account.User(), Account: true, password: password}, nil
}

// validate checks times, audience and issuer.
func validate(c *Claims, options ...jwt.ParserOption) error {
	for _, d := range []*jwt.NumericDate{c.ExpiresAt, c.NotBefore, c.IssuedAt} {
		if d != nil && (d.Unix() < 0 || d.Unix() > lastSecond) {
			return fault("exp, nbf or iat is no date")
		}
	}
	err := jwt.NewValidator(options...).Validate(c)
	switch {
	case err == nil:
		return nil
	case errors.Is(err, jwt.ErrTokenRequiredClaimMissing):
		return fault("exp, aud or iss is missing")
	case errors.Is(err, jwt.ErrTokenInvalidAudience):
		return fault("it is for another audience")
	case errors.Is(err, jwt.ErrTokenInvalidIssuer):
		return fault("it is of another issuer")
	case errors.Is(err, jwt.ErrTokenNotValidYet):
		return fault("it is not valid yet; is the clock right?")
	case errors.Is(err, jwt.ErrTokenExpired):
		return ErrExpired
	}
	return fault("its claims are not valid")
}

// Refresh says who the holder of a new token is, if that is the same user as before:
// a connection doesn't change hands. It fails as Token does.
func (a *Authority) Refresh(ctx context.Context, before Identity, text string) (Identity, error) {
	id, err := a.Token(ctx, text)
	if err == nil && id.User.ID != before.User.ID {
		return Identity{}, fault("it is somebody else's")
	}
	return id, err
}

// Recheck says what has become of an identity without a new token: an account may have
// another role or be gone (ErrToken), anybody's time may be over (ErrExpired).
func (a *Authority) Recheck(ctx context.Context, id Identity) (Identity, error) {
	if !id.Expires.IsZero() && !time.Now().Before(id.Expires) {
		return Identity{}, ErrExpired
	}
	if !id.Account {
		return id, nil
	}
	now, err := a.current(ctx, id.User.ID, id.password)
	now.Expires = id.Expires
	return now, err
}

// Sign makes a token as a site would, with the key that it shares with this server.
func Sign(key []byte, c Claims) (string, error) {
	if len(key) < jwtkeys.MinSecret {
		return "", fmt.Errorf("chat.token_key: has %d bytes; use at least %d", len(key), jwtkeys.MinSecret)
	}
	if c.ExpiresAt == nil {
		return "", fault("exp is missing")
	}
	if err := c.checkSite(); err != nil {
		return "", err
	}
	return jwt.NewWithClaims(jwt.SigningMethodHS256, &c).SignedString(key)
}

// signSession makes the token of an account.
func (a *Authority) signSession(account Account, now time.Time) (string, error) {
	t := jwt.NewWithClaims(jwt.SigningMethodHS256, &Claims{
		RegisteredClaims: jwt.RegisteredClaims{Subject: account.ID, IssuedAt: date(now), ExpiresAt: date(now.Add(SessionLife))},
		Password:         a.passwordMark(account),
	})
	t.Header["kid"] = sessionKID
	return t.SignedString(a.session)
}

// passwordMark changes with the password, and tells nothing of it.
func (a *Authority) passwordMark(account Account) string {
	return hex.EncodeToString(sealer{a.session}.mac([]byte("password " + account.ID + " " + string(account.Password))))
}
