package packager

import (
	"math"
	"time"

	"github.com/globalfandom/lightstick/packager/hls"
)

// segmentDone moves the window when the leader has closed a segment, and
// announces readiness. The mutex is held, as in all below.
func (s *Stream) segmentDone(r *Rendition) {
	s.counters.Segments++
	s.multivariant.Store(nil) // bit rates have changed, or what is playable
	if r == s.leading || s.starved {
		if e := r.window.last().Entry; len(s.timed.all()) > 0 {
			s.outbox.add(func() { s.timed.endObjects(e) })
		}
		s.trim(r)
	}
	if r == s.leading && !s.starved {
		s.considerLife()
	}
	s.checkReady()
}

func (s *Stream) checkReady() {
	if s.readied || s.leading == nil || len(s.leading.window.closed) == 0 {
		return
	}
	if len(s.leading.window.closed) < 2 {
		for _, r := range s.Renditions() {
			if len(r.window.closed) == 0 && r != s.leading {
				return
			}
		}
	}
	s.readied = true
	close(s.ready)
}

// liveWindow is how much time is listed without DVR: never under four target
// durations, so that removal leaves the three that RFC 8216bis §6.2.2 demands.
func (s *Stream) liveWindow() time.Duration { return max(s.cfg.Window, 4*s.target()) }

// listedTime is how much time playlists list.
func (s *Stream) listedTime() time.Duration { return max(s.liveWindow(), s.cfg.DVR) }

// ratedTime is how much time bit rates are measured over: all that playlists list, and
// all of a recording.
func (s *Stream) ratedTime() time.Duration {
	if s.cfg.Static {
		return math.MaxInt64
	}
	return max(s.listedTime(), rateSpan)
}

// keptTime is for how long a segment can be fetched: §6.2.2 demands its own
// duration and the playlist's, after it left the playlist.
func (s *Stream) keptTime(window time.Duration) time.Duration { return 2*window + s.target() }

// trim drops from every playlist what has left the window of r, which led, and
// from memory and storage what has been gone for as long again (§6.2.2). Length is
// the sum of durations: a publisher's pause makes no segment old.
func (s *Stream) trim(r *Rendition) {
	first := r.window.beginningWith(s.listedTime())
	for _, other := range s.Renditions() {
		lost := other.window.unload(memoryTargets*s.target(), s.keptTime(s.liveWindow()))
		first = max(first, min(lost, r.window.last().MSN))
	}
	for _, other := range s.Renditions() {
		other.window.trim(first, removalTargets*s.target()-other.openTime())
		other.window.expire(s.keptTime(s.listedTime()), other.forget)
		other.dropIndexes(2 * partsTargets * s.target())
	}
	if closed := r.window.closed; len(closed) > 0 {
		s.dates.trim(closed[0].ProgramDateTime, r.window.last().ProgramDateTime)
	}
	if retained := r.window.retained; len(retained) > 0 && len(s.timed.all()) > 0 {
		oldest := retained[0].MSN
		s.outbox.add(func() { s.timed.expire(oldest) })
	}
	s.trimGrid()
}

// trimGrid drops the boundaries that no rendition lists or may still need.
func (s *Stream) trimGrid() {
	first := s.grid.next
	for _, r := range s.Renditions() {
		if len(r.window.closed) > 0 {
			first = min(first, r.window.closed[0].MSN)
		}
	}
	s.grid.trim(first)
}

// dropIndexes forgets the parts of segments that had them listed so long ago that
// nobody may ask for one of them (§6.2.2).
func (r *Rendition) dropIndexes(after time.Duration) {
	closed := r.window.closed
	i := len(closed)
	for i > 0 && r.window.after(closed[i-1]) <= after {
		i--
	}
	for i--; i >= 0 && closed[i].index.Swap(nil) != nil; i-- {
		continue // up to those dropped before
	}
}

func (r *Rendition) forget(s *Segment) {
	r.lookup.Lock()
	delete(r.segments, s.MSN)
	r.uses[s.Publication]--
	if r.uses[s.Publication] == 0 && s.Publication != r.publication {
		delete(r.uses, s.Publication)
		delete(r.inits, s.Publication)
	}
	r.lookup.Unlock()
	if !s.Gap {
		rec := r.stream.recorder
		r.stream.outbox.add(func() { rec.Expire(r.name, s) })
	}
}

