package hls

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"time"

	"github.com/globalfandom/lightstick/ingest"
	"github.com/globalfandom/lightstick/ingest/httpget"
	"github.com/globalfandom/lightstick/internal/retry"
)

const (
	maxInit    = 1 << 20  // bytes of an initialization section
	maxSegment = 64 << 20 // bytes of a segment
	// queued is how many segments wait for those that are packaged.
	queued = 2
	// holdBack is how far from the end a player begins, in target durations (§6.3.3).
	holdBack = 3
	// stale is after how many target durations without a new segment a stream is lost.
	stale = 5
	// leastStale is the least time for that.
	leastStale = 10 * time.Second
	// maxFailures is how many requests may fail in a row.
	maxFailures = 3
)

// piece is a segment with what decodes it.
type piece struct {
	segment
	header []byte // initialization section; nil: none
	fresh  bool   // it is another one than that of the piece before
	data   []byte
}

// follower fetches the segments of one media playlist in order.
type follower struct {
	get    *httpget.Client
	log    *slog.Logger
	url    *url.URL
	list   *playlist  // as it was first
	pieces chan piece // closed at the end
	err    error      // why it ended; nil: the playlist did. Set before pieces is closed

	recorded bool // the playlist had ended before

	// Of the goroutine that runs.
	begun    bool
	start    time.Time // where to begin; zero: as far from the end as players do
	next     int64     // media sequence number of the next segment
	init     initSection
	header   []byte
	fresh    bool
	news     time.Time // when the playlist had something new
	failures int       // in a row
}

// run follows the playlist until it ends, is lost, or ctx ends.
func (f *follower) run(ctx context.Context) {
	defer close(f.pieces)
	f.err = f.follow(ctx)
}

func (f *follower) follow(ctx context.Context) error {
	list, loaded := f.list, time.Now()
	f.news = loaded
	for {
		fresh, err := f.take(ctx, list)
		if err != nil {
			return err
		}
		if fresh {
			f.news = time.Now()
		}
		switch limit := max(stale*list.target, leastStale); {
		case list.ended:
			return nil
		case time.Since(f.news) > limit:
			return fmt.Errorf("%w: the playlist has had nothing new for %v; see whether the stream is still on air", ingest.ErrLost, limit)
		}
		// §6.3.4: not before the target duration, half of it if nothing was new.
		wait := list.target
		if !fresh {
			wait /= 2
		}
		if !retry.Sleep(ctx, time.Until(loaded.Add(wait))) {
			return ingest.ErrShuttingDown
		}
		loaded = time.Now()
		again, err := load(ctx, f.get, f.url)
		switch {
		case ctx.Err() != nil:
			return ingest.ErrShuttingDown
		case err != nil:
			if f.failures++; f.failures >= maxFailures {
				return fmt.Errorf("playlist: %w", err)
			}
			continue // what is known of it is taken once more, and is not new
		case again.list.target == 0:
			return fmt.Errorf("%w: the media playlist became another one", ErrPlaylist)
		}
		f.failures, list = 0, again.list
	}
}

// take fetches the segments that are new. It reports whether there were any.
func (f *follower) take(ctx context.Context, list *playlist) (fresh bool, err error) {
	if len(list.segments) == 0 {
		return false, nil
	}
	end := list.sequence + int64(len(list.segments))
	switch {
	case !f.begun:
		f.begun, f.next = true, list.begin(f.start)
	case f.next > end:
		return false, fmt.Errorf("%w: the media sequence went back; the server has begun the stream anew", ingest.ErrLost)
	case f.next < list.sequence:
		f.log.Info("segments are gone before they were fetched", "segments", list.sequence-f.next)
		f.next = list.sequence
	}
	for _, s := range list.segments[f.next-list.sequence:] {
		f.next, fresh = s.sequence+1, true
		if s.gap {
			continue
		}
		if err := f.fetch(ctx, s); err != nil {
			return fresh, err
		}
	}
	return fresh, nil
}

