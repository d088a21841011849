package cost

import (
	"cmp"
	"slices"
	"time"
)

// Report is what delivery costs.
type Report struct {
	At       time.Time
	Currency string
	// Rate is the cost of an hour at the pace of the last minute, five minutes and hour.
	Rate Rates
	// Month is the cost since MonthStart.
	MonthStart time.Time
	Month      Money
	// Watched is the viewers' time of the last hour; PerViewerHour is what one hour of it
	// cost, 0 if nobody is known to have watched.
	Watched       ViewerTime
	PerViewerHour Money
	CDNs          []Item // by name
	Streams       []Item // the dearest in the last hour first
}

// Rates are costs of an hour.
type Rates struct{ Minute, FiveMinutes, Hour Money }

// Item is one CDN's or stream's part.
type Item struct {
	Name     string
	Rate     Rates
	Month    Money
	Requests int64 // of the month
	Bytes    int64
	Watched  ViewerTime
	// PerViewerHour is of the last hour.
	PerViewerHour Money
	Priced        bool // of a CDN: there are prices for it
}

// windows are what the rates are of, in minutes.
var windows = [...]int64{1, 5, 60}

// Report adds up.
func (m *Meter) Report() Report {
	m.mu.Lock()
	defer m.mu.Unlock()
	now := time.Now()
	m.turn(now)
	month := m.month(now)
	var last [len(windows)]ledger
	for i, w := range windows {
		last[i] = m.last(now, month, w)
	}
	hour := last[len(last)-1]
	r := Report{
		At: now, Currency: m.table.Currency, MonthStart: m.start, Month: month.total.cost, Watched: hour.total.Watched,
		PerViewerHour: perViewerHour(&hour.total), Rate: rates(last, func(l ledger) *line { return &l.total }),
	}
	for name, sum := range month.cdns {
		cdn := m.table.CDNs[name]
		r.CDNs = append(r.CDNs, item(name, sum, rates(last, func(l ledger) *line { return l.cdns[name] }), hour.cdns[name], cdn != nil && cdn.Priced()))
	}
	for name, sum := range month.streams {
		r.Streams = append(r.Streams, item(name, sum, rates(last, func(l ledger) *line { return l.streams[name] }), hour.streams[name], true))
	}
	slices.SortFunc(r.CDNs, func(a, b Item) int { return cmp.Compare(a.Name, b.Name) })
	slices.SortFunc(r.Streams, func(a, b Item) int {
		return cmp.Or(cmp.Compare(b.Rate.Hour, a.Rate.Hour), cmp.Compare(b.Month, a.Month), cmp.Compare(a.Name, b.Name))
	})
	return r
}

func item(name string, month *line, r Rates, hour *line, priced bool) Item {
	return Item{
		Name: name, Rate: r, Month: month.cost, Requests: month.Requests, Bytes: month.Bytes, Watched: month.Watched,
		PerViewerHour: perViewerHour(hour), Priced: priced,
	}
}

func rates(last [len(windows)]ledger, of func(ledger) *line) Rates {
	var hourly [len(windows)]Money
	for i, w := range windows {
		if l := of(last[i]); l != nil {
			hourly[i] = l.cost.times(60, float64(w))
		}
	}
	return Rates{Minute: hourly[0], FiveMinutes: hourly[1], Hour: hourly[2]}
}

func perViewerHour(l *line) Money {
	if l == nil {
		return 0
	}
	return l.cost.times(float64(Watching(time.Hour)), float64(l.Watched))
}
