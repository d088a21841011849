package profiling

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// Profiles say which role the process has.
func TestProfilesNameTheRole(t *testing.T) {
	names := make(chan string, 64)
	sink := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		select {
		case names <- r.URL.Query().Get("name"):
		default:
		}
	}))
	defer sink.Close()
	for _, role := range []string{"all", "chat"} {
		Start(sink.URL, role, "test", slog.New(slog.DiscardHandler))() // what it has is sent when it stops
		select {
		case name := <-names:
			if !strings.Contains(name, "role="+role) {
				t.Errorf("a process with the role %s sends %s", role, name)
			}
		case <-time.After(30 * time.Second):
			t.Fatal("no profile was sent")
		}
		for len(names) > 0 {
			<-names
		}
	}
}
