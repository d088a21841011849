package check

import "time"

// checkDelta checks a delta update (§6.2.5.1) against a full playlist that was asked
// for at the same time. The one may be a little newer than the other.
func checkDelta(l *ledger, name string, full, delta *mediaPlaylist, dateRanges bool) {
	if delta.Ended || full.Ended || len(delta.Segments) == 0 {
		return
	}
	checkSkipped(l, name, delta)
	if delta.Skip == nil {
		return
	}
	checkMerged(l, name, full, delta)
	if dateRanges {
		l.check(ruleSkipDateRanges, in(name), delta.Skip.RemovedGiven, "EXT-X-SKIP without RECENTLY-REMOVED-DATERANGES")
	}
}

// checkSkipped checks where the skip boundary was drawn. Segments "further from the
// end of the last (Parent) Media Segment than the Skip Boundary" go: with or without
// the open segment, measured from their end or their start, all is accepted.
func checkSkipped(l *ledger, name string, delta *mediaPlaylist) {
	boundary, first := delta.Control.CanSkipUntil, &delta.Segments[0]
	closed := delta.duration()
	l.check(ruleSkipServed, at(name, first.MSN), first.Open || closed-first.Duration <= boundary+rounding,
		"is listed, though it ends %v from the end; the boundary is %v", closed-first.Duration, boundary)
	if delta.Skip == nil || delta.Skip.Segments == 0 {
		return
	}
	left := closed + delta.Segments[len(delta.Segments)-1].openDuration()
	l.check(ruleSkipServed, at(name, first.MSN-1), left+delta.TargetDuration+rounding >= boundary,
		"is skipped, though it ends %v from the end; the boundary is %v", left, boundary)
}

// openDuration is how long an open segment is so far.
func (s *segment) openDuration() time.Duration {
	if !s.Open {
		return 0
	}
	return s.partsDuration()
}

// checkMerged checks that the segments that were not skipped are those of the full
// playlist, tag by tag, and that no segment is missing between.
func checkMerged(l *ledger, name string, full, delta *mediaPlaylist) {
	common := 0
	for i := range delta.Segments {
		now := delta.Segments[i]
		old := full.find(now.MSN)
		if old == nil {
			continue
		}
		common++
		if now.Map.URI == "" { // its tag was skipped with an older segment
			now.Map = old.Map
		}
		a, b := old, &now
		if older(&now, old) {
			a, b = b, a
		}
		what := changed(a, b)
		l.check(ruleSkipMerges, at(name, now.MSN), what == "", "%s", what)
	}
	l.check(ruleSkipMerges, in(name), common > 0, "no segment is in both the full playlist and the delta update")
	l.check(ruleSkipMerges, in(name), delta.DiscontinuitySequence >= full.DiscontinuitySequence || delta.MediaSequence < full.MediaSequence,
		"EXT-X-DISCONTINUITY-SEQUENCE is %d, %d in the full playlist", delta.DiscontinuitySequence, full.DiscontinuitySequence)
}

// older tells whether a is the older version of a segment: it is still open, has
// fewer parts of an open segment, or more of a closed one.
func older(a, b *segment) bool {
	if a.Open != b.Open {
		return a.Open
	}
	return a.Open && len(a.Parts) < len(b.Parts) || !a.Open && len(a.Parts) > len(b.Parts)
}

// checkNoDelta checks that a server without CAN-SKIP-UNTIL ignores _HLS_skip.
func checkNoDelta(l *ledger, name string, answer *mediaPlaylist) {
	l.check(ruleSkipIgnored, in(name), answer.Skip == nil, "EXT-X-SKIP without CAN-SKIP-UNTIL")
}
