package packager

import (
	"bytes"
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/globalfandom/lightstick/media"
)

// Rendition is one media playlist and what it lists, for readers. Its methods that are
// exported may be called from any goroutine.
type Rendition struct {
	name string
	snap atomic.Pointer[Snapshot]
	kind atomic.Int32 // media.Kind

	// Segments that may still be fetched, by MSN, and initialization sections by epoch.
	lookup   sync.RWMutex
	segments map[int64]*Segment
	inits    map[string]Init
	uses     map[string]int // segments by epoch, listed as gaps or not
}

func newRendition(name string) *Rendition {
	r := &Rendition{
		name: name, segments: make(map[int64]*Segment), inits: make(map[string]Init), uses: make(map[string]int),
	}
	empty := &Snapshot{LastMSN: -1, next: make(chan struct{})}
	empty.prepareDocuments()
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
		case !snap.Empty() && snap.isTooFar(p):
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
func (r *Rendition) Segment(epoch string, p Position) (*Segment, error) {
	s := r.snap.Load().findSegment(p.MSN)
	if s == nil {
		r.lookup.RLock()
		s = r.segments[p.MSN] // not listed any more
		r.lookup.RUnlock()
	}
	if s == nil || s.Epoch != epoch {
		return nil, ErrGone
	}
	// The parts of a segment that became a gap may still be wanted by those who saw
	// them listed.
	if p.Part == WholeSegment && (!s.done.Load() || s.Gap) {
		return nil, ErrGone
	}
	return s, nil
}

// Init is the initialization section of an epoch. It fails with ErrGone.
func (r *Rendition) Init(epoch string) ([]byte, error) {
	init, err := r.initOf(epoch)
	return init.Section, err
}

func (r *Rendition) initOf(epoch string) (Init, error) {
	r.lookup.RLock()
	defer r.lookup.RUnlock()
	if init, ok := r.inits[epoch]; ok {
		return init, nil
	}
	return Init{}, ErrGone
}

// addInit makes an initialization section known under its epoch's name, and returns that
// name. A restarted encoder may come back with other parameter sets: nothing that was published
// under a name may change, so the name does. An earlier section is forgotten if nothing came of
// it.
func (r *Rendition) addInit(init Init, earlier string) (epoch string) {
	r.lookup.Lock()
	defer r.lookup.Unlock()
	for had, ok := r.inits[init.Epoch]; ok && !bytes.Equal(had.Section, init.Section); had, ok = r.inits[init.Epoch] {
		init.Epoch += "x"
	}
	if earlier != init.Epoch && r.uses[earlier] == 0 {
		delete(r.inits, earlier)
	}
	r.inits[init.Epoch] = init
	return init.Epoch
}

// addSegment makes a segment known to those who ask for it.
func (r *Rendition) addSegment(s *Segment) {
	r.lookup.Lock()
	defer r.lookup.Unlock()
	r.segments[s.MSN] = s
	r.uses[s.Epoch]++
}

// addGap counts a gap among the segments of its epoch.
func (r *Rendition) addGap(epoch string) {
	r.lookup.Lock()
	defer r.lookup.Unlock()
	r.uses[epoch]++
}

// removeSegment forgets a segment, and its epoch's initialization section with the last
// one; not that of the current epoch.
func (r *Rendition) removeSegment(s *Segment, current string) {
	r.lookup.Lock()
	defer r.lookup.Unlock()
	delete(r.segments, s.MSN)
	r.uses[s.Epoch]--
	if r.uses[s.Epoch] == 0 && s.Epoch != current {
		delete(r.uses, s.Epoch)
		delete(r.inits, s.Epoch)
	}
}
