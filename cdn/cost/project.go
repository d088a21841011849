package cost

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"
)

// Show is an audience to come.
type Show struct {
	Viewers int           // at once, all the time
	For     time.Duration // how long
	// What one viewer takes in a second. 0: as measured.
	BytesPerSecond    float64
	RequestsPerSecond float64
	// Country is where all of them are; "": where those are who watch now, as far as is
	// known, and in each CDN's default region else.
	Country string
}

// Projection is what a show would cost.
type Projection struct {
	Show     // with what was measured
	Measured bool
	Bytes    int64
	Requests int64
	CDNs     []Quote // the cheapest first
}

// Quote is what it would cost on one CDN, with its tiers where the month has come to.
type Quote struct {
	Name     string
	Title    string
	Cost     Money
	PerHour  Money
	Verified bool
	Note     string
}

// The largest show.
const (
	MaxViewers = 1_000_000_000
	MaxShow    = 31 * 24 * time.Hour
)

// ErrNothingMeasured: nobody has watched lately, so that the show must say what a
// viewer takes.
var ErrNothingMeasured = errors.New("cost: nobody has watched in this month; say what a viewer takes")

// ErrShow reports a show that can't be.
var ErrShow = errors.New("projection")

// measured is how much must have been watched for an average to mean something.
const measured = ViewerTime(10_000)

// Project says what a show would cost on each CDN that has prices. It fails with
// ErrNothingMeasured or ErrShow.
func (m *Meter) Project(s Show) (Projection, error) {
	if s.Viewers < 1 || s.Viewers > MaxViewers || s.For <= 0 || s.For > MaxShow {
		return Projection{}, fmt.Errorf("%w: use 1 to %d viewers and up to %v", ErrShow, MaxViewers, MaxShow)
	}
	if bad(s.BytesPerSecond, 1e9) || bad(s.RequestsPerSecond, 1e4) {
		return Projection{}, fmt.Errorf("%w: use up to 1e9 bytes and 10,000 requests a second", ErrShow)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	now := time.Now()
	m.turn(now)
	month := m.month(now)
	hour := m.last(now, month, windows[len(windows)-1])
	p := Projection{Show: s}
	if err := p.measure(hour, month); err != nil {
		return p, err
	}
	seconds := float64(s.Viewers) * s.For.Seconds()
	p.Bytes, p.Requests = whole(seconds*p.BytesPerSecond), whole(seconds*p.RequestsPerSecond)
	mix := map[string]float64{s.Country: 1}
	if s.Country == "" {
		mix = m.mix(now)
	}
	for name, cdn := range m.table.CDNs {
		if cdn.Priced() && name != OriginCDN {
			p.CDNs = append(p.CDNs, p.quote(name, cdn, month.accounts[name], mix))
		}
	}
	slices.SortFunc(p.CDNs, func(a, b Quote) int { return cmp.Or(cmp.Compare(a.Cost, b.Cost), cmp.Compare(a.Name, b.Name)) })
	return p, nil
}

func bad(v, limit float64) bool { return math.IsNaN(v) || v < 0 || v > limit }

func whole(v float64) int64 {
	if v >= float64(math.MaxInt64) {
		return math.MaxInt64
	}
	return int64(math.Round(v))
}

// measure takes what the show leaves open from the last hour, or from the month.
func (p *Projection) measure(hour, month ledger) error {
	if p.BytesPerSecond > 0 && p.RequestsPerSecond > 0 {
		return nil
	}
	l, ok := viewing(hour)
	if !ok {
		l, ok = viewing(month)
	}
	switch {
	case ok:
	case p.BytesPerSecond > 0:
		return nil // requests are little of the bill: better than nothing
	default:
		return ErrNothingMeasured
	}
	p.Measured = true
	if p.BytesPerSecond == 0 {
		p.BytesPerSecond = float64(l.Bytes) / l.Watched.Seconds()
	}
	if p.RequestsPerSecond == 0 {
		p.RequestsPerSecond = float64(l.Requests) / l.Watched.Seconds()
	}
	return nil
}

// viewing is what viewers took in the time that they are known to have watched: by
// the CDN of which most is known, the origin last, because caches ask it in viewers'
// place.
func viewing(l ledger) (best line, ok bool) {
	for name, c := range l.cdns {
		if c.Watched >= measured && c.Bytes > 0 && name != OriginCDN && c.Watched > best.Watched {
			best, ok = *c, true
		}
	}
	if c := l.cdns[OriginCDN]; !ok && c != nil && c.Watched >= measured && c.Bytes > 0 {
		best, ok = *c, true
	}
	return best, ok
}

// mix is which share of the last hour's bytes went where.
func (m *Meter) mix(now time.Time) map[string]float64 {
	shares, total := make(map[string]float64), 0.0
	end := now.Unix() / 60
	for minute := end - (recent - 1); minute <= end; minute++ {
		slot := &m.minutes[minute%recent]
		if slot.minute != minute {
			continue
		}
		for _, r := range slot.bucket.counted() {
			if r.Country != "" {
				shares[r.Country] += float64(r.Bytes)
				total += float64(r.Bytes)
			}
		}
	}
	if total == 0 {
		return map[string]float64{"": 1}
	}
	for c := range shares {
		shares[c] /= total
	}
	return shares
}

func (p *Projection) quote(name string, cdn *CDN, account *Account, mix map[string]float64) Quote {
	if account == nil {
		account = NewAccount(cdn)
	} else {
		account = account.Clone()
	}
	q := Quote{Name: name, Title: cdn.Name, Verified: cdn.Verified, Note: cdn.Note}
	countries := make([]string, 0, len(mix))
	for c := range mix {
		countries = append(countries, c)
		if _, r := cdn.regionOf(c); r.Unverified {
			q.Verified = false
		}
	}
	slices.Sort(countries)
	for _, c := range countries {
		q.Cost = q.Cost.plus(account.Charge(c, whole(float64(p.Requests)*mix[c]), whole(float64(p.Bytes)*mix[c])))
	}
	q.PerHour = q.Cost.times(float64(time.Hour), float64(p.For))
	return q
}
