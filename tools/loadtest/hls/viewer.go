package hls

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/globalfandom/lightstick/internal/retry"
)

// viewer is one player.
type viewer struct {
	run      *run
	shard    *shard
	fetcher  fetcher
	begun    time.Time
	playback *playback
	arrived  sync.Once // at its first media playlist
	played   sync.Once // its first part
	up       bool      // it has counted as such
}

// retryDelay is how long a player waits after an error.
const retryDelay = time.Second

// watch plays until ctx ends or the stream does.
func (v *viewer) watch(ctx context.Context) {
	v.begun = time.Now()
	entry, err := parseLocation(v.run.cfg.URL)
	if err != nil {
		v.run.stats.fail(kindOf(err))
		return
	}
	if strings.HasPrefix(entry.origin, "https:") {
		v.fetcher = newNetHTTP(ctx, v.run.cfg)
	} else {
		v.fetcher = newHTTP1(v.run.cfg, v.shard)
	}
	playlists, err := v.open(ctx, entry)
	for err != nil {
		if v.failed(ctx, err); !retry.Sleep(ctx, retryDelay) {
			return
		}
		playlists, err = v.open(ctx, entry)
	}
	v.playback = &playback{shard: v.shard, tracks: make([]trackBuffer, len(playlists))}
	var loaders sync.WaitGroup
	for track, at := range playlists {
		l := &loader{viewer: v, track: track, fetcher: v.fetcher, at: at}
		if track > 0 {
			l.fetcher = v.fetcher.fork()
		}
		loaders.Go(func() { l.load(ctx) })
	}
	loaders.Wait()
	v.leave()
}

// open reads the multivariant playlist and finds the media playlists in it.
func (v *viewer) open(ctx context.Context, entry location) ([]location, error) {
	body := scratch.Get().(*[]byte)
	defer scratch.Put(body)
	text, err := v.text(ctx, v.fetcher, &entry, []byte(entry.path), body)
	if err != nil {
		return nil, err
	}
	if !isMultivariant(text) {
		return []location{entry}, nil
	}
	uris, err := choose(text, v.run.cfg.Variant)
	if err != nil {
		return nil, err
	}
	playlists := make([]location, len(uris))
	for i, uri := range uris {
		if playlists[i], err = entry.follow(uri); err != nil {
			return nil, err
		}
	}
	return playlists, nil
}

// maxRedirects is how many a browser follows, roughly.
const maxRedirects = 10

// text fetches a playlist's text into body. at moves along with redirects.
func (v *viewer) text(ctx context.Context, f fetcher, at *location, path []byte, body *[]byte) ([]byte, error) {
	for range maxRedirects {
		*body = (*body)[:0]
		answer, err := f.get(ctx, request{origin: at.origin, path: path}, body)
		if err != nil {
			return nil, err
		}
		v.shard.playlists.Add(1)
		v.shard.bytes.Add(answer.size)
		if answer.status >= 300 && answer.status < 400 && answer.location != "" {
			if *at, err = at.follow(answer.location); err != nil {
				return nil, err
			}
			path = []byte(at.path)
			continue
		}
		if err := answer.failed(); err != nil {
			return nil, err
		}
		if answer.gzip {
			return v.run.inflater.unpack(*body)
		}
		return *body, nil
	}
	return nil, fmt.Errorf("%w: %s", errRedirects, at)
}

// media fetches a part, segment or initialization section and throws it away.
// path is a buffer for the request's path.
func (v *viewer) media(ctx context.Context, f fetcher, base location, it *item, path *[]byte) (err error) {
	q := request{offset: it.offset, length: it.length}
	if q.origin, q.path, err = base.resolve((*path)[:0], it.uri); err != nil {
		return err
	}
	*path = q.path
	answer, err := f.get(ctx, q, nil)
	if err != nil {
		return err
	}
	v.shard.media.Add(1)
	v.shard.bytes.Add(answer.size)
	return answer.failed()
}

// failed counts an error unless the run is over.
func (v *viewer) failed(ctx context.Context, err error) {
	if ctx.Err() == nil {
		v.run.stats.fail(kindOf(err))
	}
}

// arrive notes the first media playlist.
func (v *viewer) arrive(now time.Time) {
	v.arrived.Do(func() {
		v.shard.firstPlaylist.Add(now.Sub(v.begun))
		v.run.stats.up.Add(1)
		v.up = true
	})
}

func (v *viewer) leave() {
	v.playback.end(time.Now())
	if v.up {
		v.run.stats.up.Add(-1)
	}
}
