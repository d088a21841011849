package identity

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/globalfandom/lightstick/chat/message"
	"github.com/globalfandom/lightstick/internal/jwtkeys"
	"github.com/globalfandom/lightstick/internal/setting"
)

// Config says whom to believe. Only Master must be set.
type Config struct {
	// Master is the key that guests' tickets and accounts' tokens are signed under, at
	// least 32 bytes: LoadKey, or TokenKey if that is set.
	Master []byte
	Settings
	// GuestLife is how long a guest who stays away is known again; 0: 90 days.
	GuestLife time.Duration
	// JWKSRefresh is how often the keys are fetched anew; 0: 15 minutes.
	JWKSRefresh time.Duration
	// Transport fetches the JWKS; nil: http.DefaultTransport.
	Transport http.RoundTripper
	// Names are the names in use; nil: only the reserved words are kept.
	Names *Names
	// Accounts are the built-in accounts; nil: none.
	Accounts *Accounts
	// Metrics is where the counters are registered; nil: nowhere.
	Metrics prometheus.Registerer
}

const (
	minKey           = jwtkeys.MinSecret
	defaultGuestLife = 90 * 24 * time.Hour
)

// Authority knows who somebody is. It may be used concurrently.
type Authority struct {
	cfg     Config
	log     *slog.Logger
	parser  *jwt.Parser
	jwks    *keySet // nil: none
	tickets sealer
	session []byte // key of accounts' tokens
	metrics *metrics
}

// New makes an Authority. Errors name the setting that can't be.
func New(c Config, log *slog.Logger) (*Authority, error) {
	if c.MaxLife <= 0 {
		c.MaxLife = setting.Default[Settings]().MaxLife
	}
	if c.GuestLife <= 0 {
		c.GuestLife = defaultGuestLife
	}
	if c.Names == nil {
		c.Names = NewNames(NamesConfig{})
	}
	if err := c.validate(); err != nil {
		return nil, err
	}
	a := &Authority{
		cfg: c, log: log, metrics: newMetrics(c.Metrics, c.JWKSURL != ""),
		parser:  jwtkeys.NewParser(jwtkeys.HS256, jwtkeys.EdDSA, jwtkeys.ES256, jwtkeys.RS256),
		tickets: sealer{derive(c.Master, "guest ticket")},
		session: derive(c.Master, "account session"),
	}
	if c.JWKSURL != "" {
		a.jwks = newKeySet(c.JWKSURL, c.JWKSRefresh, c.Transport, log, a.metrics)
	}
	return a, nil
}

func (c *Config) validate() error {
	err := c.Validate()
	if len(c.Master) < minKey {
		return errors.Join(err, fmt.Errorf("the master key has %d bytes; use at least %d", len(c.Master), minKey))
	}
	return err
}

// Run fetches the site's keys until ctx ends, if there is a JWKS URL; else it waits.
// Tokens of that site are refused with ErrUnavailable before it has begun.
func (a *Authority) Run(ctx context.Context) error {
	if a.jwks == nil {
		<-ctx.Done()
		return ctx.Err()
	}
	return a.jwks.run(ctx)
}

// TakesTokens tells whether anybody can come with a token at all.
func (a *Authority) TakesTokens() bool {
	return len(a.cfg.TokenKey) > 0 || a.jwks != nil || a.cfg.Accounts != nil
}

// Seen keeps a name its user's: tell it of whoever writes. To connect is to be seen.
func (a *Authority) Seen(u message.User) { a.cfg.Names.Seen(u) }

// Names are the names in use.
func (a *Authority) Names() *Names { return a.cfg.Names }
