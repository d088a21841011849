package packager

import (
	"slices"
	"time"

	"github.com/globalfandom/lightstick/packager/hls"
)

// segmentDone moves the window when the leader has closed a segment, and
// announces readiness. The mutex is held, as in all below.
func (s *Stream) segmentDone(r *Rendition) {
	s.counters.Segments++
	if r == s.leading || s.starved {
		s.trim(r)
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

// trim drops from every playlist what has left the window of r, which led, and
// from memory and storage what has been gone for as long again (§6.2.2). Length is
// the sum of durations: a publisher's pause makes no segment old.
func (s *Stream) trim(r *Rendition) {
	closed := r.closed
	var total time.Duration
	for _, c := range closed {
		total += c.Duration
	}
	for len(closed) > 1 && total-closed[0].Duration >= s.window() {
		total -= closed[0].Duration
		closed = closed[1:]
	}
	first := closed[0].MSN
	for _, other := range s.Renditions() {
		other.trim(first)
		other.expire(first, 2*s.window()+s.target(), partsTargets*s.target())
	}
	s.grid.trim(first)
}

// trim drops segments from the playlist, and gaps that would then begin it: some
// players reject those.
func (r *Rendition) trim(first int64) {
	n := 0
	for n < len(r.closed) && (r.closed[n].MSN < first || (r.closed[n].Gap && n+1 < len(r.closed))) {
		n++
	}
	r.closed = append(r.closed[:0], r.closed[n:]...)
}

// expire forgets segments that no playlist lists once so much has come after
// them, and lets go of the memory of stored ones whose parts are not listed.
func (r *Rendition) expire(first int64, keep, inMemory time.Duration) {
	var after time.Duration
	gone := 0
	for i := len(r.retained) - 1; i >= 0; i-- {
		s := r.retained[i]
		if after > keep && s.MSN < first {
			gone = i + 1
			break
		}
		if after > inMemory {
			s.release()
		}
		after += s.Duration
	}
	for _, s := range r.retained[:gone] {
		r.forget(s)
	}
	r.retained = append(r.retained[:0], r.retained[gone:]...)
	r.forgetInits()
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
	if r.open != nil {
		used[r.open.Publication] = true
	}
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
	n := 0
	for after := time.Duration(0); n < len(closed) && after < partsTargets*s.target(); n++ {
		after += closed[len(closed)-1-n].Duration
	}
	return n
}

func (s *Stream) header(r *Rendition, snap *Snapshot) hls.MediaPlaylist {
	p := hls.MediaPlaylist{
		TargetDuration: s.targetDuration, PartTarget: r.partTarget,
		HoldBack: holdBackTargets * s.target(), PartHoldBack: partHoldBackParts * s.longestPart,
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
