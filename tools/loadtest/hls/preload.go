package hls

import (
	"bytes"
	"context"
	"time"
)

// preloader requests hinted parts (EXT-X-PRELOAD-HINT, RFC 8216bis §4.4.5.3) on a
// connection of its own, while its loader's reload is held.
type preloader struct {
	viewer  *viewer
	fetcher fetcher
	hints   chan hint   // at most one is under way: never full
	results chan result // likewise
	cancel  context.CancelFunc
	stopped chan struct{}

	asked   item // the hint under way; the loader's alone
	pending bool
}

type hint struct {
	base location
	item item
}

type result struct {
	at  time.Time
	err error
}

func newPreloader(ctx context.Context, v *viewer, f fetcher) *preloader {
	ctx, cancel := context.WithCancel(ctx)
	p := &preloader{
		viewer: v, fetcher: f, hints: make(chan hint, 1), results: make(chan result, 1),
		cancel: cancel, stopped: make(chan struct{}),
	}
	go p.run(ctx)
	return p
}

func (p *preloader) run(ctx context.Context) {
	defer close(p.stopped)
	var path []byte
	for h := range p.hints {
		begun := time.Now()
		err := p.viewer.media(ctx, p.fetcher, h.base, &h.item, &path)
		now := time.Now()
		if err == nil {
			p.viewer.shard.fetch.Add(now.Sub(begun))
		}
		p.results <- result{now, err}
	}
}

func (p *preloader) stop() {
	p.cancel()
	close(p.hints)
	<-p.stopped
}

// follow requests what the playlist hints at, unless a hint that came to nothing is
// still held by the server.
func (p *preloader) follow(base location, it *item) {
	if p.pending {
		select {
		case <-p.results:
			p.pending = false
		default:
			return
		}
	}
	if it.uri == nil {
		return
	}
	p.asked = item{uri: bytes.Clone(it.uri), offset: it.offset}
	p.pending = true
	p.hints <- hint{base, p.asked}
}

// result is when a listed part arrived, if it is the one that was asked for; zero
// if it wasn't.
func (p *preloader) result(ctx context.Context, it *item) (time.Time, error) {
	if !p.pending || it.offset != p.asked.offset || !bytes.Equal(it.uri, p.asked.uri) {
		return time.Time{}, nil
	}
	select {
	case r := <-p.results:
		p.pending = false
		return r.at, r.err
	case <-ctx.Done():
		return time.Time{}, ctx.Err()
	}
}
