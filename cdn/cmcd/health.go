package cmcd

import (
	"net/netip"
	"sync"
	"time"

	"github.com/globalfandom/lightstick/internal/clientnet"
)

// Health is how many sessions a CDN served in the last minute, and how many of them
// reported errors or stalls. A session counts once for each, whatever it sends.
type Health struct {
	Sessions, Failed, Stalled int
}

// The window that Health looks back over, in slices.
const (
	healthSlice  = 5 * time.Second
	healthSlices = 12
	healthWindow = healthSlice * healthSlices
)

// health counts the sessions of a CDN by slices of time.
type health struct {
	mu     sync.Mutex
	slices [healthSlices]struct {
		number int64 // of the slice since 1970
		Health
	}
}

func (h *health) add(now time.Time, d Health) {
	number := now.UnixNano() / int64(healthSlice)
	h.mu.Lock()
	defer h.mu.Unlock()
	s := &h.slices[number%healthSlices]
	if s.number != number {
		s.number, s.Health = number, Health{}
	}
	s.Sessions += d.Sessions
	s.Failed += d.Failed
	s.Stalled += d.Stalled
}

func (h *health) sum(now time.Time) (sum Health) {
	number := now.UnixNano() / int64(healthSlice)
	h.mu.Lock()
	defer h.mu.Unlock()
	for i := range h.slices {
		if s := &h.slices[i]; s.number > number-healthSlices && s.number <= number {
			sum.Sessions += s.Sessions
			sum.Failed += s.Failed
			sum.Stalled += s.Stalled
		}
	}
	return sum
}

// Health is that of a CDN by its configured name; of others it is zero.
func (c *Collector) Health(name string) Health {
	h := c.health[name]
	if h == nil {
		return Health{}
	}
	return h.sum(time.Now())
}

// verdicts are when a session was last counted, so that it counts once a window.
type verdicts struct {
	cdn                     string
	active, failed, stalled time.Time
}

// judge counts the session for the health of the CDN that the report is about.
func (s *session) judge(c *Collector, r *Report, sum *totals, now time.Time) {
	name := s.group.key.cdn
	failed := r.failed()
	if failed {
		s.group.add(now, func(t *totals) { t.errors++ })
		if r.CDN != "" {
			name = r.CDN
		}
	}
	h := c.health[name]
	if h == nil || !s.votes {
		return
	}
	var d Health
	v := &s.judged
	if v.cdn != name {
		// Back and forth all the time must not count for more than a session.
		if soon := now.Sub(v.active) < healthSlice; soon && (!failed || now.Sub(v.failed) < healthWindow) {
			return
		}
		v.cdn, v.active = name, time.Time{}
	}
	count := func(last *time.Time, n *int) {
		if now.Sub(*last) >= healthWindow {
			*last, *n = now, 1
		}
	}
	if failed {
		count(&v.failed, &d.Failed)
	}
	if sum.stalled > 0 || sum.stalls > 0 {
		count(&v.stalled, &d.Stalled)
	}
	if count(&v.active, &d.Sessions); d != (Health{}) {
		h.add(now, d)
	}
}

// voters bound what one address can do at a time. Few of its sessions count for a CDN's
// health: whoever invents sessions must not be able to send everybody else away from a
// CDN, by keeping those of the last hour alive either. And it can't fill the memory that
// all sessions share, so that nobody else is heard.
type voters struct {
	mu sync.Mutex
	m  map[netip.Addr]int // sessions, by network
}

const (
	maxVotes = 8 // sessions an address: a household
	// An address may have one in so many of all sessions: 10,000, a carrier's NAT.
	sessionShare = 20
)

// admit reports whether there may be one more session, of most, and whether it counts
// for health. If there may be, leave must be called at its end.
func (v *voters) admit(address netip.Addr, most int) (ok, votes bool) {
	address = clientnet.Addr(address)
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.m == nil {
		v.m = make(map[netip.Addr]int)
	}
	n := v.m[address]
	if n >= most {
		return false, false
	}
	v.m[address] = n + 1
	return true, n < maxVotes
}

func (v *voters) leave(address netip.Addr) {
	address = clientnet.Addr(address)
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.m[address]--; v.m[address] <= 0 {
		delete(v.m, address)
	}
}
