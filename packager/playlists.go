package packager

import (
	"time"

	"github.com/globalfandom/lightstick/packager/hls"
)

// playlists is what all media playlists of a stream list: it moves their window, and publishes
// snapshots of them. Stream.mu is held while its methods are called.
type playlists struct {
	targetLimits
	published *published
	recorder  Recorder
	outbox    *outbox

	lists     []*playlist // as they were added
	leading   *playlist
	muxed     bool   // sound travels with the picture
	settledIn string // the epoch in which the target duration was settled
	dates     dateRanges
	ended     bool
	halted    bool
	counters  Counters
}

// openList finds or makes a rendition's playlist.
func (p *playlists) openList(name string) *playlist {
	if l := p.findList(name); l != nil {
		return l
	}
	l := &playlist{Rendition: newRendition(name), uri: name + ".m3u8"}
	p.lists = append(p.lists, l)
	p.published.addRendition(l.Rendition)
	return l
}

// findList finds a rendition's playlist, or nil.
func (p *playlists) findList(name string) *playlist {
	for _, l := range p.lists {
		if l.name == name {
			return l
		}
	}
	return nil
}

// awaitDiscontinuity tells readers of the epoch that has begun, by its discontinuity
// sequence number; 0: nothing of it is to come.
func (p *playlists) awaitDiscontinuity(n int64) { p.published.awaited.Store(n) }

// setTrack takes up a rendition's track.
func (p *playlists) setTrack(l *playlist, init Init) {
	l.setInit(init)
	p.outbox.add(func() { p.recorder.Init(l.name, init) })
}

// setLeading tells whose segments move the window.
func (p *playlists) setLeading(l *playlist) {
	p.leading = l
	p.published.audioOnly.Store(!l.IsVideo())
}

// settleParams takes up what stands for the stream from now on.
func (p *playlists) settleParams(params StreamParams) {
	p.params = params
	p.settledIn = p.leading.epoch
	p.published.setTargets(p.target(), p.shortestTarget())
	p.recordParams()
}

func (p *playlists) recordParams() {
	params := p.params
	p.outbox.add(func() { p.recorder.StreamParams(params) })
}

// closeSegment lists a segment that is closed. One that leads moves the window.
func (p *playlists) closeSegment(l *playlist, s *Segment, leads bool) {
	l.open = nil
	if s.Gap {
		p.counters.Gaps++
	}
	l.listSegment(s, p.shortestTarget(), p.ratedTime())
	p.outbox.addSegment(l.name, s)
	p.counters.Segments++
	p.published.multivariant.Store(nil) // bit rates have changed, or what is playable
	if leads {
		p.trimWindows(l)
		if timed := p.published.timed; len(timed.all()) > 0 {
			oldest := l.window.oldestRetained()
			p.outbox.add(func() { timed.endObjects(s.Entry, oldest) })
		}
	}
	p.checkReady()
}

// addGap lists a segment that the rendition did not produce.
func (p *playlists) addGap(l *playlist, s *Segment) {
	l.listSegment(s, 0, 0)
	l.addGap(s.Epoch)
	p.outbox.addSegment(l.name, s)
	p.counters.Gaps++
}

func (p *playlists) checkReady() {
	if p.published.isReady() || p.leading == nil || len(p.leading.window.closed) == 0 {
		return
	}
	if len(p.leading.window.closed) < 2 {
		for _, l := range p.lists {
			if len(l.window.closed) == 0 && l != p.leading {
				return
			}
		}
	}
	close(p.published.ready)
}

// trimWindows drops from every playlist what has left the window of the one that led, and
// from memory and storage what has been gone for as long again (§6.2.2). Length is
// the sum of durations: a publisher's pause makes no segment old.
func (p *playlists) trimWindows(led *playlist) {
	first := led.window.beginningWith(p.listedTime())
	for _, l := range p.lists {
		lost := l.window.unloadStored(memoryTargets*p.target(), p.keptTime(p.liveWindow()))
		first = max(first, min(lost, led.window.lastSegment().MSN))
	}
	for _, l := range p.lists {
		l.window.trimListed(first, removalTargets*p.target()-l.openTime())
		l.window.expireSegments(p.keptTime(p.listedTime()), func(s *Segment) { p.expireSegment(l, s) })
		l.dropIndexes(2 * partsTargets * p.target())
	}
	if closed := led.window.closed; len(closed) > 0 {
		p.dates.removeEnded(closed[0].ProgramDateTime, led.window.lastSegment().ProgramDateTime)
	}
}

// trimTimedObjects gives up the timed objects before the oldest segment of a playlist.
func (p *playlists) trimTimedObjects(l *playlist) {
	oldest := l.window.oldestRetained()
	p.outbox.add(func() { p.published.timed.expireObjects(oldest) })
}

func (p *playlists) expireSegment(l *playlist, s *Segment) {
	l.removeSegment(s, l.epoch)
	if !s.Gap {
		p.outbox.addExpired(l.name, s)
	}
}

// oldestListed is the number of the oldest segment listed; it reports false before the first.
func (p *playlists) oldestListed() (oldest int64, ok bool) {
	for _, l := range p.lists {
		if closed := l.window.closed; len(closed) > 0 && (!ok || closed[0].MSN < oldest) {
			oldest, ok = closed[0].MSN, true
		}
	}
	return oldest, ok
}

// addDateRange puts metadata into all playlists. begin is when the epoch began.
func (p *playlists) addDateRange(d hls.DateRange, begin time.Time) {
	p.outbox.add(func() { p.recorder.DateRange(d) })
	if p.leading == nil || len(p.leading.window.closed) == 0 {
		p.dates.putRange(d, begin)
		return
	}
	p.dates.putRange(d, p.leading.window.lastSegment().ProgramDateTime)
	p.publishAll()
}

// finishAll ends all playlists.
func (p *playlists) finishAll() {
	p.ended = true
	p.published.multivariant.Store(nil)
	p.publishAll()
	p.outbox.add(p.published.timed.finishAll)
}

// haltAll sends away those who wait.
func (p *playlists) haltAll() {
	p.halted = true
	p.publishAll()
	p.published.timed.haltAll()
}
