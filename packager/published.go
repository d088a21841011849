package packager

import (
	"maps"
	"slices"
	"sync/atomic"
	"time"
)

// published is what readers see of a stream. Its methods may be called from any goroutine and
// take no lock that a writer holds.
type published struct {
	segmentDuration time.Duration
	renditions      atomic.Pointer[renditions]
	multivariant    atomic.Pointer[multivariant] // nil: to be made anew
	target          atomic.Int64                 // the target duration; 0: not known
	shortest        atomic.Int64                 // that of the newest generation, likewise
	awaited         atomic.Int64                 // discontinuity sequence number of the epoch that has begun
	audioOnly       atomic.Bool
	ready           chan struct{}
	timed           *timedObjectList
}

// renditions are those of a stream. They are replaced, never changed.
type renditions struct {
	ordered []*Rendition // as they were added
	named   map[string]*Rendition
}

func newPublished(cfg Config, timed *timedObjectList) *published {
	p := &published{segmentDuration: cfg.SegmentDuration, ready: make(chan struct{}), timed: timed}
	p.renditions.Store(&renditions{})
	return p
}

// Rendition finds a rendition by its name.
func (p *published) Rendition(name string) (*Rendition, bool) {
	r, ok := p.renditions.Load().named[name]
	return r, ok
}

// Renditions lists the renditions in the order in which they were added. The list
// must not be written to.
func (p *published) Renditions() []*Rendition { return p.renditions.Load().ordered }

// addRendition makes a rendition known. One goroutine calls it at a time.
func (p *published) addRendition(r *Rendition) {
	old := p.renditions.Load()
	added := &renditions{ordered: append(slices.Clip(old.ordered), r), named: maps.Clone(old.named)}
	if added.named == nil {
		added.named = make(map[string]*Rendition)
	}
	added.named[r.name] = r
	p.renditions.Store(added)
}

// TimedObjects finds a series of timed objects by its name.
func (p *published) TimedObjects(name string) (*TimedObjects, bool) { return p.timed.findSeries(name) }

// AllTimedObjects lists the timed objects. The list must not be written to.
func (p *published) AllTimedObjects() []*TimedObjects { return p.timed.all() }

// AudioOnly reports whether the latest epoch has no picture.
func (p *published) AudioOnly() bool { return p.audioOnly.Load() }

// LastChange is when a playlist changed last; zero before the first.
func (p *published) LastChange() time.Time {
	var last time.Time
	for _, r := range p.Renditions() {
		if made := r.LastChange(); made.After(last) {
			last = made
		}
	}
	return last
}

// Begins is the program date time of the oldest picture that the playlists list; zero
// if there is none.
func (p *published) Begins() (begins time.Time) {
	for _, r := range p.Renditions() {
		if closed := r.Snapshot().closed; len(closed) > 0 && (begins.IsZero() || closed[0].ProgramDateTime.Before(begins)) {
			begins = closed[0].ProgramDateTime
		}
	}
	return begins
}

// Ended reports whether the stream is over: its playlists have EXT-X-ENDLIST.
func (p *published) Ended() bool {
	return slices.ContainsFunc(p.Renditions(), func(r *Rendition) bool { return r.Snapshot().Ended })
}

// Ready is closed when there is something to play in every rendition, or in the
// leading one for a whole segment.
func (p *published) Ready() <-chan struct{} { return p.ready }

func (p *published) isReady() bool {
	select {
	case <-p.ready:
		return true
	default:
		return false
	}
}

// TargetDuration is EXT-X-TARGETDURATION, or the configured segment duration as
// long as it isn't known.
func (p *published) TargetDuration() time.Duration {
	if d := p.target.Load(); d > 0 {
		return time.Duration(d)
	}
	return p.segmentDuration
}

// ShortestTarget is EXT-X-TARGETDURATION of the playlists that new viewers are given; 0 as
// long as it isn't known.
func (p *published) ShortestTarget() time.Duration { return time.Duration(p.shortest.Load()) }

func (p *published) setTargets(target, shortest time.Duration) {
	p.target.Store(int64(target))
	p.shortest.Store(int64(shortest))
}
