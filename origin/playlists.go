package origin

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/globalfandom/lightstick/internal/httpcache"
	"github.com/globalfandom/lightstick/packager"
)

const (
	multivariantFile = "index.m3u8"
	statusFile       = "status.json"
	steeringFile     = "steering.json"
	playlistSuffix   = ".m3u8"
)

// Header values that every answer shares.
var (
	playlistType = []string{"application/vnd.apple.mpegurl"}
	gzipEncoding = []string{"gzip"}
	retrySoon    = []string{"1"}
)

// startWait is how long a multivariant playlist is held for a stream that is
// just starting.
const startWait = 5 * time.Second

// startableWait is how long it is held at most for a publication that has begun a moment
// ago, so that players start within it.
const startableWait = 2 * time.Second

// refreshWait is how long a delta update without a position is held at most while the
// publisher is away. Who asks for one has the playlist already. hls.js asks in this way,
// every half target duration, once a reload has brought nothing new, as after a
// restart; a held request tells of the next part as soon as it is there.
const refreshWait = 5 * time.Second

func (s *Server) serveMultivariant(w http.ResponseWriter, r *http.Request, stream *packager.Stream) {
	d, err := parseDirectives(r.URL.RawQuery)
	if err != nil {
		s.fail(w, r, kindMultivariant, err)
		return
	}
	err = awaitReady(r.Context(), stream)
	if err == nil {
		ctx, cancel := context.WithTimeout(r.Context(), startableWait)
		stream.AwaitStartable(ctx)
		cancel()
	}
	if err != nil {
		w.Header()["Retry-After"] = retrySoon
		s.fail(w, r, kindMultivariant, err)
		return
	}
	if s.stale(stream.LastChange(), stream, stream.Ended()) {
		s.fail(w, r, kindMultivariant, errStale)
		return
	}
	s.writeDocument(w, r, kindMultivariant, httpcache.Multivariant, stream.Multivariant(d.span))
}

func awaitReady(ctx context.Context, stream *packager.Stream) error {
	select {
	case <-stream.Ready():
		return nil
	default:
	}
	timer := time.NewTimer(startWait)
	defer timer.Stop()
	select {
	case <-stream.Ready():
		return nil
	case <-timer.C:
		return errNoStream
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// stale reports whether a playlist has stood still for so long that a CDN had
// better ask another origin.
func (s *Server) stale(changed time.Time, stream *packager.Stream, ended bool) bool {
	return s.cfg.StaleCode != 0 && !ended && !changed.IsZero() && time.Since(changed) > stream.TargetDuration()*3/2
}

// findPlaylist finds the rendition that a media playlist is of, by its file's name.
// target is that of the life that the playlist belongs to (see packager.Life).
func findPlaylist(stream *packager.Stream, file string) (r *packager.Rendition, target int, iFrames, ok bool) {
	name, ok := strings.CutSuffix(file, playlistSuffix)
	if !ok {
		return nil, 0, false, false
	}
	return stream.Playlist(name)
}

// serveMediaPlaylist holds the request until the position it names exists, the
// player leaves, or three target durations have passed (RFC 8216bis §6.2.5.2).
func (s *Server) serveMediaPlaylist(w http.ResponseWriter, r *http.Request, stream *packager.Stream, p requestPath) {
	rendition, target, iFrames, ok := findPlaylist(stream, p.file)
	if ok {
		_, ok = rendition.Snapshot().In(target)
	}
	if !ok {
		s.fail(w, r, kindPlaylist, errNoStream)
		return
	}
	d, err := parseDirectives(r.URL.RawQuery)
	if rendition.Snapshot().Ended && isPosition(err) {
		err = nil // a position means nothing now (RFC 8216bis §6.2.5.2)
	}
	if err != nil {
		s.fail(w, r, kindPlaylist, err)
		return
	}
	audience := s.audience(stream, p.stream)
	duration := stream.TargetDuration()
	if target > 0 {
		duration = time.Duration(target) * time.Second
	}
	snap, err := s.await(r.Context(), rendition, stream, audience, d, duration)
	if err != nil {
		s.fail(w, r, kindPlaylist, err)
		return
	}
	if !iFrames && leads(stream, rendition) {
		audience.heard(interval(rendition, d, duration))
	}
	view, ok := snap.In(target)
	if !ok {
		s.fail(w, r, kindPlaylist, errNoStream)
		return
	}
	s.writePlaylist(w, r, view, d, iFrames)
}

func (s *Server) await(
	ctx context.Context, r *packager.Rendition, stream *packager.Stream, a *audience, d directives, target time.Duration,
) (*packager.Snapshot, error) {
	// The usual case of a player behind the live edge: nothing to wait for.
	snap := r.Snapshot()
	if s.stale(r.LastChange(), stream, snap.Ended) {
		return nil, errStale
	}
	refresh := !d.blocking && d.skip != packager.SkipNothing && snap.Waits()
	if !snap.Empty() && (!d.blocking || snap.Has(d.position)) && !refresh {
		return snap, nil
	}
	a.blocked.Add(1)
	defer a.blocked.Add(-1)
	if refresh {
		ctx, cancel := context.WithTimeout(ctx, min(target, refreshWait))
		defer cancel()
		return r.AwaitNext(ctx, snap), nil
	}
	ctx, cancel := context.WithTimeoutCause(ctx, 3*target, errHeld)
	defer cancel()
	snap, err := r.AwaitAny(ctx)
	if err != nil || !d.blocking {
		return snap, err
	}
	return r.Await(ctx, d.position)
}

func (s *Server) writePlaylist(w http.ResponseWriter, r *http.Request, snap packager.View, d directives, iFrames bool) {
	policy := httpcache.LivePlaylist
	switch {
	case snap.Ended:
		policy = httpcache.EndedPlaylist
	case d.blocking:
		policy = httpcache.BlockingPlaylist
	}
	document, err := choose(snap, d, iFrames)
	if err != nil {
		s.fail(w, r, kindPlaylist, err)
		return
	}
	s.writeDocument(w, r, kindPlaylist, policy, document)
}

// choose finds the document that a request means.
func choose(snap packager.View, d directives, iFrames bool) (*packager.Document, error) {
	switch {
	case iFrames && d.span.IsZero():
		return snap.IFrames(), nil
	case iFrames:
		return snap.IFrameClip(d.span)
	case d.span.IsZero():
		return snap.Playlist(d.skip), nil
	}
	return snap.Clip(d.span, d.skip)
}

func (s *Server) writeDocument(w http.ResponseWriter, r *http.Request, k kind, policy httpcache.Kind, d *packager.Document) {
	s.writeText(w, r, k, playlistType, policy, d)
}

func (s *Server) writeText(w http.ResponseWriter, r *http.Request, k kind, contentType []string, policy httpcache.Kind, d *packager.Document) {
	h := w.Header()
	h["Content-Type"] = contentType
	httpcache.SetHeader(h, policy)
	gzip := acceptsGzip(r.Header["Accept-Encoding"])
	h["Etag"] = d.EntityTag(gzip)
	if notModified(w, r) {
		s.count(r, k, http.StatusNotModified, 0)
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
		s.count(r, k, http.StatusOK, 0)
		return
	}
	n, _ := w.Write(body) // an error means that the player has gone
	s.count(r, k, http.StatusOK, n)
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