// begin is the media sequence number to begin with: that of the segment of a time, or three
// target durations from the end; the first of a playlist that has ended.
func (l *playlist) begin(at time.Time) int64 {
	if l.ended {
		return l.sequence
	}
	last := len(l.segments) - 1
	if !at.IsZero() && !l.segments[last].time.IsZero() {
		for i, s := range l.segments {
			if s.time.Add(s.duration).After(at) {
				return l.sequence + int64(i)
			}
		}
	}
	first, rest := last, l.segments[last].duration
	for first > 0 && rest < holdBack*l.target {
		first--
		rest += l.segments[first].duration
	}
	return l.sequence + int64(first)
}

// fetch fetches a segment and hands it on. One that fails is left out, several in a row end
// the stream.
func (f *follower) fetch(ctx context.Context, s segment) error {
	if s.encrypted {
		return fmt.Errorf("%w: the segments are encrypted; fetch the stream without EXT-X-KEY", ingest.ErrUnsupported)
	}
	data, err := f.fetchBoth(ctx, s)
	switch {
	case ctx.Err() != nil:
		return ingest.ErrShuttingDown
	case errors.Is(err, httpget.ErrLarge), err != nil && f.failures+1 >= maxFailures:
		return fmt.Errorf("segment: %w", err)
	case err != nil:
		f.failures++
		f.log.Info("a segment can't be fetched, and is left out", "sequence", s.sequence, "err", err)
		return nil
	}
	f.failures = 0
	p := piece{segment: s, header: f.header, fresh: f.fresh, data: data}
	f.fresh = false
	select {
	case f.pieces <- p:
		return nil
	case <-ctx.Done():
		return ingest.ErrShuttingDown
	}
}

// fetchBoth fetches a segment, and its initialization section if that is another one.
func (f *follower) fetchBoth(ctx context.Context, s segment) ([]byte, error) {
	if s.init != f.init {
		f.header, f.fresh = nil, true
		if s.init.uri != "" {
			header, err := f.resource(ctx, s.init.uri, s.init.bytes, maxInit)
			if err != nil {
				return nil, err
			}
			f.header = header
		}
		f.init = s.init
	}
	return f.resource(ctx, s.uri, s.bytes, maxSegment)
}

func (f *follower) resource(ctx context.Context, uri string, r byteRange, most int64) ([]byte, error) {
	address, err := resolve(f.url, uri)
	if err != nil {
		return nil, err
	}
	b, _, err := f.get.All(ctx, address, r.first, r.size, most)
	return b, err
}

// resolve finds the address of what a playlist names. The same host gets the user and the
// password of the playlist's own address.
func resolve(base *url.URL, uri string) (*url.URL, error) {
	address, err := base.Parse(uri)
	if err != nil || address.Scheme != "http" && address.Scheme != "https" || address.Host == "" {
		return nil, fmt.Errorf("%w: it names an address that is not HTTP", ErrPlaylist)
	}
	if base.Scheme == "https" && address.Scheme != "https" {
		return nil, fmt.Errorf("%w: it came encrypted and names an address that is not; have the server name https:// addresses", ErrPlaylist)
	}
	if address.Scheme == base.Scheme && address.Host == base.Host {
		address.User = base.User
	}
	return address, nil
}

// loaded is a playlist, and where it came from.
type loaded struct {
	list *playlist
	url  *url.URL
}

// load fetches a playlist.
func load(ctx context.Context, get *httpget.Client, address *url.URL) (loaded, error) {
	text, answer, err := get.All(ctx, address, 0, 0, maxPlaylist)
	if err != nil {
		return loaded{}, err
	}
	list, err := parse(text)
	from := answer.URL
	if from.Scheme == address.Scheme && from.Host == address.Host {
		u := *from
		u.User = address.User
		from = &u
	}
	return loaded{list, from}, err
}