// publishDirty publishes every rendition that has changed. Those that changed together
// are published together, so that their reports of each other agree.
func (s *Stream) publishDirty() {
	for _, r := range s.Renditions() {
		if r.dirty {
			r.dirty = false
			s.publish(r)
		}
	}
}

// publish makes the snapshot that shows a rendition as it is now, and wakes
// those who wait for it. The playlist's text is made when somebody asks for it.
func (s *Stream) publish(r *Rendition) {
	s.counters.Parts++
	w := &r.window
	nothing := len(w.closed) == 0 && r.open == nil
	if nothing && !s.ended && !s.halted {
		return
	}
	snap := &Snapshot{
		at: address{s.cfg.Base, r.name}, closed: w.closed[:len(w.closed):len(w.closed)], dependent: w.dependent,
		open: r.open, Ended: s.ended, halted: s.halted, made: time.Now(), next: make(chan struct{}),
	}
	if r.open != nil {
		snap.openParts = r.open.parts()
		snap.OpenParts = len(snap.openParts)
	}
	if len(w.closed) > 0 {
		snap.LastMSN = w.last().MSN
		snap.listed = s.listedWithParts(w, snap.openParts)
		w.settle(snap.listed)
		edge := w.last().ProgramDateTime
		snap.dates = s.dates.at(edge, s.skipBoundary())
	} else if nothing {
		snap.LastMSN = r.Snapshot().LastMSN
	} else {
		snap.LastMSN = r.open.MSN - 1
	}
	snap.blocks = w.blocks[:len(w.blocks):len(w.blocks)]
	if old := r.Snapshot(); old.LastMSN == snap.LastMSN && old.OpenParts == snap.OpenParts && !old.made.IsZero() {
		snap.made = old.made // metadata are no sign of life
	}
	snap.header = s.header(r)
	snap.reports = s.reports(r)
	snap.prepare()
	if !s.cfg.Static {
		snap.addLives(s.lives)
	}
	old := r.snap.Swap(snap)
	close(old.next)
}

// listedWithParts is how many of the last closed segments are listed with their
// parts: those of the last three target durations (§6.2.2).
func (s *Stream) listedWithParts(w *window, openParts []Part) int {
	if s.ended {
		return 0
	}
	var listed time.Duration // since the segment in question
	for _, p := range openParts {
		listed += p.Duration
	}
	n := 0
	for n < len(w.closed) && listed+w.after(w.closed[len(w.closed)-1-n]) < partsTargets*s.target() {
		n++
	}
	return n
}

// skipBoundary is CAN-SKIP-UNTIL, the least allowed (§4.4.3.8).
func (s *Stream) skipBoundary() time.Duration { return skipTargets * s.target() }

func (s *Stream) header(r *Rendition) hls.Header {
	if s.cfg.Static {
		return hls.Header{TargetDuration: s.targetDuration}
	}
	return hls.Header{
		TargetDuration: s.targetDuration, PartTarget: r.partTarget,
		HoldBack: holdBackTargets * s.target(), PartHoldBack: s.partHoldBack(),
		CanSkipUntil: s.skipBoundary(),
	}
}

// partHoldBack is PART-HOLD-BACK, the same in all renditions.
func (s *Stream) partHoldBack() time.Duration {
	return time.Duration(s.cfg.PartHoldBack * float64(s.longestPart)).Truncate(time.Microsecond)
}

func (s *Stream) reports(r *Rendition) []hls.RenditionReport {
	if s.cfg.Static {
		return nil
	}
	all := s.Renditions()
	reports := make([]hls.RenditionReport, 0, len(all))
	for _, other := range all {
		if other == r || len(other.window.closed) == 0 {
			continue
		}
		last := other.window.last()
		report := hls.RenditionReport{URI: other.playlistURI, LastMSN: last.MSN, LastPart: len(last.parts()) - 1}
		if open := other.open; open != nil && len(open.parts()) > 0 {
			report.LastMSN, report.LastPart = open.MSN, len(open.parts())-1
		}
		reports = append(reports, report)
	}
	return reports
}
