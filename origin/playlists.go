package origin

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/globalfandom/lightstick/internal/httpcache"
	"github.com/globalfandom/lightstick/media"
	"github.com/globalfandom/lightstick/packager"
)

// retrySoon is the value of Retry-After, in seconds.
var retrySoon = []string{"1"}

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

// multivariantHandler serves multivariant playlists.
type multivariantHandler struct{ *responder }

func (h *multivariantHandler) serve(w http.ResponseWriter, r *http.Request, _ requestPath, from source) error {
	if from.stream == nil {
		h.writeStoredPlaylist(w, r, from.text)
		return nil
	}
	d, err := from.directives(r)
	if err != nil {
		return err
	}
	policy := httpcache.EndedPlaylist
	if !from.over {
		policy = httpcache.Multivariant
		if err := h.awaitStart(w, r, from.stream); err != nil {
			return err
		}
	}
	h.writeDocument(w, r, kindMultivariant, policy, from.stream.Multivariant(d.span))
	return nil
}

// awaitStart holds the request for a stream that is just starting.
func (h *multivariantHandler) awaitStart(w http.ResponseWriter, r *http.Request, stream *packager.Stream) error {
	if err := awaitReady(r.Context(), stream); err != nil {
		w.Header()["Retry-After"] = retrySoon
		return err
	}
	ctx, cancel := context.WithTimeout(r.Context(), startableWait)
	stream.AwaitStartable(ctx)
	cancel()
	if h.stale(stream.LastChange(), stream, stream.Ended()) {
		return errStale
	}
	return nil
}

// writeStoredPlaylist answers with a playlist as storage has it.
func (a *responder) writeStoredPlaylist(w http.ResponseWriter, r *http.Request, text []byte) {
	header := w.Header()
	header["Content-Type"] = playlistType
	httpcache.SetHeader(header, httpcache.LivePlaylist)
	a.serveText(w, r, text)
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

// findPlaylist finds the rendition that a media playlist is of, by its file's name.
// target is that of the generation that the playlist belongs to (see packager.Generation).
func findPlaylist(stream *packager.Stream, file string) (r *packager.Rendition, target int, iFrames, ok bool) {
	name, ok := strings.CutSuffix(file, playlistSuffix)
	if !ok {
		return nil, 0, false, false
	}
	return stream.Playlist(name)
}

// playlistHandler serves media playlists. It holds a request until the position that it names
// exists, the player leaves, or three target durations have passed (RFC 8216bis §6.2.5.2).
type playlistHandler struct {
	*responder
	viewers *viewerEstimates
}

func (h *playlistHandler) serve(w http.ResponseWriter, r *http.Request, p requestPath, from source) error {
	if from.stream == nil {
		h.writeStoredPlaylist(w, r, from.text)
		return nil
	}
	rendition, target, iFrames, ok := findPlaylist(from.stream, p.file)
	if ok {
		_, ok = rendition.Snapshot().In(target)
	}
	if !ok {
		return errNoStream
	}
	snap := rendition.Snapshot()
	d, err := source{over: from.over || snap.Ended}.directives(r)
	if err != nil {
		return err
	}
	if !from.over {
		if snap, err = h.awaitSnapshot(r.Context(), rendition, from.stream, p.stream, d, target, iFrames); err != nil {
			return err
		}
	}
	view, ok := snap.In(target)
	if !ok {
		return errNoStream
	}
	return h.writePlaylist(w, r, view, d, iFrames)
}

// awaitSnapshot waits for what a request for a live playlist names, and counts its viewer.
func (h *playlistHandler) awaitSnapshot(
	ctx context.Context, rendition *packager.Rendition, stream *packager.Stream, id media.StreamID, d directives, target int, iFrames bool,
) (*packager.Snapshot, error) {
	viewers := h.viewers.of(stream, id)
	duration := stream.TargetDuration()
	if target > 0 {
		duration = time.Duration(target) * time.Second
	}
	snap, err := h.await(ctx, rendition, stream, viewers, d, duration)
	if err == nil && !iFrames && leads(stream, rendition) {
		viewers.addRequest(interval(rendition, d, duration))
	}
	return snap, err
}

func (h *playlistHandler) await(
	ctx context.Context, r *packager.Rendition, stream *packager.Stream, viewers *viewerEstimate, d directives, target time.Duration,
) (*packager.Snapshot, error) {
	// The usual case of a player behind the live edge: nothing to wait for.
	snap := r.Snapshot()
	if h.stale(r.LastChange(), stream, snap.Ended) {
		return nil, errStale
	}
	refresh := !d.blocking && d.skip != packager.SkipNothing && snap.Waits()
	if !snap.Empty() && (!d.blocking || snap.Has(d.position)) && !refresh {
		return snap, nil
	}
	viewers.blocked.Add(1)
	defer viewers.blocked.Add(-1)
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

func (h *playlistHandler) writePlaylist(w http.ResponseWriter, r *http.Request, snap packager.RenditionView, d directives, iFrames bool) error {
	policy := httpcache.LivePlaylist
	switch {
	case snap.Ended:
		policy = httpcache.EndedPlaylist
	case d.blocking:
		policy = httpcache.BlockingPlaylist
	}
	document, err := choose(snap, d, iFrames)
	if err != nil {
		return err
	}
	h.writeDocument(w, r, kindPlaylist, policy, document)
	return nil
}

// choose finds the document that a request means.
func choose(snap packager.RenditionView, d directives, iFrames bool) (*packager.Document, error) {
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
