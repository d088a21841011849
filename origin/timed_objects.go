package origin

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"

	"github.com/globalfandom/lightstick/internal/httpcache"
	"github.com/globalfandom/lightstick/packager"
	"github.com/globalfandom/lightstick/storage/objectstore"
	"github.com/globalfandom/lightstick/storage/recording"
)

// timedObjectIndex is the name of every timed objects' index.
const timedObjectIndex = "index.json"

// timedObjectPath makes a path of one that has NAME/FILE below a stream or recording.
func (p requestPath) timedObjectPath(name, file string) (requestPath, bool) {
	p.timedObjects, p.file = name, file
	return p, name != "" && file != ""
}

// serveTimedObjects serves what lies in a series of timed objects' directory: the index, which can be waited
// for as a media playlist can, and objects by their number alone.
func (s *Server) serveTimedObjects(w http.ResponseWriter, r *http.Request, stream *packager.Stream, p requestPath) {
	if err := s.tryTimedObjects(w, r, stream, p); err != nil {
		s.fail(w, r, kindTimedObjects, err)
	}
}

func (s *Server) tryTimedObjects(w http.ResponseWriter, r *http.Request, stream *packager.Stream, p requestPath) error {
	c, ok := stream.TimedObjects(p.timedObjects)
	if !ok {
		return errNoStream
	}
	if p.file == timedObjectIndex {
		return s.serveTimedObjectIndex(w, r, stream, c)
	}
	msn, ok := objectNumber(p.file)
	if !ok {
		return packager.ErrGone
	}
	o, err := c.Object(msn)
	if err != nil {
		return err
	}
	// The next broadcast of the stream begins with the same numbers.
	policy := httpcache.BlockingPlaylist
	if p.publication == recordings {
		policy = httpcache.EndedPlaylist
	}
	return s.serveObjectOf(w, r, p, o, policy)
}

// serveTimedObjectIndex holds the request until the object that it names exists, the player
// leaves, or three target durations have passed.
func (s *Server) serveTimedObjectIndex(w http.ResponseWriter, r *http.Request, stream *packager.Stream, c *packager.TimedObjects) error {
	d, err := parseDirectives(r.URL.RawQuery)
	snap := c.Snapshot()
	if snap.Ended && isPosition(err) {
		err = nil // a position means nothing now
	}
	if err != nil {
		return err
	}
	if s.stale(snap.Changed, stream, snap.Ended || snap.Empty()) {
		return errStale
	}
	wanted := int64(-1)
	if d.blocking {
		wanted = d.position.MSN
	}
	if !snap.Has(wanted) {
		ctx, cancel := context.WithTimeoutCause(r.Context(), 3*stream.TargetDuration(), errHeld)
		defer cancel()
		if snap, err = c.Await(ctx, -1); err == nil {
			snap, err = c.Await(ctx, wanted)
		}
		if err != nil {
			return err
		}
	}
	if snap.Empty() {
		return packager.ErrGone
	}
	policy := httpcache.LivePlaylist
	switch {
	case snap.Ended:
		policy = httpcache.EndedPlaylist
	case d.blocking:
		policy = httpcache.BlockingPlaylist
	}
	document := snap.Index()
	if !d.span.IsZero() {
		if document, err = snap.Span(d.span); err != nil {
			return err
		}
	}
	s.writeText(w, r, kindTimedObjects, jsonType, policy, document)
	return nil
}

// objectNumber reads "MSN.json".
func objectNumber(file string) (int64, bool) {
	name, ok := strings.CutSuffix(file, ".json")
	if !ok {
		return 0, false
	}
	return parseNumber(name)
}

// serveObjectOf serves an object that a series of timed objects lists, from memory or the archive.
func (s *Server) serveObjectOf(w http.ResponseWriter, r *http.Request, p requestPath, o *packager.TimedObject, policy httpcache.Kind) error {
	document := o.Document()
	if document == nil {
		var err error
		if document, err = s.archived(r.Context(), recording.TimedObjectKey(p.stream, p.timedObjects, o.TimedObjectEntry)); err != nil {
			return err
		}
	}
	s.writeText(w, r, kindTimedObjects, jsonType, policy, document)
	return nil
}

// serveTimedObject serves an object by the name that the index has: in its
// publication's directory, where it never changes. stream may be nil.
func (s *Server) serveTimedObject(w http.ResponseWriter, r *http.Request, stream *packager.Stream, p requestPath) error {
	if !p.plausible() {
		return packager.ErrGone
	}
	if stream != nil {
		if c, ok := stream.TimedObjects(p.rendition); ok {
			msn, _ := objectNumber(p.file)
			if o, err := c.Object(msn); err == nil && o.Publication == p.publication && o.File() == p.file {
				p.timedObjects = p.rendition
				return s.serveObjectOf(w, r, p, o, httpcache.TimedObjects)
			}
		}
	}
	document, err := s.archived(r.Context(), strings.TrimPrefix(r.URL.Path, "/"))
	if err != nil {
		return err
	}
	s.writeText(w, r, kindTimedObjects, jsonType, httpcache.TimedObjects, document)
	return nil
}

// maxTimedObject bounds what is read of an object, in bytes.
const maxTimedObject = 4 << 20

// archived reads an object of a series of timed objects.
func (s *Server) archived(ctx context.Context, key string) (*packager.Document, error) {
	object, err := s.archive.Open(ctx, key)
	if errors.Is(err, objectstore.ErrNotFound) {
		return nil, packager.ErrGone
	}
	if err != nil {
		return nil, err
	}
	defer object.Close()
	text, err := io.ReadAll(io.LimitReader(object, maxTimedObject))
	if err != nil {
		return nil, err
	}
	return packager.NewDocument(text), nil
}

// serveOffAirTimedObjects serves the series of timed objects of a stream's last broadcast, or what a storage
// has of it.
func (s *Server) serveOffAirTimedObjects(w http.ResponseWriter, r *http.Request, p requestPath) error {
	if !p.plausible() {
		return errNoStream
	}
	stream, err := s.archive.Latest(r.Context(), p.stream)
	if err == nil {
		return s.tryTimedObjects(w, r, stream, p)
	}
	if !errors.Is(err, recording.ErrNotFound) || p.file != timedObjectIndex {
		return err
	}
	text, err := s.archive.Small(r.Context(), strings.TrimPrefix(r.URL.Path, "/"))
	if err != nil {
		return err
	}
	s.writeText(w, r, kindTimedObjects, jsonType, httpcache.LivePlaylist, packager.NewDocument(text))
	return nil
}
