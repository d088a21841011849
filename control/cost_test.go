package control

import (
	"log/slog"
	"math"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/globalfandom/lightstick/cdn/cost"
)

func TestCostJournal(t *testing.T) {
	s, _ := open(t)
	hour := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	row := cost.Row{
		Hour: hour, Key: cost.Key{CDN: "bunny", Via: cost.ViaLogs, Stream: "show", Country: "DE"},
		Use: cost.Use{Requests: 3, Bytes: 1 << 50, Watched: 3_600_001},
	}
	other := row
	other.Hour, other.Country = hour.Add(time.Hour), ""
	for range 2 {
		if err := s.AddUsage(t.Context(), []cost.Row{row, other}); err != nil {
			t.Fatal(err)
		}
	}
	rows, err := s.Usage(t.Context(), hour, hour.Add(time.Hour))
	row.Use = cost.Use{Requests: 6, Bytes: 2 << 50, Watched: 7_200_002}
	if err != nil || len(rows) != 1 || rows[0] != row {
		t.Errorf("%+v, %v; want %+v", rows, err, row)
	}
	if state, err := s.Alerts(t.Context()); state != "" || err != nil {
		t.Errorf("at first %q, %v", state, err)
	}
	for _, want := range []string{"a", "b"} {
		if err := s.SaveAlerts(t.Context(), want); err != nil {
			t.Fatal(err)
		}
		if state, err := s.Alerts(t.Context()); state != want || err != nil {
			t.Errorf("%q, %v", state, err)
		}
	}
	old := row
	old.Hour = time.Now().Add(-2 * keepUsage).Truncate(time.Hour)
	if err := s.AddUsage(t.Context(), []cost.Row{old}); err != nil {
		t.Fatal(err)
	}
	if err := s.PruneUsage(t.Context()); err != nil {
		t.Fatal(err)
	}
	if rows, _ := s.Usage(t.Context(), old.Hour, old.Hour.Add(time.Hour)); len(rows) != 0 {
		t.Errorf("kept %+v", rows)
	}
}

// TestUsageStopsAtTheLargest: a sum that runs over must not keep others from being saved.
func TestUsageStopsAtTheLargest(t *testing.T) {
	s, _ := open(t)
	hour := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	row := cost.Row{Hour: hour, Key: cost.Key{CDN: "bunny", Via: cost.ViaReports, Stream: "show"}}
	row.Use = cost.Use{Requests: math.MaxInt64 - 1, Bytes: math.MaxInt64, Watched: math.MaxInt64}
	for range 2 {
		if err := s.AddUsage(t.Context(), []cost.Row{row}); err != nil {
			t.Fatal(err)
		}
	}
	row.Requests = math.MaxInt64
	if rows, err := s.Usage(t.Context(), hour, hour.Add(time.Hour)); err != nil || len(rows) != 1 || rows[0] != row {
		t.Errorf("%+v, %v; want %+v", rows, err, row)
	}
}

// bill is a meter with a budget.
type bill struct{ *cost.Meter }

func (bill) Budget() cost.Budget { return cost.Budget{PerMonth: 100 * cost.One} }

func TestCostAPI(t *testing.T) {
	table, err := cost.BuiltIn()
	if err != nil {
		t.Fatal(err)
	}
	m, err := cost.NewMeter(t.Context(), table, nil, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	store, _ := open(t)
	mux := http.NewServeMux()
	(&API{Store: store, Costs: bill{m}, Token: fixed("token"), Log: slog.New(slog.DiscardHandler)}).Register(mux)
	get := func(query string) *httptest.ResponseRecorder {
		r := httptest.NewRequest("GET", "/api/v1/cost"+query, nil)
		r.Header.Set("Authorization", "Bearer token")
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, r)
		return w
	}
	if w := get(""); w.Code != 200 || !strings.Contains(w.Body.String(), `"budget":100`) || strings.Contains(w.Body.String(), "projection") {
		t.Errorf("nothing delivered: %d %s", w.Code, w.Body)
	}
	m.Add(cost.Usage{At: time.Now(), Via: cost.ViaLogs, CDN: "bunny", Stream: "show", Country: "DE", Requests: 1, Bytes: 1e12, Watched: time.Hour})
	w := get("?viewers=1000&hours=2&bitrate=4000&country=de")
	for _, want := range []string{`"month":{"since":`, `"cost":10,`, `"name":"bunny"`, `"bytes":3600000000000`, `"cost":36,"per_hour":18`, `"url":"https://bunny.net/pricing/"`} {
		if !strings.Contains(w.Body.String(), want) {
			t.Errorf("%d %s does not say %s", w.Code, w.Body, want)
		}
	}
	for _, query := range []string{"?viewers=0", "?hours=1000", "?bitrate=-1", "?country=Germany", "?country=XX", "?viewers=x"} {
		if w := get(query); w.Code != 422 {
			t.Errorf("%s: %d %s", query, w.Code, w.Body)
		}
	}
	r := httptest.NewRequest("GET", "/api/v1/cost", nil)
	refused := httptest.NewRecorder()
	if mux.ServeHTTP(refused, r); refused.Code != 401 {
		t.Errorf("without token: %d", refused.Code)
	}
}
