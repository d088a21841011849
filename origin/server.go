package origin

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"time"

	"github.com/globalfandom/lightstick/cdn/cmcd"
	"github.com/globalfandom/lightstick/internal/cors"
	"github.com/globalfandom/lightstick/media"
	"github.com/globalfandom/lightstick/packager"
)

// Config of a server.
type Config struct {
	Settings
	// Tags are the headers that tell CDNs what an answer is of, for purging; see
	// httpcache.TagSeparators.
	Tags []string
	// Report is given requests below a stream that carry CMCD; nil: they are not reported.
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

// Server answers for everything under [Prefix]. A request is read, resolved to its source,
// and answered by the handler of its kind.
type Server struct {
	report   func(r *http.Request, id media.StreamID)
	tags     *tagger
	streams  Streams
	storage  Storage
	handlers [kindCount]handler // nil: there is nothing of that kind

	responder *responder
	viewers   *viewerEstimates
	previews  *previews
}

// handler answers requests for one kind of object. Errors are answered by the responder.
type handler interface {
	serve(w http.ResponseWriter, r *http.Request, p requestPath, from source) error
}

// New makes a server. st may be nil: nothing is stored.
func New(cfg Config, streams Streams, st Storage, log *slog.Logger) *Server {
	if st == nil {
		st = noStorage{}
	}
	one := make(turns, 1)
	answer := &responder{log: log, staleCode: int(cfg.StaleCode), metrics: newMetrics()}
	viewers := &viewerEstimates{streams: streams, reported: cfg.Viewers, traffic: &answer.traffic}
	known := newStatuses(streams, viewers)
	stored := &mediaHandler{answer, st}
	s := &Server{
		report: cfg.Report, tags: newTagger(cfg.Tags), streams: streams, storage: st,
		responder: answer, viewers: viewers, previews: newPreviews(one),
	}
	s.handlers = [kindCount]handler{
		kindMultivariant:  &multivariantHandler{answer},
		kindPlaylist:      &playlistHandler{answer, viewers},
		kindMedia:         stored,
		kindTimedObjects:  &timedObjectHandler{answer, st},
		kindStatus:        &statusHandler{answer, known},
		kindThumbnail:     &thumbnailHandler{responder: answer, streams: streams, statuses: known, draw: cfg.Draw, thumbnails: thumbnails{drawing: one}},
		kindPreview:       &previewHandler{answer, s.previews, cfg.DrawSmall, stored},
		kindRecordingFile: &recordingFileHandler{answer, st},
	}
	if cfg.Steer != nil {
		s.handlers[kindSteering] = steeringHandler{cfg.Steer}
	}
	return s
}

// AwaitQuiet returns when viewers have fetched what is left, or after the limit. It is for
// the end of a server, when nothing new comes.
func (s *Server) AwaitQuiet(limit time.Duration) { s.responder.awaitQuiet(limit) }

// Viewers is how many watch a stream live; 0 when it is not on air.
func (s *Server) Viewers(id media.StreamID) int { return s.viewers.ofStream(id) }

// Traffic is what was sent of each stream. It drops streams that have gone, of which
// nothing was sent for a while: one that comes back after it was missing begins at 0. One
// caller alone that keeps the difference calls it, more often than each trafficKept.
func (s *Server) Traffic() map[media.StreamID]Traffic {
	s.responder.traffic.dropOld(time.Now(), func(id media.StreamID) bool {
		_, live := s.streams.Live(id)
		return !live
	})
	return s.responder.traffic.sent()
}

// ServeHTTP answers a request under Prefix.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	// Players on any site may read what is public anyway.
	cors.AllowAnyOrigin(w.Header())
	cors.Expose(w.Header(), exposedHeaders)
	if r.Method == http.MethodOptions {
		cors.Preflight(w, r, methods)
		return
	}
	var p requestPath
	err := readRequest(r, &p)
	if err == nil {
		s.tags.tag(w.Header(), &p)
		if s.report != nil && (cmcd.InQuery(r.URL.RawQuery) || cmcd.InHeaders(r.Header)) {
			s.report(r, p.stream)
		}
		err = s.serve(w, r, &p)
	}
	if err == nil {
		return
	}
	if errors.Is(err, errMethod) {
		w.Header()["Allow"] = allowedMethods
	}
	s.responder.fail(w, r, p.kind, err)
}

func (s *Server) serve(w http.ResponseWriter, r *http.Request, p *requestPath) error {
	h := s.handlers[p.kind]
	if h == nil {
		return errNoStream
	}
	from, err := s.resolve(r, p)
	if err != nil {
		return err
	}
	return h.serve(w, r, *p, from)
}

// steeringHandler hands requests to the steering server (RFC 8216bis §7).
type steeringHandler struct{ steer http.Handler }

func (h steeringHandler) serve(w http.ResponseWriter, r *http.Request, _ requestPath, _ source) error {
	h.steer.ServeHTTP(w, r)
	return nil
}
