package identity

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/globalfandom/lightstick/internal/jwtkeys"
	"github.com/globalfandom/lightstick/internal/retry"
)

const (
	defaultRefresh = 15 * time.Minute
	fetchTimeout   = 5 * time.Second
	maxResponse    = 512 << 10 // bytes
	firstBackoff   = time.Second
	maxBackoff     = time.Minute
	// unknownEach is how often a key that isn't known makes us look for new ones:
	// anybody can invent names of keys.
	unknownEach = time.Minute
	// keyWait is how long a connection waits for the keys to be fetched.
	keyWait = 3 * time.Second
)

// keySet is the site's keys. The goroutine in run fetches them; everybody else reads.
type keySet struct {
	url     string
	refresh time.Duration
	client  *http.Client
	log     *slog.Logger
	metrics *metrics
	wake    chan struct{} // run should fetch now; room for one

	mu      sync.Mutex
	keys    []jwtkeys.PublicKey // never changed, only replaced; nil: none fetched yet
	err     error               // of the last fetch
	asked   time.Time           // when an unknown key last made run fetch
	fetched chan struct{}
	busy    bool // a fetch that somebody asked for has not ended
}

func newKeySet(address string, refresh time.Duration, transport http.RoundTripper, log *slog.Logger, m *metrics) *keySet {
	if refresh <= 0 {
		refresh = defaultRefresh
	}
	s := &keySet{url: address, refresh: refresh, log: log, metrics: m, wake: make(chan struct{}, 1), fetched: make(chan struct{})}
	s.client = &http.Client{Transport: transport, Timeout: fetchTimeout, CheckRedirect: checkRedirect}
	return s
}

// CheckJWKSURL reports a URL that keys can't be had from safely: who can change the
// answer on its way can make tokens. Plain HTTP is for this machine and private
// networks.
func CheckJWKSURL(text string) error {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || u.User != nil || u.Fragment != "" {
		return errors.New("not a URL such as https://example.com/.well-known/jwks.json")
	}
	return checkKeyURL(u)
}

func checkKeyURL(u *url.URL) error {
	host := u.Hostname()
	a, err := netip.ParseAddr(host)
	private := err == nil && (a.IsLoopback() || a.IsPrivate()) ||
		err != nil && (!strings.Contains(host, ".") || strings.HasSuffix(host, ".internal") || strings.HasSuffix(host, ".local"))
	if u.Scheme == "https" || u.Scheme == "http" && private {
		return nil
	}
	return errors.New("use https://; http:// is for hosts of a private network only")
}

func checkRedirect(r *http.Request, via []*http.Request) error {
	if len(via) > 3 {
		return errors.New("redirects more than three times")
	}
	return checkKeyURL(r.URL)
}

// run fetches the keys until ctx ends.
func (s *keySet) run(ctx context.Context) error {
	backoff := retry.Backoff{First: min(firstBackoff, s.refresh), Last: min(maxBackoff, s.refresh)}
	for {
		pause := retry.Jitter(s.refresh)
		if err := s.fetch(ctx); err != nil {
			pause = backoff.Next()
		} else {
			backoff.Reset()
		}
		timer := time.NewTimer(pause)
		select {
		case <-ctx.Done():
			timer.Stop()
			return ctx.Err()
		case <-timer.C:
		case <-s.wake:
			timer.Stop()
		}
	}
}

// fetch replaces the keys; if they can't be had those before stay.
func (s *keySet) fetch(ctx context.Context) error {
	s.mu.Lock()
	asked := s.busy // who asks from now on waits for the next fetch
	select {
	case <-s.wake:
	default:
	}
	s.mu.Unlock()
	keys, err := s.load(ctx)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	s.metrics.fetch(err, len(keys))
	s.mu.Lock()
	before, changed := s.err, len(keys) != len(s.keys)
	if s.err = err; err == nil {
		s.keys = keys
	}
	if asked {
		s.busy = false
	}
	close(s.fetched)
	s.fetched = make(chan struct{})
	s.mu.Unlock()
	switch {
	case err != nil && (before == nil || before.Error() != err.Error()):
		s.log.Warn("the chat's sign-in keys can't be fetched; those known stay", "url", s.shown(), "err", err)
	case err == nil && (before != nil || changed):
		s.log.Info("fetched the chat's sign-in keys", "url", s.shown(), "keys", len(keys))
	}
	return err
}

// shown is the URL without its query, which may hold a secret.
func (s *keySet) shown() string {
	address, _, _ := strings.Cut(s.url, "?")
	return address
}

func (s *keySet) load(ctx context.Context) ([]jwtkeys.PublicKey, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, s.url, nil)
	if err != nil {
		return nil, errors.New("the URL can't be read")
	}
	request.Header.Set("Accept", "application/jwk-set+json, application/json")
	response, err := s.client.Do(request)
	if err != nil {
		return nil, reason(err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("answers %d", response.StatusCode)
	}
	data, err := io.ReadAll(io.LimitReader(response.Body, maxResponse+1))
	if err != nil {
		return nil, reason(err)
	}
	if len(data) > maxResponse {
		return nil, fmt.Errorf("answers more than %d bytes", maxResponse)
	}
	keys, err := jwtkeys.ParseSet(data)
	if err == nil && len(keys) == 0 {
		err = errors.New("holds no key for EdDSA, ES256 or RS256")
	}
	return keys, err
}

// reason is an error of the client without the URL, which may hold a secret.
func reason(err error) error {
	var of *url.Error
	if errors.As(err, &of) {
		err = of.Err
	}
	var timeout net.Error
	if errors.As(err, &timeout) && timeout.Timeout() {
		return fmt.Errorf("no answer within %v", fetchTimeout)
	}
	return err
}

// key is the key of a token's header. A name that isn't known makes run fetch, at most
// once in unknownEach, and who asks waits for that.
func (s *keySet) key(ctx context.Context, kid, alg string) (any, error) {
	ctx, cancel := context.WithTimeout(ctx, keyWait)
	defer cancel()
	for {
		key, wait, err := s.find(kid, alg)
		if wait == nil {
			return key, err
		}
		select {
		case <-wait:
		case <-ctx.Done():
			return nil, ErrUnavailable
		}
	}
}

// find looks a key up, and says what to wait for if it may be there afterwards.
func (s *keySet) find(kid, alg string) (key any, wait <-chan struct{}, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if key, ok := match(s.keys, kid, alg); ok {
		return key, nil, nil
	}
	switch {
	case s.keys == nil && s.err == nil: // the first fetch is under way
		return nil, s.fetched, nil
	case s.busy:
		return nil, s.fetched, nil
	case time.Since(s.asked) >= unknownEach:
		s.asked, s.busy = time.Now(), true
		select {
		case s.wake <- struct{}{}:
		default: // it has been told
		}
		return nil, s.fetched, nil
	case s.err != nil:
		return nil, nil, ErrUnavailable // it may be a new key
	}
	return nil, nil, fault("the site has no such key (kid) for %s", alg)
}

// match finds the key of a name and an algorithm. A token without a name is for the
// only key of its algorithm.
func match(keys []jwtkeys.PublicKey, kid, alg string) (any, bool) {
	var found any
	n := 0
	for _, k := range keys {
		if k.Algorithm == alg && (kid == "" || k.ID == kid) {
			found = k.Key
			n++
		}
	}
	return found, n == 1 || n > 1 && kid != ""
}
