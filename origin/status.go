package origin

import (
	"context"
	"encoding/json"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/globalfandom/lightstick/cdn"
	"github.com/globalfandom/lightstick/media"
)

// statusCache keeps each stream's status for a moment, so that a crowd of pages
// that ask every few seconds costs one look a moment.
type statusCache struct {
	mu      sync.Mutex
	entries map[media.StreamID]statusEntry
}

type statusEntry struct {
	status Status
	known  bool
	until  time.Time
}

var jsonType = []string{"application/json"}

const (
	statusLife = 500 * time.Millisecond
	maxStatus  = 10_000 // entries; asking for streams at random must not fill memory
)

// get gives a stream's status, which look finds out if it is not known.
func (c *statusCache) get(id media.StreamID, look func() (Status, bool)) (Status, bool) {
	now := time.Now()
	c.mu.Lock()
	e, ok := c.entries[id]
	c.mu.Unlock()
	if ok && now.Before(e.until) {
		return e.status, e.known
	}
	e.status, e.known = look()
	e.until = now.Add(statusLife)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.entries == nil || len(c.entries) >= maxStatus {
		c.entries = make(map[media.StreamID]statusEntry)
	}
	c.entries[id] = e
	return e.status, e.known
}

func (s *Server) serveStatus(w http.ResponseWriter, r *http.Request, id media.StreamID) {
	status, known := s.statuses.get(id, func() (Status, bool) { return s.look(r.Context(), id) })
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
	cdn.SetHeader(h, cdn.Status)
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
