package control

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/globalfandom/lightstick/cdn/purge"
	"github.com/globalfandom/lightstick/ingest"
	"github.com/globalfandom/lightstick/media"
)

// forgetful notes what it is to forget.
type forgetful struct {
	purged []purge.Object
	err    error
	empty  bool
}

func (f *forgetful) Purge(o purge.Object) error { f.purged = append(f.purged, o); return f.err }
func (f *forgetful) Status() []purge.Status {
	return []purge.Status{{Name: "edge-a", Kind: "varnish", Waiting: 1}}
}
func (f *forgetful) Empty() bool { return f.empty }

// nobodyLive is a Live without streams.
type nobodyLive struct{}

func (nobodyLive) Known() []media.StreamID                    { return nil }
func (nobodyLive) State(media.StreamID) string                { return "offline" }
func (nobodyLive) Report(media.StreamID) ingest.Report        { return ingest.Report{} }
func (nobodyLive) Viewers(media.StreamID) int                 { return 0 }
func (nobodyLive) AddMetadata(media.StreamID, Metadata) error { return ErrNotLive }
func (nobodyLive) Remove(media.StreamID)                      {}

func TestPurgeAPI(t *testing.T) {
	store, _ := open(t)
	f := &forgetful{}
	mux := http.NewServeMux()
	(&API{Store: store, Live: nobodyLive{}, Purges: f, Token: fixed("token"), Log: slog.New(slog.DiscardHandler)}).Register(mux)
	do := func(method, path, body string) *httptest.ResponseRecorder {
		r := httptest.NewRequest(method, "/api/v1"+path, strings.NewReader(body))
		r.Header.Set("Authorization", "Bearer token")
		r.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, r)
		return w
	}
	if _, _, err := store.CreateStream(t.Context(), "show", StreamSettings{}); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		method, path, body string
		code               int
		want               purge.Object
	}{
		{"POST", "/streams/show/purge", "", 202, purge.Object{Stream: "show"}},
		{"POST", "/streams/gone/purge", `{"recording":"r-1"}`, 202, purge.Object{Stream: "gone", Recording: "r-1"}},
		{"POST", "/streams/show/purge", `{"recording":"../x"}`, 422, purge.Object{}},
		{"POST", "/streams/.x/purge", "", 422, purge.Object{}},
		{"DELETE", "/streams/show", "", 204, purge.Object{Stream: "show"}},
		{"DELETE", "/streams/show", "", 404, purge.Object{}},
		{"GET", "/purges", "", 200, purge.Object{}},
	} {
		f.purged = nil
		w := do(tt.method, tt.path, tt.body)
		var got purge.Object
		if len(f.purged) > 0 {
			got = f.purged[0]
		}
		if w.Code != tt.code || got != tt.want {
			t.Errorf("%s %s %s: %d %s, purged %+v", tt.method, tt.path, tt.body, w.Code, w.Body, got)
		}
	}
	f.err = purge.ErrFull
	if w := do("POST", "/streams/show/purge", ""); w.Code != 503 {
		t.Errorf("full: %d", w.Code)
	}
	f.empty = true
	if w := do("POST", "/streams/show/purge", ""); w.Code != 409 || !strings.Contains(w.Body.String(), "purge.targets") {
		t.Errorf("none: %d %s", w.Code, w.Body)
	}
}
