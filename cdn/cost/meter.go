package cost

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"
)

// Meter adds up what is delivered. It may be used concurrently. Adding is for what
// has been gathered for a while: a lock is taken, so that the media path has counters
// of its own.
type Meter struct {
	table   *Table
	journal Journal
	log     *slog.Logger

	mu      sync.Mutex
	start   time.Time        // of the month that hours is of
	hours   map[int64]bucket // by Unix time / 3600
	minutes [recent]struct {
		minute int64
		bucket bucket
	}
	unsaved map[int64]bucket // by hour; of any month
	cdns    map[string]bool  // that have delivered
	closed  ledger           // of the hours before closedTo
	// closedTo is 0 when hours before it have changed since.
	closedTo int64
	failing  bool
}

const (
	// recent is for how many minutes usage is kept by the minute: one hour, and the
	// one that runs.
	recent = 61
	// saveEvery is how often usage goes to the journal; a crash loses as much.
	saveEvery = time.Minute
	// maxUnsaved bounds the hours of usage that wait for a journal that fails.
	maxUnsaved  = 48
	saveTimeout = 10 * time.Second
)

// NewMeter makes a meter with what the journal knows of this month. journal may be
// nil: then everything is forgotten at the end.
func NewMeter(ctx context.Context, table *Table, journal Journal, log *slog.Logger) (*Meter, error) {
	m := &Meter{table: table, journal: journal, log: log, hours: make(map[int64]bucket), unsaved: make(map[int64]bucket), cdns: make(map[string]bool)}
	m.start = monthOf(time.Now())
	if journal == nil {
		return m, nil
	}
	rows, err := journal.Usage(ctx, m.start, m.start.AddDate(0, 1, 0))
	if err != nil {
		return nil, err
	}
	for _, r := range rows {
		m.hour(r.Hour.Unix()/3600).add(r.Key, r.Use)
	}
	return m, nil
}

// monthOf is the beginning of the month.
func monthOf(t time.Time) time.Time {
	y, month, _ := t.UTC().Date()
	return time.Date(y, month, 1, 0, 0, 0, 0, time.UTC)
}

// Table is the prices.
func (m *Meter) Table() *Table { return m.table }

// Add counts deliveries. Those of another month than this one go to the journal only;
// negative and empty ones nowhere.
func (m *Meter) Add(usages ...Usage) {
	m.mu.Lock()
	defer m.mu.Unlock()
	now := time.Now()
	m.turn(now)
	for _, u := range usages {
		m.add(now, u, true)
	}
}

// AddReport counts what players reported that they got. What names no CDN ("" or
// "none") is not counted: it may be the origin's own traffic, which has counters.
func (m *Meter) AddReport(u Usage) {
	if u.CDN == "" || u.CDN == "none" || u.CDN == OriginCDN {
		return
	}
	u.Via, u.Country = ViaReports, CleanCountry(u.Country)
	m.Add(u)
}

// Imported counts what the journal has already.
func (m *Meter) Imported(usages []Usage) {
	m.mu.Lock()
	defer m.mu.Unlock()
	now := time.Now()
	m.turn(now)
	for _, u := range usages {
		m.add(now, u, false)
	}
}

// Rows are usages as a journal keeps them.
func Rows(usages []Usage) []Row {
	hours := make(map[int64]bucket)
	for _, u := range usages {
		key, use := u.split()
		h := u.At.Unix() / 3600
		if hours[h] == nil {
			hours[h] = make(bucket)
		}
		hours[h].add(key, use)
	}
	return rowsOf(hours)
}

func (u *Usage) split() (Key, Use) {
	return Key{CDN: u.CDN, Stream: u.Stream, Country: u.Country, Via: u.Via},
		Use{Requests: u.Requests, Bytes: u.Bytes, Watched: Watching(u.Watched)}
}

func rowsOf(hours map[int64]bucket) []Row {
	var rows []Row
	for _, h := range slices.Sorted(maps.Keys(hours)) {
		for k, u := range hours[h] {
			rows = append(rows, Row{Hour: time.Unix(h*3600, 0).UTC(), Key: k, Use: *u})
		}
	}
	return rows
}

