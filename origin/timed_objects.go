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

// timedObjectHandler serves what lies in the folder of a series of timed objects: the index,
// which can be waited for as a media playlist can, and objects by their number alone; and
// objects in their publication's folder, where they never change.
type timedObjectHandler struct {
	*responder
	storage Storage
}

func (h *timedObjectHandler) serve(w http.ResponseWriter, r *http.Request, p requestPath, from source) error {
	switch {
	case p.publication != "":
		return h.serveNamed(w, r, from.stream, p)
	case from.stream == nil:
		h.writeText(w, r, kindTimedObjects, jsonType, httpcache.LivePlaylist, packager.NewDocument(from.text))
		return nil
	}
	series, ok := from.stream.TimedObjects(p.series)
	if !ok {
		return errNoStream
	}
	if p.file == timedObjectIndex {
		return h.serveIndex(w, r, from.stream, series)
	}
	msn, ok := objectNumber(p.file)
	if !ok {
		return packager.ErrGone
	}
	o, err := series.Object(msn)
	if err != nil {
		return err
	}
	// The next broadcast of the stream begins with the same numbers.
	policy := httpcache.BlockingPlaylist
	if p.recording != "" {
		policy = httpcache.EndedPlaylist
	}
	return h.serveObject(w, r, p, o, policy)
}

// serveIndex holds the request until the object that it names exists, the player
// leaves, or three target durations have passed.
func (h *timedObjectHandler) serveIndex(w http.ResponseWriter, r *http.Request, stream *packager.Stream, c *packager.TimedObjects) error {
	d, err := parseDirectives(r.URL.RawQuery)
	snap := c.Snapshot()
	if snap.Ended && isPosition(err) {
		err = nil // a position means nothing now
	}
	if err != nil {
		return err
	}
	if h.stale(snap.Changed, stream, snap.Ended || snap.Empty()) {
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
	h.writeText(w, r, kindTimedObjects, jsonType, policy, document)
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

// serveObject serves an object that a series lists, from memory or storage.
func (h *timedObjectHandler) serveObject(w http.ResponseWriter, r *http.Request, p requestPath, o *packager.TimedObject, policy httpcache.Kind) error {
	document := o.Document()
	if document == nil {
		var err error
		if document, err = h.read(r.Context(), recording.TimedObjectKey(p.stream, p.series, o.TimedObjectEntry)); err != nil {
			return err
		}
	}
	h.writeText(w, r, kindTimedObjects, jsonType, policy, document)
	return nil
}

// serveNamed serves an object by the name that the index has: in its
// publication's folder, where it never changes. stream may be nil.
func (h *timedObjectHandler) serveNamed(w http.ResponseWriter, r *http.Request, stream *packager.Stream, p requestPath) error {
	if !p.plausible() {
		return packager.ErrGone
	}
	if stream != nil {
		if c, ok := stream.TimedObjects(p.rendition); ok {
			msn, _ := objectNumber(p.file)
			if o, err := c.Object(msn); err == nil && o.Publication == p.publication && o.File() == p.file {
				p.series = p.rendition
				return h.serveObject(w, r, p, o, httpcache.TimedObjects)
			}
		}
	}
	document, err := h.read(r.Context(), storageKey(r))
	if err != nil {
		return err
	}
	h.writeText(w, r, kindTimedObjects, jsonType, httpcache.TimedObjects, document)
	return nil
}

// maxTimedObject bounds what is read of an object, in bytes.
const maxTimedObject = 4 << 20

// read reads an object of a series of timed objects.
func (h *timedObjectHandler) read(ctx context.Context, key string) (*packager.Document, error) {
	object, err := h.storage.Open(ctx, key)
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
