package packager

import (
	"slices"
	"time"

	"github.com/globalfandom/lightstick/media"
	"github.com/globalfandom/lightstick/packager/hls"
)

// segmentDone moves the window when the leader has closed a segment, and
// announces readiness. The mutex is held, as in all below.
func (s *Stream) segmentDone(r *Rendition) {
	s.counters.Segments++
	if r == s.leading {
		s.trim()
	}
	s.checkReady()
}

func (s *Stream) checkReady() {
	if s.readied || s.leading == nil || len(s.leading.closed) == 0 {
		return
	}
	if len(s.leading.closed) < 2 {
		for _, r := range s.Renditions() {
			if len(r.closed) == 0 && r != s.leading {
				return
			}
		}
	}
	s.readied = true
	close(s.ready)
}

// window is how much time playlists list: never under four target durations, so
// that removal leaves the three that RFC 8216bis §6.2.2 demands.
func (s *Stream) window() time.Duration { return max(s.cfg.Window, 4*s.target()) }

// trim drops from every playlist what has left the leader's window, and from
// memory and storage what has been gone for as long again (§6.2.2).
func (s *Stream) trim() {
	closed := s.leading.closed
	var total time.Duration
	for _, c := range closed {
		total += c.Duration
	}
	for len(closed) > 1 && total-closed[0].Duration >= s.window() {
		total -= closed[0].Duration
		closed = closed[1:]
	}
	first, edge := closed[0].MSN, closed[len(closed)-1].end
	for _, r := range s.Renditions() {
		r.trim(first)
		r.expire(edge, 2*s.window()+s.target(), partsTargets*s.target())
	}
	s.grid.trim(first)
}

func (r *Rendition) trim(first int64) {
	n := 0
	for n < len(r.closed) && r.closed[n].MSN < first {
		n++
	}
	r.closed = append(r.closed[:0], r.closed[n:]...)
}

// expire forgets segments that end more than keep before the edge, and lets go
// of the memory of stored ones that no playlist lists the parts of.
func (r *Rendition) expire(edge media.Ticks, keep, inMemory time.Duration) {
	n := 0
	for n < len(r.retained) && age(r.retained[n], edge) > keep {
		r.forget(r.retained[n])
		n++
	}
	r.retained = append(r.retained[:0], r.retained[n:]...)
	for _, s := range r.retained {
		if age(s, edge) > inMemory {
			s.release()
		}
	}
	r.forgetInits()
}

func age(s *Segment, edge media.Ticks) time.Duration {
	return (edge - s.end).Duration(media.VideoTimescale)
}

func (r *Rendition) forget(s *Segment) {
	r.lookup.Lock()
	delete(r.segments, s.MSN)
	r.lookup.Unlock()
	if !s.Gap {
		r.stream.recorder.Expire(r.name, s)
	}
}

// forgetInits drops the initialization sections of publications that are gone.
func (r *Rendition) forgetInits() {
	r.lookup.Lock()
	defer r.lookup.Unlock()
	if len(r.inits) == 1 {
		return
	}
	used := map[string]bool{r.publication: true}
	for _, s := range r.retained {
		used[s.Publication] = true
	}
	for id := range r.inits {
		if !used[id] {
			delete(r.inits, id)
		}
	}
}

// publish makes the snapshot that shows a rendition as it is now, and wakes
// those who wait for it. The playlist's text is made when somebody asks for it.
func (s *Stream) publish(r *Rendition) {
	s.counters.Parts++
	if len(r.closed) == 0 && r.open == nil {
		return
	}
	snap := &Snapshot{
		rendition: r.name, closed: slices.Clone(r.closed), open: r.open,
		Ended: s.ended, next: make(chan struct{}),
	}
	if n := len(r.closed); n > 0 {
		snap.LastMSN = r.closed[n-1].MSN
		snap.listed = s.listedWithParts(r.closed)
	} else {
		snap.LastMSN = r.open.MSN - 1
	}
	if r.open != nil {
		snap.openParts = r.open.Parts
		snap.OpenParts = len(r.open.Parts)
	}
	snap.header = s.header(r, snap)
	old := r.snap.Swap(snap)
	close(old.next)
}

func (s *Stream) listedWithParts(closed []*Segment) int {
	if s.ended {
		return 0
	}
	edge, n := closed[len(closed)-1].end, 0
	for n < len(closed) && age(closed[len(closed)-1-n], edge) < partsTargets*s.target() {
		n++
	}
	return n
}

func (s *Stream) header(r *Rendition, snap *Snapshot) hls.MediaPlaylist {
	p := hls.MediaPlaylist{
		TargetDuration: s.targetDuration, PartTarget: r.partTarget,
		HoldBack: holdBackTargets * s.target(), PartHoldBack: partHoldBackParts * r.partTarget,
		EndList: s.ended, RenditionReports: s.reports(r),
	}
	if len(snap.closed) > 0 {
		p.DiscontinuitySequence = s.grid.discontinuitiesBefore(snap.closed[0].MSN)
	}
	return p
}

func (s *Stream) reports(r *Rendition) []hls.RenditionReport {
	all := s.Renditions()
	reports := make([]hls.RenditionReport, 0, len(all))
	for _, other := range all {
		snap := other.Snapshot()
		if other == r || snap.Empty() {
			continue
		}
		report := hls.RenditionReport{URI: other.name + ".m3u8", LastMSN: snap.LastMSN, LastPart: snap.lastPart()}
		if snap.OpenParts > 0 {
			report.LastMSN, report.LastPart = snap.LastMSN+1, snap.OpenParts-1
		}
		reports = append(reports, report)
	}
	return reports
}
