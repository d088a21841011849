package origin

import (
	"context"
	"encoding/json"
	"net/http"
	"strconv"
	"time"

	"github.com/globalfandom/lightstick/internal/httpcache"
	"github.com/globalfandom/lightstick/media"
)

// statusEntry is a stream's status, kept for a moment, so that a crowd of pages that ask
// every few seconds costs one look a moment.
type statusEntry struct {
	status Status
	known  bool
}

var jsonType = []string{"application/json"}

const (
	statusLife = 500 * time.Millisecond
	maxStatus  = 10_000 // entries; asking for streams at random must not fill memory
)

// status is a stream's status; false: there is no such stream.
func (s *Server) status(ctx context.Context, id media.StreamID) (Status, bool) {
	e, ok := s.statuses.Get(id)
	if !ok {
		e.status, e.known = s.look(ctx, id)
		s.statuses.Put(id, e)
	}
	return e.status, e.known
}

func (s *Server) serveStatus(w http.ResponseWriter, r *http.Request, id media.StreamID) {
	status, known := s.status(r.Context(), id)
	if !known {
		s.fail(w, r, kindStatus, errNoStream)
		return
	}
	status.Now = time.Now().UnixMilli()
	body, err := json.Marshal(status)
	if err != nil {
		s.fail(w, r, kindStatus, err)
		return
	}
	h := w.Header()
	h["Content-Type"] = jsonType
	httpcache.SetHeader(h, httpcache.Status)
	h["Content-Length"] = []string{strconv.Itoa(len(body))}
	n, _ := w.Write(body) // an error means that the page has gone
	s.count(r, kindStatus, http.StatusOK, n)
}

// look finds out what status.json says of a stream, all but the time.
func (s *Server) look(ctx context.Context, id media.StreamID) (Status, bool) {
	status, known := s.directory.Status(ctx, id)
	if stream, ok := s.directory.Live(id); ok && known {
		status.Viewers = s.viewers(s.audience(stream, id))
		if begins := stream.Begins(); !begins.IsZero() {
			status.Begins = begins.UnixMilli()
		}
	}
	return status, known
}
