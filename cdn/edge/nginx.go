package edge

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"
)

// nginx lets requests for an object that is on its way wait (proxy_cache_lock), but
// looks for it only every 500 ms, or once, after proxy_cache_lock_timeout. So that a
// viewer has a part some milliseconds after the first one, its request goes through a
// chain of named locations, each of which waits a little in the same lock: rounds.
// Since nginx allows ten internal redirects a request, a longer wait goes on in a new
// request that nginx sends to itself, where rounds are coarser.

// round is one wait in a chain.
type round struct {
	Name string // of its location
	Wait string // proxy_cache_lock_timeout
	Next string // location where to go on
}

// wait is a chain: the first wait is that of the location where it begins.
type wait struct {
	Name   string
	First  string
	Rounds []round
}

// maxRounds leaves two of the ten redirects: into the chain and out of it.
const maxRounds = 8

// waits are the chains: for reloads that wait for a part, whose time is about known;
// for objects that the origin has already; and for those that go on waiting.
func waits(part time.Duration) []wait {
	step := max(part/32, 4*time.Millisecond) // 8 ms for 250 ms
	steady := slices.Repeat([]time.Duration{step}, maxRounds)
	slow := slices.Repeat([]time.Duration{4 * step}, maxRounds)
	return []wait{
		chain("reload", "@more", part/2, steady),
		chain("fetch", "@more", 4*time.Millisecond, []time.Duration{
			4 * time.Millisecond, 6 * time.Millisecond, 8 * time.Millisecond, 10 * time.Millisecond,
			12 * time.Millisecond, 16 * time.Millisecond, 20 * time.Millisecond, 30 * time.Millisecond,
		}),
		chain("more", "@again", step, steady),
		chain("again", "@slow", step, steady), // until 1.3 parts have gone by
		chain("slow", "@last", 2*step, slow),
	}
}

func chain(name, out string, first time.Duration, rounds []time.Duration) wait {
	w := wait{Name: name, First: milliseconds(first)}
	for i, d := range rounds {
		next := fmt.Sprintf("@%s%d", name, i+2)
		if i == len(rounds)-1 {
			next = out
		}
		w.Rounds = append(w.Rounds, round{Name: fmt.Sprintf("@%s%d", name, i+1), Wait: milliseconds(d), Next: next})
	}
	return w
}

func milliseconds(d time.Duration) string { return fmt.Sprintf("%dms", max(d.Milliseconds(), 1)) }

// Wait is the chain of a name.
func (v *values) Wait(name string) (wait, error) {
	for _, w := range v.Waits {
		if w.Name == name {
			return w, nil
		}
	}
	return wait{}, fmt.Errorf("no chain %q", name)
}

// Self is where nginx reaches itself.
func (v *values) Self() address {
	a := v.Listen
	if a.everywhere() {
		host := "127.0.0.1"
		if a.Host == "::" {
			host = "::1"
		}
		a.Host = host
	}
	return a
}

// ListenAgain is the address in nginx's words, with what all servers there share.
func (v *values) ListenAgain() string {
	text := v.Listen.String()
	if v.Listen.Host == "" {
		text = v.Listen.Port
	}
	if v.TLSCert != "" {
		text += " ssl http2"
	}
	return text
}

// ListenOn is the same with what is said once.
func (v *values) ListenOn() string {
	text := v.ListenAgain() + " default_server backlog=4096"
	if v.Listen.Host == "::" {
		text += " ipv6only=off"
	}
	return text
}

// OwnAddress is what nginx's requests to itself come from, if not from loopback.
func (v *values) OwnAddress() string {
	ip, err := netip.ParseAddr(v.Listen.Host)
	if err != nil || ip.IsUnspecified() || ip.IsLoopback() {
		return ""
	}
	return ip.String()
}

// ToOrigin and ToSelf are for proxy_pass.
func (v *values) ToOrigin() string { return scheme(v.Origin.TLS) + "://origin" }

// ToEntry is the same by way of deciding who goes on.
func (v *values) ToEntry() string { return strings.Replace(v.ToSelf(), "//self", "//entry", 1) }

// Words by which nginx's hash (crc32, as Cache::Memcached has it) picks the first and the
// second of two servers.
func (*values) Onward() string { return "onwards" }

// Later is the second.
func (*values) Later() string { return "later" }

// ToSelf is followed by what TLS to oneself needs.
func (v *values) ToSelf() string {
	if v.TLSCert != "" {
		return "https://self; proxy_ssl_verify off; proxy_ssl_server_name off"
	}
	return "http://self"
}

func scheme(tls bool) string {
	if tls {
		return "https"
	}
	return "http"
}

// innerServer is what the template of a server for waiting viewers is given.
type innerServer struct {
	*values
	Chain wait
	Out   string
}

// Inner is the server of a chain; requests that leave it go to the server named out.
func (v *values) Inner(name, out string) (innerServer, error) {
	w, err := v.Wait(name)
	return innerServer{v, w, out}, err
}
