package origin

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"sync"
	"time"

	"github.com/globalfandom/lightstick/internal/httpcache"
	"github.com/globalfandom/lightstick/media"
	"github.com/globalfandom/lightstick/packager"
)

const (
	// thumbnailLife is how long a picture is good enough for everybody who asks: each
	// costs a run of FFmpeg.
	thumbnailLife = 10 * time.Second
	// thumbnailTimeout bounds the drawing of one, and the wait for others' to be drawn.
	thumbnailTimeout = 15 * time.Second
)

var jpegType = []string{"image/jpeg"}

// errNoThumbnail reports a stream without a picture, or a server that can't draw one.
var errNoThumbnail = errors.New("origin: there is no picture of this stream")

// thumbnails are pictures of the streams that are on air, drawn when somebody asks, at
// most one at a time in the whole server.
type thumbnails struct {
	mu      sync.Mutex
	entries map[media.StreamID]*thumbnail
	drawing turns
}

// turns lets one picture be drawn at a time in the whole server: it holds one while
// somebody draws.
type turns chan struct{}

type thumbnail struct {
	jpeg  []byte // nil: none could be made
	until time.Time
	made  chan struct{} // closed when it is there; nil: nobody is drawing it
}

// thumbnailHandler serves a picture of now; of a stream that is off the air, the poster of
// its newest recording.
type thumbnailHandler struct {
	*responder
	streams    Streams
	statuses   *statuses
	draw       func(context.Context, packager.KeyPicture) ([]byte, error) // nil: there is none
	thumbnails thumbnails
}

func (h *thumbnailHandler) serve(w http.ResponseWriter, r *http.Request, p requestPath, from source) error {
	if from.stream == nil || from.stream.Ended() {
		return h.redirectToPoster(w, r, p.stream)
	}
	ctx, cancel := context.WithTimeout(r.Context(), thumbnailTimeout)
	defer cancel()
	live := func(id media.StreamID) bool { _, ok := h.streams.Live(id); return ok }
	jpeg, err := h.thumbnails.get(ctx, p.stream, live, func(ctx context.Context) ([]byte, error) { return h.drawLargest(ctx, from.stream) })
	if err != nil {
		if !errors.Is(err, errNoThumbnail) {
			h.log.Warn("drawing a picture of a stream failed", "stream", p.stream, "err", err)
		}
		return errNoThumbnail
	}
	header := w.Header()
	header["Content-Type"] = jpegType
	header["Etag"] = httpcache.EntityTag(jpeg, "")
	httpcache.SetHeader(header, httpcache.Status)
	if notModified(w, r) {
		h.count(r, kindThumbnail, http.StatusNotModified, 0)
		return nil
	}
	header["Content-Length"] = []string{strconv.Itoa(len(jpeg))}
	n, _ := w.Write(jpeg) // an error means that the viewer has gone
	h.count(r, kindThumbnail, http.StatusOK, n)
	return nil
}

func (h *thumbnailHandler) redirectToPoster(w http.ResponseWriter, r *http.Request, id media.StreamID) error {
	status, known := h.statuses.of(r.Context(), id)
	if !known || status.Recording == "" {
		return errNoThumbnail
	}
	header := w.Header()
	httpcache.SetHeader(header, httpcache.Status)
	header["Location"] = []string{recordings + "/" + url.PathEscape(status.Recording) + "/poster.jpg"}
	w.WriteHeader(http.StatusFound)
	h.count(r, kindThumbnail, http.StatusFound, 0)
	return nil
}

// get is a stream's picture, up to thumbnailLife old. While a new one is being drawn
// others get the old one, or wait for the first. Those of streams for which live is false are
// dropped.
func (t *thumbnails) get(ctx context.Context, id media.StreamID, live func(media.StreamID) bool, draw func(context.Context) ([]byte, error)) ([]byte, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	e := t.entries[id]
	if e == nil {
		e = t.add(id, live)
	}
	switch {
	case time.Now().Before(e.until), e.made != nil && e.jpeg != nil:
	case e.made != nil:
		made := e.made
		t.mu.Unlock()
		select {
		case <-made:
		case <-ctx.Done():
		}
		t.mu.Lock()
	default:
		e.made = make(chan struct{})
		t.mu.Unlock()
		// For all who wait: it goes on when the first of them has gone.
		jpeg, err := t.drawing.draw(context.WithoutCancel(ctx), draw)
		t.mu.Lock()
		e.jpeg, e.until = jpeg, time.Now().Add(thumbnailLife)
		close(e.made)
		e.made = nil
		if err != nil {
			return nil, err
		}
	}
	if e.jpeg == nil {
		return nil, errNoThumbnail
	}
	return e.jpeg, nil
}

// add makes a place for a stream that is on air, and drops those of streams that are not
// any more. The lock is held.
func (t *thumbnails) add(id media.StreamID, live func(media.StreamID) bool) *thumbnail {
	for old := range t.entries {
		if !live(old) {
			delete(t.entries, old)
		}
	}
	if t.entries == nil {
		t.entries = make(map[media.StreamID]*thumbnail)
	}
	e := &thumbnail{}
	t.entries[id] = e
	return e
}

// draw waits for its turn.
func (t turns) draw(ctx context.Context, draw func(context.Context) ([]byte, error)) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, thumbnailTimeout)
	defer cancel()
	select {
	case t <- struct{}{}:
		defer func() { <-t }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	return draw(ctx)
}

// drawLargest makes a picture of the largest rendition that has a keyframe.
func (h *thumbnailHandler) drawLargest(ctx context.Context, stream *packager.Stream) ([]byte, error) {
	var best packager.KeyPicture
	for _, r := range stream.Renditions() {
		if !r.IsVideo() {
			continue
		}
		if p, err := r.KeyPicture(); err == nil && p.Track.Height > best.Track.Height {
			best = p
		}
	}
	if best.Payload == nil || h.draw == nil {
		return nil, errNoThumbnail // sound alone, nothing yet, or nothing to draw with
	}
	return h.draw(ctx, best)
}
