package check

import (
	"context"
	"maps"
	"net/url"
	"strconv"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/globalfandom/lightstick/internal/retry"
)

// follow watches one rendition until ctx ends or the playlist does. Three goroutines
// share the work:
//
//	reload --updates (1; full: the older one is replaced)--> collect
//	probe, which reads the latest playlist
func (w *watcher) follow(ctx context.Context, r *rendition) error {
	g, ctx := errgroup.WithContext(ctx)
	live, ended := context.WithCancel(ctx)
	updates := make(chan *mediaPlaylist, 1)
	g.Go(func() error {
		defer ended()
		defer close(updates)
		w.reload(ctx, r, updates)
		return nil
	})
	g.Go(func() error {
		newCollector(w, r).run(ctx, updates)
		return nil
	})
	g.Go(func() error {
		w.probe(live, r)
		return nil
	})
	return g.Wait()
}

// retryWait is the pause after an answer that was no playlist.
const retryWait = 300 * time.Millisecond

// reload keeps the playlist up to date, as players do (§6.3.4, §6.3.8).
func (w *watcher) reload(ctx context.Context, r *rendition, updates chan *mediaPlaylist) {
	var p *mediaPlaylist
	arrival := arrivals{part: time.Now(), segment: time.Now()}
	for ctx.Err() == nil && (p == nil || !p.Ended) {
		next, answer, held := w.update(ctx, r, p)
		if next == nil {
			retry.Sleep(ctx, retryWait)
			continue
		}
		w.enter(r, p, next, answer, held, &arrival)
		// The one sender: after making room it never blocks.
		select {
		case updates <- next:
		default:
			select {
			case <-updates:
			default:
			}
			updates <- next
		}
		p = next
	}
	if p != nil && p.Ended {
		w.checkEnded(ctx, r, p)
	}
}

// update asks for what comes after p. Without blocking reload it waits before it
// asks. held tells that the server was asked to hold the request.
func (w *watcher) update(ctx context.Context, r *rendition, p *mediaPlaylist) (next *mediaPlaylist, answer *response, held bool) {
	if p == nil {
		next, answer = w.load(ctx, r, kindPlaylist, nil)
		return next, answer, false
	}
	if !p.Control.CanBlockReload {
		retry.Sleep(ctx, p.TargetDuration/2)
		next, answer = w.load(ctx, r, kindPlaylist, nil)
		return next, answer, false
	}
	want := p.next()
	next, answer = w.load(ctx, r, kindPlaylist, directives(want))
	if next == nil || p.TargetDuration == 0 {
		return next, answer, true
	}
	if !checkHeld(w.ledger, r.name, want, p, next, answer.took(), w.cfg.Slack) {
		retry.Sleep(ctx, max(p.PartTarget, retryWait)) // not to ask in a circle
	}
	return next, answer, true
}

// directives asks for a position (§6.2.5.2).
func directives(p place) url.Values {
	v := url.Values{"_HLS_msn": {strconv.FormatInt(p.MSN, 10)}}
	if p.Part >= 0 {
		v.Set("_HLS_part", strconv.Itoa(p.Part))
	}
	return v
}

// address is the playlist's URL with directives, in the order that §6.3.2 asks for.
func (r *rendition) address(extra url.Values) *url.URL {
	u := *r.url
	q := u.Query()
	maps.Copy(q, extra)
	if len(extra) > 0 {
		u.RawQuery = q.Encode()
	}
	return &u
}

// load fetches and reads the playlist; nil if there was none.
func (w *watcher) load(ctx context.Context, r *rendition, kind string, extra url.Values) (*mediaPlaylist, *response) {
	q := request{kind: kind, url: r.address(extra), part: wholeResource, gzip: true}
	answer, err := w.fetch.get(ctx, q)
	if err != nil {
		if ctx.Err() == nil {
			w.ledger.check(ruleReachable, in(r.name), false, "%v", err)
		}
		return nil, nil
	}
	if !checkPlaylistStatus(w.ledger, r.name, q.url.RequestURI(), answer.status) {
		return nil, answer
	}
	checkHeaders(w.ledger, in(r.name), q, answer)
	return parseMediaPlaylist(answer.body), answer
}
