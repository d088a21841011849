package identity

import (
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/netip"
	"strconv"
	"time"

	"github.com/globalfandom/lightstick/chat/message"
	"github.com/globalfandom/lightstick/internal/ratelimit"
)

// SessionLife is how long the token of an account holds.
const SessionLife = 12 * time.Hour

const maxLogin = 4 << 10 // bytes of a request

// SessionConfig says who may try to sign in how often.
type SessionConfig struct {
	// Address is who asks, whatever proxies are between; it must be set.
	Address func(*http.Request) netip.Addr
	// Origins are other sites whose pages may sign in, such as https://example.com.
	Origins []string
	// PerAddress and PerName are how many attempts there may be; zero: 10 a minute,
	// and 20 in 5 minutes.
	PerAddress, PerName ratelimit.Rate
}

// Session is POST /chat/session: {"name", "password"} in, {"token", "user"} out.
type Session struct {
	authority       *Authority
	address         func(*http.Request) netip.Addr
	origins         *http.CrossOriginProtection
	byAddr, byNames *ratelimit.Limiter
}

// Session makes the handler. Authority must have accounts.
func (a *Authority) Session(c SessionConfig) (*Session, error) {
	if c.PerAddress == (ratelimit.Rate{}) {
		c.PerAddress = ratelimit.Rate{Burst: 10, Per: time.Minute}
	}
	if c.PerName == (ratelimit.Rate{}) {
		c.PerName = ratelimit.Rate{Burst: 20, Per: 5 * time.Minute}
	}
	s := &Session{
		authority: a, address: c.Address, origins: http.NewCrossOriginProtection(),
		byAddr: ratelimit.New(ratelimit.Config{Address: c.PerAddress, Max: 1 << 16}), byNames: ratelimit.New(ratelimit.Config{User: c.PerName, Max: 1 << 14}),
	}
	for _, origin := range c.Origins {
		if err := s.origins.AddTrustedOrigin(origin); err != nil {
			return nil, err
		}
	}
	return s, nil
}

type login struct {
	Name     string `json:"name"`
	Password string `json:"password"`
}

// SessionReply is what a sign-in answers.
type SessionReply struct {
	Token   string       `json:"token"`
	User    message.User `json:"user"`
	Expires int64        `json:"expires"` // Unix ms
}

// sessionError is what is answered instead.
type sessionError struct {
	Error string `json:"error"`
	Retry int64  `json:"retry,omitempty"` // ms
}

// ServeHTTP implements http.Handler.
func (s *Session) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	in, ok := s.read(w, r)
	if !ok || !s.admit(w, r, in.Name) {
		return
	}
	a := s.authority
	account, err := a.cfg.Accounts.login(r.Context(), in.Name, in.Password)
	if errors.Is(err, errNoPassword) {
		s.refuse(w, "wrong", http.StatusUnauthorized, errNoPassword.Error(), 0)
		return
	}
	var text string
	now := time.Now()
	if err == nil {
		text, err = a.signSession(account, now)
	}
	if err != nil {
		a.log.Warn("a sign-in could not be checked", "err", err)
		s.refuse(w, "unavailable", http.StatusServiceUnavailable, "signing in does not work right now", 2*time.Second)
		return
	}
	a.metrics.logins.WithLabelValues("ok").Inc()
	writeJSON(w, http.StatusOK, SessionReply{text, account.User(), now.Add(SessionLife).UnixMilli()})
}

// read reads the request. Only a page of our own, or no page, may send it: JSON can't
// be sent by a form, and the browser tells where a script's request comes from.
func (s *Session) read(w http.ResponseWriter, r *http.Request) (in login, ok bool) {
	media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	switch {
	case r.Method != http.MethodPost:
		w.Header().Set("Allow", http.MethodPost)
		s.refuse(w, "bad", http.StatusMethodNotAllowed, "use POST", 0)
	case s.origins.Check(r) != nil:
		s.refuse(w, "bad", http.StatusForbidden, "signing in is for this site's own pages", 0)
	case err != nil || media != "application/json":
		s.refuse(w, "bad", http.StatusUnsupportedMediaType, "send application/json", 0)
	default:
		return s.decode(w, r)
	}
	return login{}, false
}

func (s *Session) decode(w http.ResponseWriter, r *http.Request) (in login, ok bool) {
	data, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxLogin))
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		s.refuse(w, "bad", http.StatusRequestEntityTooLarge, "the request is too large", 0)
	case err != nil || json.Unmarshal(data, &in) != nil || in.Name == "" || in.Password == "":
		s.refuse(w, "bad", http.StatusBadRequest, `send {"name": "…", "password": "…"}`, 0)
	default:
		return in, true
	}
	return login{}, false
}

// admit counts the attempt. The address is counted first, so that one address can't
// use up the attempts at a name before its own are gone.
func (s *Session) admit(w http.ResponseWriter, r *http.Request, name string) bool {
	now := time.Now()
	retry, ok := s.byAddr.Take(now, ratelimit.Who{Address: s.address(r)})
	if ok {
		retry, ok = s.byNames.Take(now, ratelimit.Who{User: s.authority.cfg.Names.Key(message.Name(name))})
	}
	if !ok {
		s.refuse(w, "limited", http.StatusTooManyRequests, "too many attempts; wait a little", retry)
	}
	return ok
}

func (s *Session) refuse(w http.ResponseWriter, result string, status int, text string, retry time.Duration) {
	s.authority.metrics.logins.WithLabelValues(result).Inc()
	if retry > 0 {
		w.Header().Set("Retry-After", strconv.FormatInt(int64((retry+time.Second-1)/time.Second), 10))
	}
	writeJSON(w, status, sessionError{text, retry.Milliseconds()})
}

func writeJSON(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // whoever asked may have gone
}
