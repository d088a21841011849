package origin

import (
	"context"
	"log/slog"
	"net/http"
	"path"
	"sync/atomic"
	"time"

	"github.com/globalfandom/lightstick/cdn/cmcd"
	"github.com/globalfandom/lightstick/internal/cors"
	"github.com/globalfandom/lightstick/internal/ttlcache"
	"github.com/globalfandom/lightstick/media"
	"github.com/globalfandom/lightstick/packager"
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

// Directory knows the streams.
type Directory interface {
	// Live finds what a stream serves, while there is something to serve.
	Live(id media.StreamID) (*packager.Stream, bool)
	// Status describes a stream, on air or not; false means that there is none.
	Status(ctx context.Context, id media.StreamID) (Status, bool)
}

// Config of a server.
type Config struct {
	// StaleCode is the status code for playlists that have not changed for 1.5
	// target durations, 404 or 503, so that a CDN asks another origin; 0 serves them
	// as they are.
	StaleCode int
	// Tags are the headers that tell CDNs what an answer is of, for purging; see
	// httpcache.TagSeparators.
	Tags []string
	// Report is given requests below a stream that carry CMCD; nil: nobody wants them.
	// It must be quick, and must not keep the request.
	Report func(r *http.Request, id media.StreamID)
	// Viewers tells how many players report that they watch a stream live; nil: none
	// report.
	Viewers func(id media.StreamID) int
	// Draw makes a JPEG of a keyframe, for thumbnail.jpg; nil: there is none. It may take
	// seconds. Of it and DrawSmall one call runs at a time.
	Draw func(context.Context, packager.KeyPicture) ([]byte, error)
	// DrawSmall does so for the preview pictures of segments.
	DrawSmall func(context.Context, packager.KeyPicture) ([]byte, error)
	// Steer answers for steering.json of a stream; nil: there is none.
	Steer http.Handler
}

// Server answers for everything under [Prefix].
type Server struct {
	cfg        Config
	directory  Directory
	archive    Archive
	log        *slog.Logger
	audiences  audiences
	statuses   *ttlcache.Cache[media.StreamID, statusEntry]
	thumbnails thumbnails
	previews   *previews
	metrics    *metrics
	traffic    traffic
	tags       *tagger
	fetched    atomic.Int64 // when media were fetched last, Unix nanoseconds
}

// New makes a server.
//
// Without an archive, a is nil.
func New(cfg Config, d Directory, a Archive, log *slog.Logger) *Server {
	if a == nil {
		a = noArchive{}
	}
	drawing := make(turns, 1)
	return &Server{
		statuses: ttlcache.New[media.StreamID, statusEntry](maxStatus, statusLife),
		cfg:      cfg, directory: d, archive: a, log: log, metrics: newMetrics(), tags: newTagger(cfg.Tags),
		thumbnails: thumbnails{drawing: drawing}, previews: newPreviews(drawing),
	}
}

// quiet is for how long no media are fetched when viewers have what they were told of:
// the time between a playlist and the request that follows from it, and some.
const quiet = 500 * time.Millisecond

// AwaitQuiet returns when viewers have fetched what is left, or after the limit. It is for
// the end of a server, when nothing new comes.
func (s *Server) AwaitQuiet(limit time.Duration) {
	begun := time.Now()
	for {
		last := time.Unix(0, max(begun.UnixNano(), s.fetched.Load()))
		wait := min(time.Until(last.Add(quiet)), limit-time.Since(begun))
		if wait <= 0 {
			return
		}
		time.Sleep(wait)
	}
}

// ServeHTTP answers a request under Prefix.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	// Players on any site may read what is public anyway.
	cors.AllowAnyOrigin(w.Header())
	cors.Expose(w.Header(), exposedHeaders)
	switch r.Method {
	case http.MethodGet, http.MethodHead:
	case http.MethodOptions:
		cors.Preflight(w, r, methods)
		return
	default:
		w.Header()["Allow"] = allowedMethods
		s.fail(w, r, kindUnknown, errMethod)
		return
	}
	if err := checkRequest(r); err != nil {
		s.fail(w, r, kindUnknown, err)
		return
	}
	p, ok := parsePath(r.URL.Path)
	if !ok {
		s.fail(w, r, kindUnknown, errNoStream)
		return
	}
	s.tags.tag(w.Header(), p)
	if s.cfg.Report != nil && (cmcd.InQuery(r.URL.RawQuery) || cmcd.InHeaders(r.Header)) {
		s.cfg.Report(r, p.stream)
	}
	if p.ofStream() && p.file == statusFile {
		s.serveStatus(w, r, p.stream)
		return
	}
	if p.ofStream() && p.file == thumbnailFile {
		s.serveThumbnail(w, r, p.stream)
		return
	}
	if p.ofStream() && p.file == steeringFile && s.cfg.Steer != nil {
		s.cfg.Steer.ServeHTTP(w, r)
		return
	}
	if p.publication == recordings {
		s.serveRecording(w, r, p)
		return
	}
	stream, ok := s.directory.Live(p.stream)
	switch {
	case !ok, p.publication == "" && stream.Ended() && s.archive.Recorded(p.stream):
		s.serveOffAir(w, r, p)
	case p.timedObjects != "":
		s.serveTimedObjects(w, r, stream, p)
	case p.publication != "" && path.Ext(p.file) == ".json":
		if err := s.serveTimedObject(w, r, stream, p); err != nil {
			s.fail(w, r, kindTimedObjects, err)
		}
	case p.isPreview():
		if err := s.servePreview(w, r, stream, p); err != nil {
			s.fail(w, r, kindPreview, err)
		}
	case p.publication != "":
		s.serveMedia(w, r, stream, p)
	case p.file == multivariantFile:
		s.serveMultivariant(w, r, stream)
	default:
		s.serveMediaPlaylist(w, r, stream, p)
	}
}

// methods are those that are answered.
const methods = "GET, HEAD, OPTIONS"

// Header values that every answer shares: they are never written to.
var (
	exposedHeaders = []string{"Date, Content-Length, Content-Range"}
	allowedMethods = []string{methods}
)
