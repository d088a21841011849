package check

import (
	"slices"
	"time"
)

// sighting is a place that a rendition was seen to have reached.
type sighting struct {
	when  time.Time
	place place
}

// claim is what one rendition's playlist said of another.
type claim struct {
	when     time.Time
	from, of string
	place    place
}

// checkClaims compares rendition reports (§4.4.5.4) with what their renditions were
// seen to have: not much later, and not much earlier. ofs has each rendition's
// sightings in order of time.
func checkClaims(l *ledger, claims []claim, of map[string][]sighting, tolerance time.Duration) {
	for _, c := range claims {
		seen := of[c.of]
		if len(seen) == 0 || seen[len(seen)-1].when.Before(c.when.Add(tolerance)) {
			continue // the watch ended too soon to tell
		}
		where := Position{Rendition: c.from, MSN: c.place.MSN, Part: c.place.Part}
		behind, ahead := surroundings(seen, c, tolerance)
		l.check(ruleReportTrue, where, !c.place.less(behind), "%s had part %d of segment %d already", c.of, behind.Part, behind.MSN)
		l.check(ruleReportTrue, where, !ahead.less(c.place), "%s did not have that for another %v", c.of, tolerance)
	}
}

// surroundings finds what the rendition had some time before the claim, and some
// time after it.
func surroundings(seen []sighting, c claim, tolerance time.Duration) (behind, ahead place) {
	until := func(t time.Time) place {
		n, _ := slices.BinarySearchFunc(seen, t, func(s sighting, t time.Time) int { return s.when.Compare(t) })
		if n == 0 {
			return place{-1, 0}
		}
		return seen[n-1].place
	}
	return until(c.when.Add(-tolerance)), until(c.when.Add(tolerance))
}

// checkInSync checks that renditions reach the same places at about the same time.
// Places that only one was seen to reach last tell nothing.
func checkInSync(l *ledger, name string, reference, other []sighting, tolerance time.Duration) {
	reached := make(map[place]time.Time, len(reference))
	for _, s := range reference {
		if _, again := reached[s.place]; !again {
			reached[s.place] = s.when
		}
	}
	for i, s := range other {
		first, both := reached[s.place]
		if i == 0 || !both || first.Equal(reference[0].when) {
			continue // it was there before the watch began
		}
		off := s.when.Sub(first)
		l.check(ruleInSync, atPart(name, s.place.MSN, s.place.Part), off.Abs() <= tolerance,
			"%v from the other renditions", off.Round(time.Millisecond))
	}
}

// claims returns what a playlist says of other renditions. Numbers that are left out
// are those of the playlist itself (§4.4.5.4).
func (p *mediaPlaylist) claims() []renditionReport {
	out := make([]renditionReport, 0, len(p.Reports))
	own := p.last()
	for _, r := range p.Reports {
		if r.LastMSN < 0 {
			r.LastMSN = own.MSN
		}
		if r.LastPart < 0 {
			r.LastPart = int64(own.Part)
		}
		out = append(out, r)
	}
	return out
}

// last is the edge as rendition reports name it: a part, wherever there are parts.
func (p *mediaPlaylist) last() place {
	e := p.edge()
	if s := p.find(e.MSN); s != nil && e.Part < 0 && len(s.Parts) > 0 {
		e.Part = len(s.Parts) - 1
	}
	return e
}

// checkCadence checks how long a new part or segment took. since counts from the
// arrival of the one before; slack is for the network and busy machines.
func checkCadence(l *ledger, name string, before, after *mediaPlaylist, sincePart, sinceSegment, slack time.Duration) {
	if after.Ended {
		return
	}
	a, b := before.edge(), after.edge()
	if after.PartTarget > 0 && a.less(b) {
		l.check(rulePartCadence, atPart(name, b.MSN, b.Part), sincePart <= after.PartTarget+slack,
			"came %v after the one before, the part target is %v", sincePart.Round(time.Millisecond), after.PartTarget)
	}
	if after.TargetDuration > 0 && after.lastComplete() > before.lastComplete() {
		l.check(ruleFresh, at(name, after.lastComplete()), sinceSegment <= after.TargetDuration*3/2+slack,
			"came %v after the one before, the target duration is %v", sinceSegment.Round(time.Millisecond), after.TargetDuration)
	}
}
