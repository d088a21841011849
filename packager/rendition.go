package packager

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/globalfandom/lightstick/media"
	"github.com/globalfandom/lightstick/packager/cmaf"
)

// Rendition is one media playlist and what it lists. Its methods that are
// exported may be called from any goroutine.
type Rendition struct {
	name        string
	playlistURI string // relative to the multivariant playlist
	stream      *Stream
	snap        atomic.Pointer[Snapshot]
	kind        atomic.Int32 // media.Kind

	// For readers: segments that may still be fetched, by MSN, and initialization
	// sections by publication.
	lookup   sync.RWMutex
	segments map[int64]*Segment
	inits    map[string]Init
	uses     map[string]int // segments by publication, listed as gaps or not

	// For the writer, under Stream.mu.
	track       media.Track
	publication string
	sequence    uint32
	alignment   alignment // of pictures
	runs        reorderRuns
	held        []media.Sample // beyond the leader's horizon
	pending     *media.Sample  // its duration is known when the next one comes
	part        []media.Sample
	shown       int // so many pictures at the beginning of part come once more
	group       pictureGroup
	shows       media.Ticks // the presentation time of the source's newest picture
	showed      media.Ticks // and of the one before
	sound       companion   // of a muxed rendition
	tags        []cmaf.ID3
	partTicks   media.Ticks
	partLimit   media.Ticks   // partTarget in ticks
	partTarget  time.Duration // fixed when the first segment begins
	spoiled     bool          // the open segment lacks something: it becomes a gap
	fresh       bool          // the next segment doesn't continue the last one
	open        *Segment
	openTicks   media.Ticks
	chunks      [][]byte // of the open segment
	dirty       bool     // something happened that the snapshot doesn't show
	window      window
	rates       rates
}

func newRendition(name string, s *Stream) *Rendition {
	r := &Rendition{
		name: name, playlistURI: name + ".m3u8", stream: s, fresh: true,
		segments: make(map[int64]*Segment), inits: make(map[string]Init), uses: make(map[string]int),
	}
	empty := &Snapshot{LastMSN: -1, next: make(chan struct{})}
	empty.prepare()
	r.snap.Store(empty)
	return r
}

// Name is the rendition's name, as URLs have it.
func (r *Rendition) Name() string { return r.name }

// ContentType is the media type of its segments.
func (r *Rendition) ContentType() string {
	if r.IsVideo() {
		return "video/mp4"
	}
	return "audio/mp4"
}

// IsVideo reports whether the rendition has a picture.
func (r *Rendition) IsVideo() bool { return r.kind.Load() == int32(media.Video) }

// PartTarget is EXT-X-PART-INF's PART-TARGET, or 0 as long as it isn't known.
func (r *Rendition) PartTarget() time.Duration { return r.Snapshot().header.PartTarget }

// LastChange is when the newest snapshot was made; zero before the first.
func (r *Rendition) LastChange() time.Time { return r.Snapshot().made }

// Snapshot is the newest state.
func (r *Rendition) Snapshot() *Snapshot { return r.snap.Load() }

// Await waits until the position exists, or the rendition has ended, and returns
// the snapshot that has it (RFC 8216bis §6.2.5.2). It fails with ErrTooFar, or
// with the context's cause.
func (r *Rendition) Await(ctx context.Context, p Position) (*Snapshot, error) {
	for {
		snap := r.snap.Load()
		switch {
		case snap.Has(p):
			return snap, nil
		case !snap.Empty() && snap.tooFar(p):
			return nil, ErrTooFar
		case snap.halted:
			return nil, ErrHalted
		}
		select {
		case <-snap.next:
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
}

// AwaitAny waits until there is something to play.
func (r *Rendition) AwaitAny(ctx context.Context) (*Snapshot, error) {
	for {
		snap := r.snap.Load()
		if !snap.Empty() {
			return snap, nil
		}
		if snap.halted {
			return nil, ErrHalted
		}
		select {
		case <-snap.next:
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
}

// AwaitNext waits for a snapshot other than the one given, as long as ctx allows, and
// returns the newest.
func (r *Rendition) AwaitNext(ctx context.Context, known *Snapshot) *Snapshot {
	select {
	case <-known.next:
	case <-ctx.Done():
	}
	return r.snap.Load()
}

// Segment finds a closed segment or, with part 0 and up, also the open one. It
// fails with ErrGone.
func (r *Rendition) Segment(publication string, p Position) (*Segment, error) {
	s := r.snap.Load().find(p.MSN)
	if s == nil {
		r.lookup.RLock()
		s = r.segments[p.MSN] // not listed any more
		r.lookup.RUnlock()
	}
	if s == nil || s.Publication != publication {
		return nil, ErrGone
	}
	// The parts of a segment that became a gap may still be wanted by those who saw
	// them listed.
	if p.Part == WholeSegment && (!s.done.Load() || s.Gap) {
		return nil, ErrGone
	}
	return s, nil
}

// Init is the initialization section of a publication. It fails with ErrGone.
func (r *Rendition) Init(publication string) ([]byte, error) {
	init, err := r.initOf(publication)
	return init.Section, err
}

func (r *Rendition) initOf(publication string) (Init, error) {
	r.lookup.RLock()
	defer r.lookup.RUnlock()
	if init, ok := r.inits[publication]; ok {
		return init, nil
	}
	return Init{}, ErrGone
}
