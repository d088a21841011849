package token

import (
	"crypto/sha256"
	"encoding/hex"
	"net/netip"
	"slices"
	"strings"
	"time"
)

// Verified is a token whose signature was good. It is never changed.
type Verified struct {
	claims     Claims
	streams    []string
	network    netip.Prefix // the zero value: any
	countries  []string     // upper case
	referrers  []string     // lower case
	name       string       // of the session
	session    string       // the same with the subject
	begin, end time.Time    // with leeway
}

func newTicket(c Claims, hash [sha256.Size]byte) (*Verified, error) {
	if err := c.validate(); err != nil {
		return nil, err
	}
	t := &Verified{claims: c, streams: strings.Fields(c.Subject), end: c.Expires.Add(Leeway)}
	t.network, _ = c.network() // validate has checked it
	if c.NotBefore != nil {
		t.begin = c.NotBefore.Add(-Leeway)
	}
	for _, code := range c.Country {
		t.countries = append(t.countries, strings.ToUpper(code))
	}
	for _, host := range c.Referrers {
		t.referrers = append(t.referrers, strings.ToLower(host))
	}
	switch {
	case c.Session != "":
		t.name = c.Session
	case c.ID != "":
		t.name = "jti:" + c.ID
	default:
		t.name = "token:" + hex.EncodeToString(hash[:])
	}
	t.session = c.Subject + " " + t.name
	return t, nil
}

// Target is what somebody wants to watch.
type Target struct {
	Stream    string
	Recording string // "": live
}

// Viewer is who wants to watch. What isn't known is empty; a condition on it is then not
// met.
type Viewer struct {
	Address  netip.Addr
	Country  string // ISO 3166-1 alpha-2
	Referrer string // host name of the site
}

// Allow reports whether the ticket lets a viewer have the target now: nil or a Refusal.
// How many screens there are is for others to say.
func (t *Verified) Allow(now time.Time, target Target, v Viewer) error {
	switch {
	case !now.Before(t.end):
		return Expired
	case now.Before(t.begin):
		return Early
	case !t.covers(target):
		return Stream
	case t.network.IsValid() && !t.network.Contains(v.Address.Unmap()):
		return Address
	case len(t.countries) > 0 && !slices.Contains(t.countries, strings.ToUpper(v.Country)):
		return Country
	case len(t.referrers) > 0 && !t.refers(v.Referrer):
		return Referrer
	}
	return nil
}

func (t *Verified) covers(target Target) bool {
	if t.claims.Recording != "" && t.claims.Recording != target.Recording {
		return false
	}
	for _, pattern := range t.streams {
		if prefix, open := strings.CutSuffix(pattern, "*"); pattern == target.Stream || open && strings.HasPrefix(target.Stream, prefix) {
			return true
		}
	}
	return false
}

func (t *Verified) refers(host string) bool {
	host = strings.ToLower(host)
	return host != "" && slices.ContainsFunc(t.referrers, func(pattern string) bool {
		suffix, open := strings.CutPrefix(pattern, "*")
		return host == pattern || open && strings.HasSuffix(host, suffix)
	})
}

// WantsCountry and WantsReferrer report whether the answer depends on them, so that
// nobody looks for what isn't needed.
func (t *Verified) WantsCountry() bool { return len(t.countries) > 0 }

// WantsReferrer is described at WantsCountry.
func (t *Verified) WantsReferrer() bool { return len(t.referrers) > 0 }

// Left is how long the ticket is valid from now on, leeway left out; 0 or less: not.
func (t *Verified) Left(now time.Time) time.Duration { return t.end.Add(-Leeway).Sub(now) }

// Session names what screens are counted by, the same for every token of one session
// and subject.
func (t *Verified) Session() string { return t.session }

// Recording is the only recording that the ticket is for; "": it says nothing of any.
func (t *Verified) Recording() string { return t.claims.Recording }

// Screens is how many players may watch at once; 0: any number.
func (t *Verified) Screens() int { return t.claims.Screens }

// Screen names the player that the token was given to; "": anybody has it.
func (t *Verified) Screen() string { return t.claims.Screen }

// ForScreen are the claims of a token for one player: the same, and its name.
func (t *Verified) ForScreen(name string) Claims {
	c := t.claims
	c.Screen = name
	c.Session = t.name // by which it is found again
	return c
}
