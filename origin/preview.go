package origin

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sync/singleflight"

	"github.com/globalfandom/lightstick/internal/httpcache"
	"github.com/globalfandom/lightstick/packager"
	"github.com/globalfandom/lightstick/storage/objectstore"
)

const (
	// previewQueue is how many pictures may be drawn or wait for it; more are refused.
	previewQueue = 8
	// previewRetry is after how many seconds a player that was refused may ask again.
	previewRetry = "1"
)

// errBusy reports that too many pictures wait to be drawn.
var errBusy = errors.New("origin: too many pictures wait to be drawn")

// previews are pictures of segments that can be sought to, drawn when somebody asks for
// them and kept in memory.
type previews struct {
	drawing turns
	queue   chan struct{} // holds one for each that is drawn or waits
	flights singleflight.Group
	kept    *pictureCache
	metrics previewMetrics
}

func newPreviews(drawing turns) *previews {
	return &previews{
		drawing: drawing, queue: make(chan struct{}, previewQueue),
		kept: newPictureCache(previewMemory), metrics: newPreviewMetrics(),
	}
}

// previewHandler serves a picture for a segment that can still be fetched, of the first
// keyframe of its ten seconds.
type previewHandler struct {
	*responder
	previews *previews
	draw     func(context.Context, packager.KeyPicture) ([]byte, error) // nil: there is none
	media    *mediaHandler                                              // serves what is off the air
}

func (h *previewHandler) serve(w http.ResponseWriter, r *http.Request, p requestPath, from source) error {
	if from.stream == nil {
		return h.media.serve(w, r, p, from)
	}
	msn, ok := parseNumber(strings.TrimSuffix(p.file, previewSuffix))
	if !ok {
		return packager.ErrGone
	}
	segment, err := from.stream.PreviewSegment(p.publication, msn)
	if err != nil {
		return err
	}
	if h.draw == nil {
		return errNoThumbnail
	}
	header := w.Header()
	header["Content-Type"] = jpegType
	header["Etag"] = mediaTag(p)
	httpcache.SetHeader(header, httpcache.Media)
	if notModified(w, r) {
		h.count(r, kindPreview, http.StatusNotModified, 0)
		return nil
	}
	ctx, cancel := context.WithTimeout(r.Context(), thumbnailTimeout)
	defer cancel()
	key := string(p.stream) + "/" + p.publication + "/" + strconv.FormatInt(segment.MSN, 10)
	jpeg, err := h.previews.get(ctx, key, func(ctx context.Context) ([]byte, error) {
		picture, err := segment.Read()
		if err != nil {
			return nil, err
		}
		return h.draw(ctx, picture)
	})
	if err != nil {
		return h.failed(header, p, err)
	}
	header["Content-Length"] = []string{strconv.Itoa(len(jpeg))}
	n, _ := w.Write(jpeg) // an error means that the viewer has gone
	h.count(r, kindPreview, http.StatusOK, n)
	return nil
}

// failed is the error to answer for a picture that was not drawn.
func (h *previewHandler) failed(header http.Header, p requestPath, err error) error {
	switch {
	case errors.Is(err, errBusy), errors.Is(err, context.DeadlineExceeded):
		header["Retry-After"] = []string{previewRetry}
		return errBusy
	case errors.Is(err, context.Canceled), errors.Is(err, packager.ErrGone), errors.Is(err, errNoThumbnail):
		return err
	case errors.Is(err, objectstore.ErrNotFound):
		return packager.ErrGone
	}
	h.log.Warn("drawing a picture of a segment failed", "stream", p.stream, "err", err)
	return errNoThumbnail
}

// get is the picture of a key. All who ask for one that has to be drawn share the
// drawing, which goes on when they have left. It fails with errBusy if too many others
// wait, and with errNoThumbnail for a while after a drawing has failed.
func (p *previews) get(ctx context.Context, key string, draw func(context.Context) ([]byte, error)) ([]byte, error) {
	if jpeg, ok := p.kept.get(key, time.Now()); ok {
		return orMissing(jpeg)
	}
	drawn := p.flights.DoChan(key, func() (any, error) {
		if jpeg, ok := p.kept.get(key, time.Now()); ok { // since the caller looked
			return orMissing(jpeg)
		}
		return p.draw(context.WithoutCancel(ctx), key, draw)
	})
	select {
	case result := <-drawn:
		jpeg, _ := result.Val.([]byte)
		return jpeg, result.Err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// draw draws a picture in its turn, and keeps it, or that there is none.
func (p *previews) draw(ctx context.Context, key string, draw func(context.Context) ([]byte, error)) ([]byte, error) {
	select {
	case p.queue <- struct{}{}:
		defer func() { <-p.queue }()
	default:
		p.metrics.refused.Inc()
		return nil, errBusy
	}
	jpeg, err := p.drawing.draw(ctx, draw)
	if err != nil {
		p.metrics.failed.Inc()
		p.kept.putMissing(key, time.Now().Add(thumbnailLife))
		return nil, err
	}
	p.metrics.drawn.Inc()
	p.kept.put(key, jpeg)
	return jpeg, nil
}

// orMissing is what the cache has of a picture: nil is that there is none.
func orMissing(jpeg []byte) ([]byte, error) {
	if jpeg == nil {
		return nil, errNoThumbnail
	}
	return jpeg, nil
}
