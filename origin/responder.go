package origin

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/globalfandom/lightstick/internal/httpcache"
	"github.com/globalfandom/lightstick/media"
	"github.com/globalfandom/lightstick/packager"
	"github.com/globalfandom/lightstick/storage/objectstore"
)

// Header values that every answer shares.
var (
	playlistType = []string{"application/vnd.apple.mpegurl"}
	gzipEncoding = []string{"gzip"}
)

// responder writes answers, and counts them.
type responder struct {
	log       *slog.Logger
	staleCode int // Config.StaleCode
	metrics   *metrics
	traffic   traffic
	fetched   atomic.Int64 // when media were fetched last, Unix nanoseconds
}

// stale reports whether a playlist has stood still for so long that a CDN had
// better ask another origin.
func (a *responder) stale(changed time.Time, stream *packager.Stream, ended bool) bool {
	return a.staleCode != 0 && !ended && !changed.IsZero() && time.Since(changed) > stream.TargetDuration()*3/2
}

func (a *responder) writeDocument(w http.ResponseWriter, r *http.Request, k kind, policy httpcache.Kind, d *packager.Document) {
	a.writeText(w, r, k, playlistType, policy, d)
}

func (a *responder) writeText(w http.ResponseWriter, r *http.Request, k kind, contentType []string, policy httpcache.Kind, d *packager.Document) {
	h := w.Header()
	h["Content-Type"] = contentType
	httpcache.SetHeader(h, policy)
	gzip := acceptsGzip(r.Header["Accept-Encoding"])
	h["Etag"] = d.EntityTag(gzip)
	if notModified(w, r) {
		a.count(r, k, http.StatusNotModified, 0)
		return
	}
	var body []byte
	if gzip {
		h["Content-Encoding"] = gzipEncoding
		body = d.Gzip()
	} else {
		body = d.Plain()
	}
	h["Content-Length"] = []string{strconv.Itoa(len(body))}
	if r.Method == http.MethodHead {
		a.count(r, k, http.StatusOK, 0)
		return
	}
	n, _ := w.Write(body) // an error means that the player has gone
	a.count(r, k, http.StatusOK, n)
}

// acceptsGzip reads Accept-Encoding (RFC 9110 §12.5.3) as far as gzip goes.
func acceptsGzip(accept []string) bool {
	if len(accept) == 0 {
		return false
	}
	for coding := range strings.SplitSeq(accept[0], ",") {
		name, weight, _ := strings.Cut(strings.TrimSpace(coding), ";")
		if name = strings.TrimSpace(name); name != "gzip" && name != "*" {
			continue
		}
		q, found := strings.CutPrefix(strings.TrimSpace(weight), "q=")
		if !found {
			return true
		}
		value, err := strconv.ParseFloat(q, 64)
		return err == nil && value > 0
	}
	return false
}

// notModified answers a conditional request for an object that never changes.
func notModified(w http.ResponseWriter, r *http.Request) bool {
	match := r.Header["If-None-Match"]
	if len(match) == 0 || (match[0] != "*" && !strings.Contains(match[0], w.Header()["Etag"][0])) {
		return false
	}
	w.WriteHeader(http.StatusNotModified)
	return true
}

// serveContent serves ranges, conditions and HEAD as net/http does, but for ranges that
// have to be ignored.
func (a *responder) serveContent(w http.ResponseWriter, r *http.Request, content io.ReadSeeker) {
	c := &countingWriter{ResponseWriter: w, code: http.StatusOK}
	http.ServeContent(c, httpcache.WithoutIgnoredRange(r), "", time.Time{}, content)
	a.count(r, kindMedia, c.code, int(c.written))
}

// serveObject serves an object that never changes.
func (a *responder) serveObject(w http.ResponseWriter, r *http.Request, st Storage) error {
	object, err := st.Open(r.Context(), storageKey(r))
	if errors.Is(err, objectstore.ErrNotFound) {
		return packager.ErrGone
	}
	if err != nil {
		return err
	}
	defer object.Close()
	a.serveContent(w, r, object)
	return nil
}

// serveText serves a text that storage has.
func (a *responder) serveText(w http.ResponseWriter, r *http.Request, text []byte) {
	w.Header()["Etag"] = httpcache.EntityTag(text, "")
	a.serveContent(w, r, bytes.NewReader(text))
}

// fail answers for an error.
func (a *responder) fail(w http.ResponseWriter, r *http.Request, k kind, err error) {
	if errors.Is(err, context.Canceled) {
		return // the player has gone
	}
	f := failureOf(err, a.staleCode)
	if f == internal {
		a.log.Error("request failed", "path", r.URL.Path, "err", err)
	}
	h := w.Header()
	delete(h, "Etag")
	delete(h, "Content-Length")
	httpcache.ResetHeader(h, f.policy)
	http.Error(w, f.text, f.code)
	a.count(r, k, f.code, 0)
}

// count notes an answer in the metrics and to its stream. An answer that is no success
// has no stream: there need not be one of that name.
func (a *responder) count(r *http.Request, k kind, code, written int) {
	a.metrics.count(k, code, written)
	if k == kindMedia {
		a.fetched.Store(time.Now().UnixNano())
	}
	if code >= http.StatusBadRequest {
		return
	}
	rest, _ := strings.CutPrefix(r.URL.Path, Prefix)
	stream, _, _ := strings.Cut(rest, "/")
	c := a.traffic.of(media.StreamID(stream))
	c.requests.Add(1)
	c.bytes.Add(int64(written))
}

// quiet is for how long no media are fetched when viewers have what they were told of:
// the time between a playlist and the request that follows from it, and some.
const quiet = 500 * time.Millisecond

// awaitQuiet returns when viewers have fetched what is left, or after the limit. It is for
// the end of a server, when nothing new comes.
func (a *responder) awaitQuiet(limit time.Duration) {
	begun := time.Now()
	for {
		last := time.Unix(0, max(begun.UnixNano(), a.fetched.Load()))
		wait := min(time.Until(last.Add(quiet)), limit-time.Since(begun))
		if wait <= 0 {
			return
		}
		time.Sleep(wait)
	}
}
