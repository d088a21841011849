package check

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
)

// watcher watches one stream.
type watcher struct {
	cfg          Config
	fetch        *fetcher
	ledger       *ledger
	url          *url.URL
	multivariant *multivariant // nil: a media playlist was given
	renditions   []*rendition
	begun        time.Time
}

// rendition is a media playlist that is followed. What is under mu is written by
// its goroutines and read by the others.
type rendition struct {
	name    string
	url     *url.URL
	iframes bool

	mu        sync.Mutex
	latest    *mediaPlaylist
	seen      []sighting
	claims    []claim
	departed  []departure
	facts     map[int64]facts
	order     []int64
	parts     []float64 // durations of parts that were listed, in seconds
	edges     []float64 // delays of parts behind their dates
	holds     []float64 // of blocking reloads
	trips     []float64 // of requests that need not wait
	lastParts place     // up to which parts are in the figures
}

// departure is media that has left the playlist, and until when it must be there.
type departure struct {
	rule  ruleID
	where Position
	uri   string
	part  byteRange
	until time.Time
}

// kept bounds each list of a rendition: an hour of parts of a fifth of a second.
const kept = 20_000

func keep[T any](list []T, v T) []T {
	if len(list) >= kept {
		list = slices.Delete(list, 0, kept/10)
	}
	return append(list, v)
}

// discover loads the URL and makes the list of renditions.
func (w *watcher) discover(ctx context.Context) error {
	q := request{kind: kindMultivariant, url: w.url, part: wholeResource, gzip: true}
	r, err := w.fetch.get(ctx, q)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrUnreachable, err)
	}
	if r.status != 200 {
		return fmt.Errorf("%w: %s answered %d %s; is the stream on air?", ErrUnreachable, w.url, r.status, http.StatusText(r.status))
	}
	if !strings.HasPrefix(strings.TrimPrefix(string(r.body[:min(len(r.body), 16)]), bom), "#EXT") {
		return fmt.Errorf("%w: %s is not a playlist", ErrUnreachable, w.url)
	}
	checkHeaders(w.ledger, in("multivariant"), q, r)
	if !isMultivariant(r.body) {
		w.add(w.url, false)
		return nil
	}
	w.multivariant = parseMultivariant(r.body)
	checkMultivariant(w.ledger, w.multivariant)
	for _, v := range w.multivariant.Variants {
		w.named(v.URI, false)
	}
	for _, a := range w.multivariant.Media {
		if a.URI != "" && (a.Type == "AUDIO" || a.Type == "VIDEO") {
			w.named(a.URI, false)
		}
	}
	for _, v := range w.multivariant.IFrames {
		w.named(v.URI, true)
	}
	if len(w.renditions) == 0 {
		return fmt.Errorf("%w: %s lists no media playlists", ErrUnreachable, w.url)
	}
	return nil
}

// maxRenditions are followed; a ladder of all codecs and languages has fewer.
const maxRenditions = 64

func (w *watcher) named(uri string, iframes bool) {
	u, err := w.url.Parse(uri)
	if !w.ledger.check(ruleReachable, in(uri), err == nil && len(w.renditions) < maxRenditions, "cannot be followed: %v", err) {
		return
	}
	w.add(u, iframes)
}

func (w *watcher) add(u *url.URL, iframes bool) {
	if w.rendition(u) != nil {
		return
	}
	name := strings.TrimSuffix(u.Path[strings.LastIndex(u.Path, "/")+1:], ".m3u8")
	if slices.ContainsFunc(w.renditions, func(r *rendition) bool { return r.name == name }) {
		name = strings.TrimPrefix(u.Path, "/") // the same file name in another folder
	}
	w.renditions = append(w.renditions, &rendition{name: name, url: u, iframes: iframes, facts: make(map[int64]facts)})
}

// rendition finds the one with the URL, nil if there is none.
func (w *watcher) rendition(u *url.URL) *rendition {
	for _, r := range w.renditions {
		if r.url.String() == u.String() {
			return r
		}
	}
	return nil
}

// watch follows all renditions until ctx ends, or until all of them have ended.
func (w *watcher) watch(ctx context.Context) error {
	g, ctx := errgroup.WithContext(ctx)
	watching, done := context.WithCancel(ctx)
	var following sync.WaitGroup
	for _, r := range w.renditions {
		following.Add(1)
		g.Go(func() error {
			defer following.Done()
			if r.iframes {
				w.checkIFramePlaylist(ctx, r)
				return nil
			}
			return w.follow(ctx, r)
		})
	}
	g.Go(func() error {
		following.Wait()
		done()
		return nil
	})
	g.Go(func() error {
		w.progress(watching)
		return nil
	})
	return g.Wait()
}

// progress tells once a second how far the watch is.
func (w *watcher) progress(ctx context.Context) {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		if w.cfg.Progress != nil {
			w.cfg.Progress(w.state())
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

func (w *watcher) state() Progress {
	p := Progress{Elapsed: time.Since(w.begun), Renditions: len(w.renditions)}
	for _, r := range w.renditions {
		r.mu.Lock()
		p.Parts += len(r.parts)
		p.Segments += len(r.order)
		r.mu.Unlock()
	}
	p.Broken, p.Warnings = w.ledger.failing()
	return p
}

// spread sums up measurements.
func spread(values []float64) Spread {
	if len(values) == 0 {
		return Spread{}
	}
	sorted := slices.Clone(values)
	slices.SortFunc(sorted, cmp.Compare[float64])
	return Spread{Count: len(sorted), Min: sorted[0], Median: sorted[len(sorted)/2], Max: sorted[len(sorted)-1]}
}
