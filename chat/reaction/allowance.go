package reaction

import "time"

// maxConnections bounds the connections that a shard remembers in a second.
const maxConnections = 1 << 14

// allowances hold what each connection has spent of its taps a second. A bucket is
// full again after a second, so who was silent for one needs none: two generations of a
// second each are enough, and nobody has to say goodbye.
type allowances struct {
	now, before map[string]bucket
	turned      time.Time
}

type bucket struct {
	spent float64
	at    time.Time
}

func newAllowances() allowances {
	return allowances{now: map[string]bucket{}, before: map[string]bucket{}}
}

// take grants up to wanted taps, of which there are perSecond.
func (a *allowances) take(from string, wanted, perSecond int, at time.Time) int {
	if at.Sub(a.turned) >= time.Second || len(a.now) >= maxConnections {
		clear(a.before)
		a.now, a.before, a.turned = a.before, a.now, at
	}
	b, known := a.now[from]
	if !known {
		b = a.before[from]
	}
	b.spent = max(0, b.spent-at.Sub(b.at).Seconds()*float64(perSecond))
	granted := min(wanted, int(float64(perSecond)-b.spent))
	b.spent += float64(granted)
	b.at = at
	a.now[from] = b
	return granted
}
