package origin

import (
	"context"
	"encoding/json"
	"net/http"
	"strconv"
	"time"

	"github.com/globalfandom/lightstick/internal/httpcache"
	"github.com/globalfandom/lightstick/internal/ttlcache"
	"github.com/globalfandom/lightstick/media"
)

// Status is a stream as viewers may know it: the body of status.json.
type Status struct {
	State       string `json:"state"`             // offline, starting, live, reconnecting, ended
	Stopped     bool   `json:"stopped,omitempty"` // reconnecting: the broadcaster ended the broadcast, and wasn't lost
	Name        string `json:"name"`
	Publication string `json:"publication"` // changes with each publication
	StartedAt   int64  `json:"started_at"`  // Unix time in milliseconds; 0: not yet
	Now         int64  `json:"now"`         // the server's clock, likewise
	Viewers     int    `json:"viewers"`     // that watch live; see Server.Viewers
	Video       bool   `json:"video"`
	DVR         int    `json:"dvr"`                 // seconds that can be sought back; 0: what the live window lists
	Begins      int64  `json:"begins,omitempty"`    // program date time of the oldest picture to seek to, Unix milliseconds
	Chat        bool   `json:"chat,omitempty"`      // there is a room to chat in
	Recording   string `json:"recording,omitempty"` // ID of the newest recording, when the stream is not on air
}

// statusEntry is a stream's status, kept for a moment, so that many pages that ask
// every few seconds cost one query a moment.
type statusEntry struct {
	status Status
	known  bool
}

var jsonType = []string{"application/json"}

const (
	statusLife = 500 * time.Millisecond
	maxStatus  = 10_000 // entries; asking for streams at random must not fill memory
)

// statuses are what status.json says of streams.
type statuses struct {
	streams Streams
	viewers *viewerEstimates
	kept    *ttlcache.Cache[media.StreamID, statusEntry]
}

func newStatuses(streams Streams, viewers *viewerEstimates) *statuses {
	return &statuses{streams: streams, viewers: viewers, kept: ttlcache.New[media.StreamID, statusEntry](maxStatus, statusLife)}
}

// of is a stream's status; false: there is no such stream.
func (s *statuses) of(ctx context.Context, id media.StreamID) (Status, bool) {
	e, ok := s.kept.Get(id)
	if !ok {
		e.status, e.known = s.query(ctx, id)
		s.kept.Put(id, e)
	}
	return e.status, e.known
}

// query finds out what status.json says of a stream, all but the time.
func (s *statuses) query(ctx context.Context, id media.StreamID) (Status, bool) {
	status, known := s.streams.Status(ctx, id)
	if stream, ok := s.streams.Live(id); ok && known {
		status.Viewers = s.viewers.count(s.viewers.of(stream, id))
		if begins := stream.Begins(); !begins.IsZero() {
			status.Begins = begins.UnixMilli()
		}
	}
	return status, known
}

// statusHandler serves status.json.
type statusHandler struct {
	*responder
	statuses *statuses
}

func (h *statusHandler) serve(w http.ResponseWriter, r *http.Request, p requestPath, _ source) error {
	status, known := h.statuses.of(r.Context(), p.stream)
	if !known {
		return errNoStream
	}
	status.Now = time.Now().UnixMilli()
	body, err := json.Marshal(status)
	if err != nil {
		return err
	}
	header := w.Header()
	header["Content-Type"] = jsonType
	httpcache.SetHeader(header, httpcache.Status)
	header["Content-Length"] = []string{strconv.Itoa(len(body))}
	n, _ := w.Write(body) // an error means that the page has gone
	h.count(r, kindStatus, http.StatusOK, n)
	return nil
}
