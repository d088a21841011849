package hls

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/globalfandom/lightstick/internal/retry"
	"github.com/globalfandom/lightstick/tools/loadtest/internal/measure"
)

// loader plays one media playlist of a viewer.
type loader struct {
	viewer    *viewer
	track     int // 0 picture (or all there is), 1 sound
	fetcher   fetcher
	at        location // of the media playlist, where redirects led to
	playlist  playlist
	next      position // first that isn't fetched yet
	following bool     // the start is behind: what comes now is live
	initURI   string   // initialization section that the player has
	path      []byte   // reused
	preload   *preloader
}

// load plays until ctx ends or the playlist does.
func (l *loader) load(ctx context.Context) {
	if l.viewer.run.cfg.Preload {
		l.preload = newPreloader(ctx, l.viewer, l.fetcher.fork())
		defer l.preload.stop()
	}
	for ctx.Err() == nil && !l.playlist.ended {
		begun := time.Now()
		news, err := l.reload(ctx)
		if err != nil {
			l.viewer.failed(ctx, err)
			retry.Sleep(ctx, retryDelay)
			continue
		}
		if !l.playlist.ended && l.viewer.run.cfg.Mode == Plain {
			retry.Sleep(ctx, l.pollDelay(news)-time.Since(begun))
		}
	}
	if l.playlist.ended && ctx.Err() == nil {
		l.viewer.playback.end(time.Now())
	}
}

// pollDelay is from the beginning of a request to that of the next one: the target
// duration, or half of it if nothing had changed (RFC 8216 §6.3.4).
func (l *loader) pollDelay(news bool) time.Duration {
	delay := max(l.playlist.target, time.Second)
	if !news {
		delay /= 2
	}
	return delay
}

// reload fetches the playlist and then what is new in it.
func (l *loader) reload(ctx context.Context) (news bool, err error) {
	body := scratch.Get().(*[]byte)
	defer scratch.Put(body)
	begun := time.Now()
	blocking := l.following && l.viewer.run.cfg.Mode == LowLatency
	text, err := l.viewer.text(ctx, l.fetcher, &l.at, l.reloadPath(blocking), body)
	if err != nil {
		return false, err
	}
	now := time.Now()
	if err := l.playlist.scan(text, l.viewer.run.cfg.Mode == LowLatency, l.next); err != nil {
		return false, err
	}
	l.viewer.arrive(now)
	if blocking {
		l.viewer.shard.reload.Add(now.Sub(begun))
	}
	if err := l.check(blocking); err != nil {
		return false, err
	}
	return len(l.playlist.items) > 0, l.fetchNews(ctx, now)
}

// reloadPath is the playlist's path, with directives for the next part if the
// reload shall block. The playlist's own URI never has any: a redirect may have
// carried them over.
func (l *loader) reloadPath(blocking bool) []byte {
	path, query, _ := strings.Cut(l.at.path, "?")
	l.path = append(l.path[:0], path...)
	separator := byte('?')
	for query != "" {
		var pair string
		if pair, query, _ = strings.Cut(query, "&"); pair != "" && !strings.HasPrefix(pair, "_HLS_") {
			l.path = append(append(l.path, separator), pair...)
			separator = '&'
		}
	}
	if blocking {
		l.path = append(append(l.path, separator), "_HLS_msn="...)
		l.path = strconv.AppendInt(l.path, l.next.msn, 10)
		l.path = strconv.AppendInt(append(l.path, "&_HLS_part="...), l.next.part, 10)
	}
	return l.path
}

// check compares the playlist with what the loader knows already.
func (l *loader) check(blocking bool) error {
	p := &l.playlist
	switch {
	case l.viewer.run.cfg.Mode == LowLatency && !p.ended && (!p.canBlock || p.partTarget == 0):
		return errNoReload
	case p.end.before(l.next):
		l.next, l.following = position{}, false // a new stream at the same place
		return errRewound
	case blocking && len(p.items) == 0 && !p.ended && p.end == l.next:
		return errStale
	}
	return nil
}

// fetchNews fetches what the playlist lists from l.next on.
func (l *loader) fetchNews(ctx context.Context, listed time.Time) error {
	p := &l.playlist
	items := p.items
	if !l.following {
		l.viewer.playback.require(l.holdBack())
		items = fromHoldBack(items, l.holdBack())
	} else if len(items) > 0 && !items[0].position.follows(l.next) {
		l.viewer.shard.missed.Add(1) // it has gone from the playlist
	}
	if err := l.fetchInit(ctx); err != nil {
		return err
	}
	for i := range items {
		if err := l.fetchItem(ctx, &items[i], listed); err != nil {
			l.viewer.failed(ctx, err)
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
	l.next = p.end
	if l.preload != nil {
		l.preload.follow(l.at, &p.hint)
	}
	if !l.following {
		l.following = true
		l.viewer.playback.caughtUp(l.track, time.Now())
	}
	return nil
}

// holdBack is how far behind the playlist's end the player stays.
func (l *loader) holdBack() time.Duration {
	p := &l.playlist
	switch {
	case l.viewer.run.cfg.Mode == LowLatency && p.partHoldBack > 0:
		return p.partHoldBack
	case l.viewer.run.cfg.Mode == LowLatency:
		return 3 * p.partTarget
	case p.holdBack > 0:
		return p.holdBack
	}
	return 3 * p.target
}

// fromHoldBack is where a player begins: at the last independent item that is at
// least the hold-back from the end, else at the first independent one.
func fromHoldBack(items []item, holdBack time.Duration) []item {
	var behind time.Duration
	for i := len(items) - 1; i >= 0; i-- {
		if behind += items[i].duration; behind >= holdBack && items[i].independent {
			return items[i:]
		}
	}
	for i := range items {
		if items[i].independent {
			return items[i:]
		}
	}
	return items
}

// fetchInit fetches the initialization section when there is a new one.
func (l *loader) fetchInit(ctx context.Context) error {
	uri := l.playlist.initURI
	if len(uri) == 0 || string(uri) == l.initURI || l.viewer.run.cfg.NoMedia {
		return nil
	}
	if err := l.viewer.media(ctx, l.fetcher, l.at, &item{uri: uri}, &l.path); err != nil {
		return err
	}
	l.initURI = string(uri)
	return nil
}

func (l *loader) fetchItem(ctx context.Context, it *item, listed time.Time) error {
	switch {
	case it.gap:
		return nil
	case l.viewer.run.cfg.NoMedia:
		l.delivered(it, listed)
		return nil
	case l.preload != nil:
		if at, err := l.preload.result(ctx, it); err != nil || !at.IsZero() {
			if err == nil {
				l.delivered(it, at)
			}
			return err
		}
	}
	begun := time.Now()
	if err := l.viewer.media(ctx, l.fetcher, l.at, it, &l.path); err != nil {
		var status measure.StatusError
		if errors.As(err, &status) && status == 404 {
			l.viewer.shard.missed.Add(1)
		}
		return err
	}
	now := time.Now()
	l.viewer.shard.fetch.Add(now.Sub(begun))
	l.delivered(it, now)
	return nil
}

// delivered counts a part that the player has now.
func (l *loader) delivered(it *item, now time.Time) {
	v := l.viewer
	v.played.Do(func() { v.shard.firstPart.Add(now.Sub(v.begun)) })
	if l.following { // what a viewer fetches at its start is old by design
		v.shard.spread.Add(now.Sub(v.run.arrivals[l.track].first(it.position, now)))
		if !it.end.IsZero() {
			v.shard.latency.Add(now.Sub(it.end))
		}
	}
	v.playback.add(l.track, it.duration, now)
}
