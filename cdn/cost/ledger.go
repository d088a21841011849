package cost

import (
	"maps"
	"slices"
	"time"
)

// ledger is bills that have been added up so far.
type ledger struct {
	accounts map[string]*Account
	cdns     map[string]*line
	streams  map[string]*line
	total    line
}

// line is one sum.
type line struct {
	cost Money
	Use
}

func newLedger() ledger {
	return ledger{accounts: make(map[string]*Account), cdns: make(map[string]*line), streams: make(map[string]*line)}
}

func (l ledger) clone() ledger {
	c := newLedger()
	for name, a := range l.accounts {
		c.accounts[name] = a.Clone()
	}
	for name, v := range l.cdns {
		c.cdns[name] = new(*v)
	}
	for name, v := range l.streams {
		c.streams[name] = new(*v)
	}
	c.total = l.total
	return c
}

// fresh is a ledger that begins at zero, but with the tiers that this one has reached.
func (l ledger) fresh() ledger {
	c := newLedger()
	for name, a := range l.accounts {
		c.accounts[name] = a.Clone()
	}
	return c
}

// charge adds what counts. CDNs that have no prices cost nothing.
func (l *ledger) charge(table *Table, rows []Row) {
	for _, r := range rows {
		cost := Money(0)
		if cdn := table.CDNs[r.CDN]; cdn != nil && cdn.Priced() {
			account := l.accounts[r.CDN]
			if account == nil {
				account = NewAccount(cdn)
				l.accounts[r.CDN] = account
			}
			cost = account.Charge(r.Country, r.Requests, r.Bytes)
		}
		l.total.book(cost, r.Use)
		entry(l.cdns, r.CDN).book(cost, r.Use)
		entry(l.streams, r.Stream).book(cost, r.Use)
	}
}

func entry(m map[string]*line, name string) *line {
	if m[name] == nil {
		m[name] = new(line)
	}
	return m[name]
}

func (l *line) book(cost Money, u Use) {
	l.cost = l.cost.plus(cost)
	l.add(u)
}

// month adds the month up. Hours that are over are added once. The caller holds mu.
func (m *Meter) month(now time.Time) ledger {
	current := now.Unix() / 3600
	if m.closedTo == 0 || m.closedTo > current {
		m.closed, m.closedTo = newLedger(), m.start.Unix()/3600
	}
	for _, h := range slices.Sorted(maps.Keys(m.hours)) {
		if h >= m.closedTo && h < current {
			m.closed.charge(m.table, m.hours[h].counted())
		}
	}
	m.closedTo = current
	open := m.closed.clone()
	for _, h := range slices.Sorted(maps.Keys(m.hours)) {
		if h >= current {
			open.charge(m.table, m.hours[h].counted())
		}
	}
	return open
}

// last adds up the minutes before the one that runs, at the prices that the month
// has come to. The caller holds mu.
func (m *Meter) last(now time.Time, month ledger, minutes int64) ledger {
	l := month.fresh()
	end := now.Unix() / 60
	for minute := end - minutes; minute < end; minute++ {
		if slot := &m.minutes[minute%recent]; slot.minute == minute {
			l.charge(m.table, slot.bucket.counted())
		}
	}
	return l
}
