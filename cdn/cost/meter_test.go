package cost

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// memory is a journal in memory.
type memory struct {
	mu     sync.Mutex
	rows   map[time.Time]map[Key]Use
	alerts string
	fails  error
}

func newMemory() *memory { return &memory{rows: make(map[time.Time]map[Key]Use)} }

func (j *memory) AddUsage(_ context.Context, rows []Row) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.fails != nil {
		return j.fails
	}
	for _, r := range rows {
		if j.rows[r.Hour] == nil {
			j.rows[r.Hour] = make(map[Key]Use)
		}
		u := j.rows[r.Hour][r.Key]
		u.add(r.Use)
		j.rows[r.Hour][r.Key] = u
	}
	return nil
}

func (j *memory) Usage(_ context.Context, from, to time.Time) (rows []Row, _ error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	for hour, keys := range j.rows {
		for k, u := range keys {
			if !hour.Before(from) && hour.Before(to) {
				rows = append(rows, Row{hour, k, u})
			}
		}
	}
	return rows, nil
}

func (j *memory) SaveAlerts(_ context.Context, state string) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.alerts = state
	return nil
}

func (j *memory) Alerts(context.Context) (string, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.alerts, nil
}

func newTestMeter(t *testing.T, journal Journal) *Meter {
	t.Helper()
	m, err := NewMeter(t.Context(), table(t), journal, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// bunny costs a cent a gigabyte in Europe.
func bunny(at time.Time, gb int64) Usage {
	return Usage{At: at, Via: ViaLogs, Stream: "show", CDN: "bunny", Country: "DE", Requests: 10, Bytes: gb * 1e9, Watched: time.Duration(gb) * time.Hour}
}

func TestRates(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newTestMeter(t, nil)
		for range 10 { // a gigabyte a minute
			m.Add(bunny(time.Now(), 1))
			time.Sleep(time.Minute)
		}
		r := m.Report()
		if want := (Rates{Minute: 60 * One / 100, FiveMinutes: 60 * One / 100, Hour: 10 * One / 100}); r.Rate != want {
			t.Errorf("rates %+v, want %+v", r.Rate, want)
		}
		if r.Month != 10*One/100 || r.PerViewerHour != One/100 || r.Watched != Watching(10*time.Hour) {
			t.Errorf("%+v", r)
		}
		if len(r.Streams) != 1 || r.Streams[0].Name != "show" || r.Streams[0].Month != r.Month || !r.CDNs[0].Priced {
			t.Errorf("%+v %+v", r.Streams, r.CDNs)
		}
		time.Sleep(2 * time.Hour)
		if r := m.Report(); r.Rate != (Rates{}) || r.Month != 10*One/100 || r.PerViewerHour != 0 {
			t.Errorf("hours later: %+v", r)
		}
	})
}

// Logs count, reports don't, of a CDN and hour that has both; time watched is the reports'.
func TestLogsWinOverReports(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newTestMeter(t, nil)
		hour := time.Now().Truncate(time.Hour)
		reported := bunny(hour, 7)
		reported.Via = ViaReports
		other := reported
		other.CDN = "fastly"
		for _, cdn := range []string{"bunny", "none", "", OriginCDN} {
			u := bunny(hour, 7)
			u.CDN, u.Country = cdn, "unknown"
			m.AddReport(u)
		}
		m.Add(other)
		if r := m.Report(); r.CDNs[0].Bytes != 7e9 {
			t.Errorf("before: %+v", r.CDNs)
		}
		logged := bunny(hour, 10)
		logged.Watched = 0
		m.Imported([]Usage{logged})
		r := m.Report()
		if b := r.CDNs[0]; b.Bytes != 10e9 || b.Requests != 10 || b.Watched != Watching(7*time.Hour) || b.Month != One/10 {
			t.Errorf("bunny: %+v", b)
		}
		if f := r.CDNs[1]; f.Bytes != 7e9 {
			t.Errorf("another CDN: %+v", f)
		}
		// The hour after is the reports' again; and logs that come late still win.
		time.Sleep(3 * time.Hour)
		reported.At = hour.Add(time.Hour)
		m.Add(reported)
		if b := m.Report().CDNs[0]; b.Bytes != 17e9 {
			t.Errorf("the hour after: %+v", b)
		}
		logged.At = reported.At
		m.Imported([]Usage{logged})
		if b := m.Report().CDNs[0]; b.Bytes != 20e9 {
			t.Errorf("with late logs: %+v", b)
		}
	})
}

func TestMonthSurvivesARestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		journal := newMemory()
		m := newTestMeter(t, journal)
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() { defer close(ended); _ = m.Run(ctx) }()
		m.Add(bunny(time.Now(), 100))
		time.Sleep(90 * time.Second) // saved once
		m.Add(bunny(time.Now(), 50), bunny(time.Now().AddDate(0, -1, 0), 1000))
		stop()
		<-ended
		before := m.Report()
		again := newTestMeter(t, journal).Report()
		if again.Month != before.Month || again.Month != 150*One/100 {
			t.Errorf("%v, and %v after a restart", before.Month, again.Month)
		}
		// The next month begins with nothing.
		time.Sleep(31 * 24 * time.Hour)
		if r := m.Report(); r.Month != 0 || len(r.CDNs) != 0 {
			t.Errorf("next month: %+v", r)
		}
	})
}

func TestAJournalThatFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		journal := newMemory()
		journal.fails = errors.New("disk full")
		m := newTestMeter(t, journal)
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() { defer close(ended); _ = m.Run(ctx) }()
		m.Add(bunny(time.Now(), 100))
		time.Sleep(3 * time.Minute)
		journal.mu.Lock()
		journal.fails = nil
		journal.mu.Unlock()
		time.Sleep(2 * time.Minute)
		stop()
		<-ended
		if r := newTestMeter(t, journal).Report(); r.Month != One {
			t.Errorf("after the disk came back: %v", r.Month)
		}
	})
}

func TestRubbishIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newTestMeter(t, nil)
		u := bunny(time.Now(), 1)
		for i := range 3 * maxKeys {
			u.Stream = string(rune('a'+i%26)) + string(rune(0x4e00+i))
			m.Add(u)
		}
		u.CDN = "Not A Name"
		m.Add(u)
		for i := range 100 {
			u.CDN = "cdn-" + string(rune('a'+i%26)) + string(rune('a'+i/26))
			m.Add(u)
		}
		u = bunny(time.Now(), -1)
		m.Add(u)
		r := m.Report()
		if len(r.Streams) > maxKeys+1+maxCDNs || len(r.CDNs) > maxCDNs+2 || r.CDNs[0].Bytes != 3*maxKeys*1e9 {
			t.Errorf("%d streams, %d CDNs, %+v", len(r.Streams), len(r.CDNs), r.CDNs[0])
		}
	})
}

func TestProjection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newTestMeter(t, nil)
		show := Show{Viewers: 100_000, For: 2 * time.Hour}
		if _, err := m.Project(show); !errors.Is(err, ErrNothingMeasured) {
			t.Errorf("out of nothing: %v", err)
		}
		if _, err := m.Project(Show{Viewers: -1, For: time.Hour}); !errors.Is(err, ErrShow) {
			t.Errorf("no viewers: %v", err)
		}
		// 5 Mbit/s and 10 requests a second, as one viewer at the origin took them.
		m.Add(Usage{At: time.Now(), Via: ViaOrigin, CDN: OriginCDN, Stream: "show", Requests: 600, Bytes: 60 * 625_000, Watched: time.Minute})
		time.Sleep(time.Minute)
		p, err := m.Project(show)
		if err != nil || !p.Measured || p.Bytes != 450e12 || p.Requests != 7_200_000_000 {
			t.Fatalf("%+v, %v", p, err)
		}
		want := map[string]string{
			"bunny":        "4500.00",
			"bunny-volume": "2250.00",
			// 9 TB at 0.085, 40 at 0.08, 100 at 0.06, 300 at 0.04; 7,190 million requests at 0.01 for 10,000
			"cloudfront": "29155.00",
		}
		priced := 0
		for _, q := range p.CDNs {
			if want[q.Name] != "" {
				priced++
			}
			if w := want[q.Name]; w != "" && (q.Cost.String() != w || q.PerHour != q.Cost/2) {
				t.Errorf("%s costs %v, %v an hour; want %s", q.Name, q.Cost, q.PerHour, w)
			}
			if q.Name == "akamai" || q.Name == OriginCDN {
				t.Errorf("%s has no price", q.Name)
			}
		}
		if priced != len(want) {
			t.Errorf("%d of %d CDNs are there", priced, len(want))
		}
		if p.CDNs[0].Name != "bunny-volume" {
			t.Errorf("the cheapest is %s", p.CDNs[0].Name)
		}
		show.Country, show.BytesPerSecond, show.RequestsPerSecond = "JP", 1e6, 1
		if p, err = m.Project(show); err != nil || p.Measured || p.Bytes != 720e12 {
			t.Errorf("%+v, %v", p, err)
		}
	})
}

func TestMix(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newTestMeter(t, nil)
		for country, gb := range map[string]int64{"DE": 50, "ZA": 25, "BR": 25} {
			u := bunny(time.Now(), gb)
			u.Country = country
			m.Add(u)
		}
		time.Sleep(time.Minute)
		p, err := m.Project(Show{Viewers: 1, For: time.Hour, BytesPerSecond: 1e6, RequestsPerSecond: 1})
		if err != nil {
			t.Fatal(err)
		}
		// 3.6 GB: half at 0.01, a quarter at 0.06 and one at 0.045
		i := slices.IndexFunc(p.CDNs, func(q Quote) bool { return q.Name == "bunny" })
		if i < 0 || p.CDNs[i].Cost.String() != "0.1125" {
			t.Errorf("%+v", p.CDNs)
		}
	})
}
