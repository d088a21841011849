package control

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/globalfandom/lightstick/cdn/cdnlog"
	"github.com/globalfandom/lightstick/cdn/cost"
)

// reader imports into a store.
type reader struct{ *Store }

func (r reader) ImportLog(ctx context.Context, body io.Reader, cdn string, f cdnlog.Format) (cdnlog.Summary, error) {
	if cdn == "busy" {
		return cdnlog.Summary{}, cdnlog.ErrBusy
	}
	s, _, err := cdnlog.Import(ctx, body, cdnlog.Options{CDN: cdn, Format: f, Ledger: r})
	return s, err
}

func TestPostLog(t *testing.T) {
	store, _ := open(t)
	mux := http.NewServeMux()
	(&API{Store: store, Logs: reader{store}, Token: fixed("token"), Log: slog.New(slog.DiscardHandler)}).Register(mux)
	post := func(query, body, token string) *httptest.ResponseRecorder {
		r := httptest.NewRequest("POST", "/api/v1/cdn-logs"+query, strings.NewReader(body))
		r.Header.Set("Authorization", "Bearer "+token)
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, r)
		return w
	}
	const log = `{"time":"2026-11-23T12:34:56Z","uri":"/live/show/x.m4s","status":200,"bytes":1000,"cache":"HIT","country":"DE"}` + "\n"
	for _, want := range []string{`"requests":1,"bytes":1000,"hits":1`, `"counted_before":1`} {
		if w := post("?cdn=edge-a", log, "token"); w.Code != 200 || !strings.Contains(w.Body.String(), want) {
			t.Errorf("%d %s, want %s", w.Code, w.Body, want)
		}
	}
	rows, err := store.Usage(t.Context(), cost.Row{}.Hour, cost.Row{}.Hour.AddDate(3000, 0, 0))
	if err != nil || len(rows) != 1 || rows[0].Bytes != 1000 || rows[0].Stream != "show" || rows[0].Country != "DE" || rows[0].Via != cost.ViaLogs {
		t.Errorf("%+v, %v", rows, err)
	}
	for _, tt := range []struct {
		query, body, token string
		code               int
		want               string
	}{
		{"?cdn=edge-a", log, "wrong", 401, "API token"},
		{"", log, "token", 422, "price table"},
		{"?cdn=origin", log, "token", 422, "price table"},
		{"?cdn=Edge", log, "token", 422, "a-z"},
		{"?cdn=edge-a&format=csv", log, "token", 422, "cloudfront"},
		{"?cdn=edge-a", "<html>", "token", 422, "begins neither"},
		{"?cdn=edge-a", "\x1f\x8b\x08\x00\x00", "token", 422, "gzip"},
		{"?cdn=busy", log, "token", 409, "try again"},
	} {
		if w := post(tt.query, tt.body, tt.token); w.Code != tt.code || !strings.Contains(w.Body.String(), tt.want) {
			t.Errorf("%s: %d %s, want %d, %s", tt.query, w.Code, w.Body, tt.code, tt.want)
		}
	}
	w := httptest.NewRecorder()
	mux.ServeHTTP(w, httptest.NewRequest("GET", "/api/openapi.json", nil))
	if !strings.Contains(w.Body.String(), cdnLogsPath[len("/api"):]) {
		t.Error("it is not in the OpenAPI document")
	}
}
