package cost

import (
	"cmp"
	"context"
	"slices"
	"time"
)

// Via is where a usage's figures come from.
type Via string

// The sources, as the journal keeps them.
const (
	ViaOrigin  Via = "origin"  // our own counters
	ViaReports Via = "reports" // players' reports (CMCD)
	ViaLogs    Via = "logs"    // a CDN's logs
)

// Usage is deliveries that somebody saw.
type Usage struct {
	At      time.Time // when, to the minute
	Via     Via
	Stream  string // "" if none
	CDN     string
	Country string // ISO 3166-1 alpha-2, or ""

	Requests int64
	Bytes    int64
	Watched  time.Duration // viewers' time that they stand for, if known
}

// Row is the usage of an hour, as a journal keeps it.
type Row struct {
	Hour time.Time // its beginning
	Key
	Use
}

// Key is what usage is kept apart by.
type Key struct {
	CDN, Stream, Country string
	Via                  Via
}

// ViewerTime is time of viewers added up, in milliseconds. A Duration would end after
// 2.6 million hours, which 100,000 viewers watch in a day.
type ViewerTime int64

// Watching is one viewer's time.
func Watching(d time.Duration) ViewerTime { return ViewerTime(d.Milliseconds()) }

// Seconds is the time in seconds.
func (v ViewerTime) Seconds() float64 { return float64(v) / 1e3 }

// Hours is the time in hours.
func (v ViewerTime) Hours() float64 { return v.Seconds() / 3600 }

// Use is what adds up.
type Use struct {
	Requests, Bytes int64
	Watched         ViewerTime
}

func (u *Use) add(v Use) {
	u.Requests = addVolume(u.Requests, v.Requests)
	u.Bytes = addVolume(u.Bytes, v.Bytes)
	u.Watched = ViewerTime(addVolume(int64(u.Watched), int64(v.Watched)))
}

// Journal keeps hours' usage. Its methods may be called concurrently.
type Journal interface {
	// AddUsage adds to what is kept, all or nothing.
	AddUsage(ctx context.Context, rows []Row) error
	// Usage is what is kept of the hours that begin in [from, to), in any order.
	Usage(ctx context.Context, from, to time.Time) ([]Row, error)
	// SaveAlerts and Alerts keep a text for the budget's alerts; "" at first.
	SaveAlerts(ctx context.Context, state string) error
	Alerts(ctx context.Context) (string, error)
}

// others is what streams are called that come after the first maxKeys combinations of
// an hour.
const (
	others  = "other"
	maxKeys = 5000
)

// bucket is the usage of an hour or a minute.
type bucket map[Key]*Use

// add returns the key that it was added under.
func (b bucket) add(k Key, u Use) Key {
	if b[k] == nil && len(b) >= maxKeys {
		k.Stream, k.Country = others, ""
	}
	if b[k] == nil {
		b[k] = new(Use)
	}
	b[k].add(u)
	return k
}

// counted are the parts that count, in a fixed order: of a CDN that has logs here
// what its reports say is left out, but for the time watched.
func (b bucket) counted() []Row {
	logged := make(map[string]bool)
	for k := range b {
		logged[k.CDN] = logged[k.CDN] || k.Via == ViaLogs
	}
	rows := make([]Row, 0, len(b))
	for k, u := range b {
		counts := *u
		if k.Via == ViaReports && logged[k.CDN] {
			counts.Requests, counts.Bytes = 0, 0
		}
		rows = append(rows, Row{Key: k, Use: counts})
	}
	slices.SortFunc(rows, func(a, b Row) int {
		return cmp.Or(cmp.Compare(a.CDN, b.CDN), cmp.Compare(a.Stream, b.Stream), cmp.Compare(a.Country, b.Country), cmp.Compare(a.Via, b.Via))
	})
	return rows
}
