package check

import (
	"slices"
	"time"
)

// arrivals remembers when the last part and the last segment came.
type arrivals struct {
	part, segment time.Time
}

// enter checks a new version of a playlist and keeps what later checks need.
func (w *watcher) enter(r *rendition, before, p *mediaPlaylist, answer *response, held bool, a *arrivals) {
	checkPlaylist(w.ledger, r.name, p, w.cfg.DateTolerance)
	w.checkReports(r, p)
	if before != nil {
		checkUpdate(w.ledger, r.name, before, p)
		allowed := w.cfg.Slack
		if !held {
			allowed += p.TargetDuration // between two polls
		}
		checkCadence(w.ledger, r.name, before, p, answer.done.Sub(a.part), answer.done.Sub(a.segment), allowed)
	}
	if before == nil || before.edge().less(p.edge()) {
		a.part = answer.done
	}
	if before == nil || p.lastComplete() > before.lastComplete() {
		a.segment = answer.done
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.latest = p
	r.seen = keep(r.seen, sighting{answer.done, p.last()})
	w.gatherClaims(r, p, answer.done)
	if before == nil {
		r.lastParts = p.last()
		r.trips = keep(r.trips, answer.took().Seconds())
		return
	}
	r.gatherDepartures(before, p, answer.done)
	r.gatherParts(p)
	if held {
		r.holds = keep(r.holds, answer.took().Seconds())
		if end, ok := p.edgeDate(); ok && before.edge().less(p.edge()) {
			r.edges = keep(r.edges, answer.done.Sub(end).Seconds())
		}
	}
}

// edgeDate is the program date at which the playlist's last part ends.
func (p *mediaPlaylist) edgeDate() (time.Time, bool) {
	if len(p.Segments) == 0 {
		return time.Time{}, false
	}
	s := &p.Segments[len(p.Segments)-1]
	if s.Open {
		return s.Date.Add(s.partsDuration()), !s.Date.IsZero() && len(s.Parts) > 0
	}
	return s.Date.Add(s.Duration), !s.Date.IsZero()
}

// checkReports checks that every other rendition is reported on.
func (w *watcher) checkReports(r *rendition, p *mediaPlaylist) {
	if p.PartTarget == 0 || p.Ended {
		return
	}
	reported := make(map[*rendition]bool)
	for _, report := range p.Reports {
		if u, err := r.url.Parse(report.URI); err == nil {
			reported[w.rendition(u)] = true
		}
	}
	for _, other := range w.renditions {
		if other != r && !other.iframes {
			w.ledger.check(ruleReportPresent, in(r.name), reported[other], "no report on %s", other.name)
		}
	}
}

func (w *watcher) gatherClaims(r *rendition, p *mediaPlaylist, when time.Time) {
	if p.Ended {
		return
	}
	for _, report := range p.claims() {
		if u, err := r.url.Parse(report.URI); err == nil {
			if other := w.rendition(u); other != nil && other != r {
				place := place{report.LastMSN, int(report.LastPart)}
				r.claims = keep(r.claims, claim{when, r.name, other.name, place})
			}
		}
	}
}

// gatherParts adds the durations of parts that are new. A segment's last part often
// is short by nature, and is counted all the same.
func (r *rendition) gatherParts(p *mediaPlaylist) {
	for i := range p.Segments {
		s := &p.Segments[i]
		for n := range s.Parts {
			if at := (place{s.MSN, n}); r.lastParts.less(at) {
				r.parts = keep(r.parts, s.Parts[n].Duration.Seconds())
				r.lastParts = at
			}
		}
	}
}

// maxDepartures waiting to be looked at are kept, the newest.
const maxDepartures = 64

// gatherDepartures notes what has left the playlist, and until when it must stay
// available (§6.2.2). One part a segment will do.
func (r *rendition) gatherDepartures(before, p *mediaPlaylist, when time.Time) {
	for i := range before.Segments {
		s := &before.Segments[i]
		now := p.find(s.MSN)
		if s.Open || s.Gap || s.MSN >= p.MediaSequence && now == nil {
			continue
		}
		if n := len(s.Parts); n > 0 && !s.Parts[0].Gap && (now == nil || len(now.Parts) == 0) {
			last := s.Parts[n-1]
			r.departed = append(r.departed, departure{
				rulePartGone, atPart(r.name, s.MSN, n-1), last.URI, last.Range, when.Add(3 * p.TargetDuration),
			})
		}
		if now == nil {
			r.departed = append(r.departed, departure{ruleSegmentGone, at(r.name, s.MSN), s.URI, s.Range, when.Add(s.Duration)})
		}
	}
	if extra := len(r.departed) - maxDepartures; extra > 0 {
		r.departed = slices.Delete(r.departed, 0, extra)
	}
}
