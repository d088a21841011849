package check

// checkDelta checks a delta update (§6.2.5.1) against a full playlist that was asked
// for at the same time. The one may be a little newer than the other.
func checkDelta(l *ledger, name string, full, delta *mediaPlaylist, dateRanges bool) {
	boundary := full.Control.CanSkipUntil
	if delta.Ended || full.Ended {
		return
	}
	where := in(name)
	may := skippable(full)
	if delta.Skip == nil {
		l.check(ruleSkipServed, where, may == 0, "no EXT-X-SKIP, though %d segments are beyond %v", may, boundary)
		return
	}
	// A newer delta update may skip what the full playlist has just come to list.
	first := delta.MediaSequence + delta.Skip.Segments
	due := full.MediaSequence + may
	l.check(ruleSkipServed, where, first >= due-1 && first <= max(due, full.MediaSequence)+1+lag(full, delta),
		"skips up to segment %d, the boundary of %v is before %d", first-1, boundary, due)
	checkMerged(l, name, full, delta)
	if dateRanges {
		l.check(ruleSkipDateRanges, where, delta.Skip.RemovedGiven, "EXT-X-SKIP without RECENTLY-REMOVED-DATERANGES")
	}
}

// lag is by how many segments the delta update is newer.
func lag(full, delta *mediaPlaylist) int64 {
	return max(0, delta.edge().MSN-full.edge().MSN)
}

// skippable counts the segments that end further than the skip boundary from the
// end of the last segment, open or not.
func skippable(p *mediaPlaylist) (n int64) {
	back := p.duration()
	if last := len(p.Segments) - 1; last >= 0 && p.Segments[last].Open {
		back += p.Segments[last].partsDuration()
	}
	for i := range p.complete() {
		if back -= p.Segments[i].Duration; back <= p.Control.CanSkipUntil {
			break
		}
		n++
	}
	return n
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
		l.check(ruleSkipMerges, at(name, now.MSN), what == "", "%s differs", what)
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