func (m *Meter) add(now time.Time, u Usage, save bool) {
	if u.Requests < 0 || u.Bytes < 0 || u.Watched < 0 || u.Requests == 0 && u.Bytes == 0 && u.Watched == 0 {
		return
	}
	key, use := u.split()
	if key.CDN = m.known(key.CDN); key.CDN == "" {
		return
	}
	hour := u.At.Unix() / 3600
	if !u.At.Before(m.start) && u.At.Before(m.start.AddDate(0, 1, 0)) {
		key = m.hour(hour).add(key, use)
		if hour < m.closedTo {
			m.closedTo = 0
		}
	}
	if save {
		if m.unsaved[hour] == nil {
			m.unsaved[hour] = make(bucket)
		}
		m.unsaved[hour].add(key, use)
	}
	if age := now.Sub(u.At); age < (recent-1)*time.Minute && age > -time.Minute {
		minute := u.At.Unix() / 60
		slot := &m.minutes[minute%recent]
		if slot.minute != minute {
			slot.minute, slot.bucket = minute, make(bucket)
		}
		slot.bucket.add(key, use)
	}
}

// maxCDNs bounds the names that reports may bring; those of the table are always known.
const maxCDNs = 32

// known is the name under which a CDN is counted; "" is no name.
func (m *Meter) known(cdn string) string {
	switch {
	case m.cdns[cdn] || m.table.CDNs[cdn] != nil:
	case !NamePattern.MatchString(cdn):
		return ""
	case len(m.cdns) >= maxCDNs:
		return others
	default:
		m.cdns[cdn] = true
	}
	return cdn
}

func (m *Meter) hour(h int64) bucket {
	b := m.hours[h]
	if b == nil {
		b = make(bucket)
		m.hours[h] = b
	}
	return b
}

// turn begins a new month when it is time.
func (m *Meter) turn(now time.Time) {
	if start := monthOf(now); start.After(m.start) {
		m.start, m.closed, m.closedTo = start, ledger{}, 0
		clear(m.hours)
	}
}

// Run saves usage until ctx ends, and then what is left.
func (m *Meter) Run(ctx context.Context) error {
	if m.journal == nil {
		<-ctx.Done()
		return nil
	}
	ticker := time.NewTicker(saveEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			m.save(ctx)
		case <-ctx.Done():
			m.save(context.WithoutCancel(ctx))
			return nil
		}
	}
}

// save writes what is new. What can't be written waits for the next time.
func (m *Meter) save(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, saveTimeout)
	defer cancel()
	m.mu.Lock()
	unsaved := m.unsaved
	m.unsaved = make(map[int64]bucket)
	m.mu.Unlock()
	if len(unsaved) == 0 {
		return
	}
	err := m.journal.AddUsage(ctx, rowsOf(unsaved))
	m.mu.Lock()
	defer m.mu.Unlock()
	if err != nil {
		m.keep(unsaved)
	}
	if failed := err != nil; failed != m.failing {
		m.failing = failed
		if failed && !errors.Is(err, context.Canceled) {
			m.log.Error("the bill can't be saved; it is kept in memory and tried again", "err", err,
				"advice", "free space on the disk of the data directory, and make it writable")
		} else if !failed {
			m.log.Info("the bill is saved again")
		}
	}
}

// keep puts back what could not be saved; of too many hours the oldest are given up.
func (m *Meter) keep(unsaved map[int64]bucket) {
	for h, b := range unsaved {
		if m.unsaved[h] == nil {
			m.unsaved[h] = make(bucket)
		}
		for k, u := range b {
			m.unsaved[h].add(k, *u)
		}
	}
	hours := slices.Sorted(maps.Keys(m.unsaved))
	for len(hours) > maxUnsaved {
		delete(m.unsaved, hours[0])
		hours = hours[1:]
	}
}
