package check

import (
	"path"
	"slices"
	"time"
)

// syntaxRules are looked at in every playlist, by its parser.
var syntaxRules = []ruleID{
	ruleText, ruleFirstLine, ruleVersion, ruleVersionEnough, ruleKnownTags, ruleTagOnce, ruleTagPlace,
	ruleAttributes, ruleRequiredAttributes,
}

// checkFaults enters what a parser found, and that it found nothing else.
func checkFaults(l *ledger, where Position, f faults, looked []ruleID) {
	for _, id := range looked {
		if !slices.ContainsFunc(f, func(f fault) bool { return f.rule == id }) {
			l.check(id, where, true, "")
		}
	}
	for _, fault := range f {
		l.check(fault.rule, where, false, "%s", fault.detail)
	}
}

// checkPlaylist checks what one media playlist tells by itself. dateTolerance is
// how far program dates may be from the durations.
func checkPlaylist(l *ledger, name string, p *mediaPlaylist, dateTolerance time.Duration) {
	checkFaults(l, in(name), p.Faults, append(slices.Clone(syntaxRules), ruleTargetDuration, ruleExtinf))
	for i := range p.complete() {
		s := &p.Segments[i]
		where := at(name, s.MSN)
		l.check(ruleExtinfTarget, where, p.TargetDuration == 0 || s.Duration.Round(time.Second) <= p.TargetDuration,
			"EXTINF %v, target duration %v", s.Duration, p.TargetDuration)
		if isFragmentedMP4(s.URI) {
			l.check(ruleMap, where, s.Map.URI != "", "no EXT-X-MAP before %s", quote(s.URI))
		}
	}
	if !p.Ended && p.PartTarget > 0 && len(p.Segments) > 0 {
		dated := slices.ContainsFunc(p.Segments, func(s segment) bool { return !s.Date.IsZero() })
		l.check(ruleDatePresent, in(name), dated, "no EXT-X-PROGRAM-DATE-TIME")
	}
	checkDates(l, name, p, dateTolerance)
	checkGaps(l, name, p)
	checkDateRanges(l, name, p)
	checkControl(l, name, p)
	checkParts(l, name, p)
}

// isFragmentedMP4 guesses from a URI's path.
func isFragmentedMP4(uri string) bool {
	for i, c := range uri {
		if c == '?' {
			uri = uri[:i]
			break
		}
	}
	switch path.Ext(uri) {
	case ".m4s", ".mp4", ".m4v", ".m4a", ".cmfv", ".cmfa", ".cmft":
		return true
	}
	return false
}

// checkDates compares each program date with the one before and the duration
// between them. Over a discontinuity time may jump forward; back only by a fraction
// of a second (§6.2.1).
func checkDates(l *ledger, name string, p *mediaPlaylist, tolerance time.Duration) {
	for i := 1; i < len(p.Segments); i++ {
		before, s := &p.Segments[i-1], &p.Segments[i]
		if before.Date.IsZero() || s.Date.IsZero() {
			continue
		}
		off := s.Date.Sub(before.Date.Add(before.Duration))
		if s.Discontinuity {
			l.check(ruleDateContinuous, at(name, s.MSN), off > -time.Second && s.Date.After(before.Date),
				"the date goes back by %v over a discontinuity", -off)
			continue
		}
		l.check(ruleDateContinuous, at(name, s.MSN), off.Abs() <= tolerance,
			"the date is %v from the end of the segment before", off)
	}
}

func checkGaps(l *ledger, name string, p *mediaPlaylist) {
	for i := range p.Segments {
		s := &p.Segments[i]
		if !s.Gap {
			continue
		}
		for n, part := range s.Parts {
			l.check(ruleGapParts, atPart(name, s.MSN, n), part.Gap, "the part has no GAP=YES")
		}
	}
}

// checkControl checks EXT-X-SERVER-CONTROL (§4.4.3.8) and the hints.
func checkControl(l *ledger, name string, p *mediaPlaylist) {
	c, where := p.Control, in(name)
	if c.HoldBack > 0 {
		l.check(ruleHoldBack, where, c.HoldBack >= 3*p.TargetDuration,
			"HOLD-BACK %v, target duration %v", c.HoldBack, p.TargetDuration)
	}
	if c.CanSkipUntil > 0 {
		l.check(ruleSkipBoundary, where, c.CanSkipUntil >= 6*p.TargetDuration,
			"CAN-SKIP-UNTIL %v, target duration %v", c.CanSkipUntil, p.TargetDuration)
	}
	if c.CanSkipDateRanges {
		l.check(ruleSkipDateRangesNeed, where, c.CanSkipUntil > 0, "no CAN-SKIP-UNTIL")
	}
	if p.PartTarget > 0 {
		l.check(rulePartHoldBack, where, c.PartHoldBack >= 2*p.PartTarget,
			"PART-HOLD-BACK %v, part target %v", c.PartHoldBack, p.PartTarget)
		l.check(rulePartHoldBackAdvice, where, c.PartHoldBack >= 3*p.PartTarget,
			"PART-HOLD-BACK %v, part target %v", c.PartHoldBack, p.PartTarget)
		l.check(ruleCanBlock, where, c.CanBlockReload, "no CAN-BLOCK-RELOAD=YES")
	}
	if p.Ended {
		l.check(ruleHintEnded, where, len(p.Hints) == 0, "EXT-X-PRELOAD-HINT with EXT-X-ENDLIST")
		return
	}
	if p.PartTarget > 0 {
		hinted := slices.ContainsFunc(p.Hints, func(h preloadHint) bool { return h.Type == "PART" })
		l.check(ruleHintPresent, where, hinted, "no EXT-X-PRELOAD-HINT with TYPE=PART")
	}
}
