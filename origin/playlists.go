package origin

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/globalfandom/lightstick/cdn"
	"github.com/globalfandom/lightstick/packager"
)

const playlistType = "application/vnd.apple.mpegurl"

// startWait is how long a multivariant playlist is held for a stream that is
// just starting.
const startWait = 5 * time.Second

func (s *Server) serveMultivariant(w http.ResponseWriter, r *http.Request) {
	_, stream, err := s.find(r)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	timer := time.NewTimer(startWait)
	defer timer.Stop()
	select {
	case <-stream.Ready():
	case <-timer.C:
		w.Header().Set("Retry-After", "1")
		s.fail(w, r, errNoStream)
		return
	case <-r.Context().Done():
		return
	}
	body := stream.Multivariant(s.cfg.AudioOnly)
	header := w.Header()
	header.Set("Content-Type", playlistType)
	header.Set("Cache-Control", cdn.CacheControl(cdn.Multivariant))
	header.Set("Content-Length", strconv.Itoa(len(body)))
	deadline(w)
	if r.Method != http.MethodHead {
		_, _ = w.Write(body)
	}
}

// serveMediaPlaylist holds the request until the position it names exists, the
// player leaves, or three target durations have passed (RFC 8216bis §6.2.5.2).
func (s *Server) serveMediaPlaylist(w http.ResponseWriter, r *http.Request) {
	id, stream, err := s.find(r)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	name, isPlaylist := strings.CutSuffix(r.PathValue("playlist"), ".m3u8")
	rendition, ok := stream.Rendition(name)
	if !isPlaylist || !ok {
		s.fail(w, r, errNoStream)
		return
	}
	position, blocking, err := parseDirectives(r.URL.Query())
	if rendition.Snapshot().Ended {
		position, blocking, err = packager.Position{}, false, nil // directives mean nothing now
	}
	if err != nil {
		s.fail(w, r, err)
		return
	}
	audience := s.audiences.of(id)
	audience.blocked.Add(1)
	snap, err := await(r.Context(), rendition, stream.TargetDuration(), position, blocking)
	audience.blocked.Add(-1)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	if leads(stream, rendition) {
		audience.heard(interval(stream, rendition, position, blocking))
	}
	writePlaylist(w, r, snap, blocking)
}

func await(
	ctx context.Context, r *packager.Rendition, target time.Duration, p packager.Position, blocking bool,
) (*packager.Snapshot, error) {
	// The usual case of a player at the live edge or behind it: nothing to wait for.
	if snap := r.Snapshot(); !snap.Empty() && (!blocking || snap.Has(p)) {
		return snap, nil
	}
	ctx, cancel := context.WithTimeoutCause(ctx, 3*target, errHeld)
	defer cancel()
	snap, err := r.AwaitAny(ctx)
	if err != nil || !blocking {
		return snap, err
	}
	return r.Await(ctx, p)
}

func writePlaylist(w http.ResponseWriter, r *http.Request, snap *packager.Snapshot, blocking bool) {
	kind := cdn.LivePlaylist
	switch {
	case snap.Ended:
		kind = cdn.EndedPlaylist
	case blocking:
		kind = cdn.BlockingPlaylist
	}
	header := w.Header()
	header.Set("Content-Type", playlistType)
	header.Set("Cache-Control", cdn.CacheControl(kind))
	header.Set("Vary", "Accept-Encoding")
	body := snap.Playlist()
	if acceptsGzip(r.Header.Get("Accept-Encoding")) {
		header.Set("Content-Encoding", "gzip")
		body = snap.PlaylistGzip()
	}
	header.Set("Content-Length", strconv.Itoa(len(body)))
	deadline(w)
	if r.Method != http.MethodHead {
		_, _ = w.Write(body)
	}
}

// acceptsGzip reads Accept-Encoding (RFC 9110 §12.5.3) as far as gzip goes.
func acceptsGzip(accept string) bool {
	for coding := range strings.SplitSeq(accept, ",") {
		name, weight, _ := strings.Cut(strings.TrimSpace(coding), ";")
		if name = strings.TrimSpace(name); name != "gzip" && name != "*" {
			continue
		}
		q, found := strings.CutPrefix(strings.TrimSpace(weight), "q=")
		value, err := strconv.ParseFloat(q, 64)
		return !found || (err == nil && value > 0)
	}
	return false
}
