package origin

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"time"

	"github.com/globalfandom/lightstick/cdn"
	"github.com/globalfandom/lightstick/media"
	"github.com/globalfandom/lightstick/packager"
)

// Status is a stream as viewers may know it: the body of status.json.
type Status struct {
	State       string `json:"state"` // offline, starting, live, reconnecting, ended
	Name        string `json:"name"`
	Publication string `json:"publication"` // changes with each publication
	StartedAt   int64  `json:"started_at"`  // Unix time in milliseconds; 0: not yet
	Now         int64  `json:"now"`         // the server's clock, likewise
	Viewers     int    `json:"viewers"`     // about how many watch through this server
	Video       bool   `json:"video"`
}

// Directory knows the streams.
type Directory interface {
	// Live finds what a stream serves, while there is something to serve.
	Live(id media.StreamID) (*packager.Stream, bool)
	// Status describes a stream, on air or not; false means that there is none.
	Status(ctx context.Context, id media.StreamID) (Status, bool)
}

// Config of a server.
type Config struct {
	// AudioOnly offers a variant without picture.
	AudioOnly bool
}

// Server answers for everything under /live/.
type Server struct {
	cfg       Config
	directory Directory
	log       *slog.Logger
	audiences audiences
	statuses  statusCache
	metrics   *metrics
}

// New makes a server.
func New(cfg Config, d Directory, log *slog.Logger) *Server {
	return &Server{cfg: cfg, directory: d, log: log, metrics: newMetrics()}
}

// Register adds the routes to mux.
func (s *Server) Register(mux *http.ServeMux) {
	handle := func(pattern, kind string, h http.HandlerFunc) {
		mux.Handle("GET "+pattern, s.metrics.count(kind, cors(h)))
	}
	handle("/live/{stream}/index.m3u8", "multivariant", s.serveMultivariant)
	handle("/live/{stream}/status.json", "status", s.serveStatus)
	handle("/live/{stream}/{playlist}", "playlist", s.serveMediaPlaylist)
	handle("/live/{stream}/{publication}/{rendition}/{file}", "media", s.serveMedia)
	handle("/live/", "unknown", func(w http.ResponseWriter, r *http.Request) { s.fail(w, r, errNoStream) })
	mux.Handle("OPTIONS /live/", cors(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusNoContent)
	}))
}

// cors lets players on any site read what is public anyway.
func cors(h http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		header := w.Header()
		header.Set("Access-Control-Allow-Origin", "*")
		header.Set("Access-Control-Expose-Headers", "Date, Content-Length, Content-Range")
		if r.Method == http.MethodOptions {
			header.Set("Access-Control-Allow-Methods", "GET, HEAD, OPTIONS")
			header.Set("Access-Control-Allow-Headers", "Range, If-None-Match, CMCD-Request, CMCD-Object, CMCD-Status, CMCD-Session")
			header.Set("Access-Control-Max-Age", "86400")
		}
		h(w, r)
	}
}

// errHeld ends the wait for a position that did not come in time.
var errHeld = errors.New("origin: nothing new came within three target durations")

// errNoStream reports a stream or rendition that isn't there.
var errNoStream = errors.New("origin: no such stream")

// fail answers for an error: the one table from errors to status codes.
func (s *Server) fail(w http.ResponseWriter, r *http.Request, err error) {
	code, kind := http.StatusInternalServerError, cdn.Failure
	switch {
	case errors.Is(err, context.Canceled):
		return // the player has gone
	case errors.Is(err, errDirective), errors.Is(err, packager.ErrTooFar):
		code, kind = http.StatusBadRequest, cdn.NotFound
	case errors.Is(err, packager.ErrGone), errors.Is(err, errNoStream):
		code, kind = http.StatusNotFound, cdn.NotFound
	case errors.Is(err, errHeld):
		code = http.StatusServiceUnavailable
	}
	if code == http.StatusInternalServerError {
		s.log.Error("request failed", "path", r.URL.Path, "err", err)
		err = errors.New("internal error")
	}
	w.Header().Set("Cache-Control", cdn.CacheControl(kind))
	http.Error(w, err.Error(), code)
}

// find looks up the stream of a request.
func (s *Server) find(r *http.Request) (media.StreamID, *packager.Stream, error) {
	id := media.StreamID(r.PathValue("stream"))
	stream, ok := s.directory.Live(id)
	if !ok {
		return id, nil, errNoStream
	}
	return id, stream, nil
}

// writeTimeout bounds how long an answer may take to be written: a phone on a bad
// network needs seconds for a segment, nobody needs a minute.
const writeTimeout = 60 * time.Second

func deadline(w http.ResponseWriter) {
	// Not every writer has deadlines (tests); those of real connections do.
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(writeTimeout))
}
