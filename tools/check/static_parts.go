package check

import "time"

// rounding is what a decimal of three digits may be off.
const rounding = 500 * time.Microsecond

// checkParts checks the parts of one playlist (§4.4.4.9).
func checkParts(l *ledger, name string, p *mediaPlaylist) {
	listed := false
	for i := range p.Segments {
		s := &p.Segments[i]
		if len(s.Parts) == 0 {
			continue
		}
		listed = true
		l.check(rulePartPlace, at(name, s.MSN), true, "") // breaches come from the parser
		if p.PartTarget > 0 {
			checkPartDurations(l, name, p.PartTarget, s)
		}
		oldest := i == 0 || len(p.Segments[i-1].Parts) == 0
		checkPartSum(l, name, s, oldest)
	}
	if listed {
		l.check(rulePartInf, in(name), p.PartTarget > 0, "parts without EXT-X-PART-INF")
	}
	if p.PartTarget > 0 && p.TargetDuration > 0 && !p.Ended {
		checkPartWindow(l, name, p)
	}
}

// checkPartDurations checks each part against the part target. 85% of it is not
// asked of the last part, of independent parts, nor around gaps.
func checkPartDurations(l *ledger, name string, target time.Duration, s *segment) {
	for i, part := range s.Parts {
		where := atPart(name, s.MSN, i)
		l.check(rulePartMax, where, part.Duration <= target, "%v, part target %v", part.Duration, target)
		last := i == len(s.Parts)-1 // of an open segment: perhaps the last
		if last || part.Independent || part.Gap || s.Parts[i+1].Gap {
			continue
		}
		l.check(rulePartMin, where, part.Duration >= target*85/100, "%v, part target %v", part.Duration, target)
	}
}

// checkPartSum compares EXTINF with the parts. The oldest segment that still has
// parts may have lost some from its front.
func checkPartSum(l *ledger, name string, s *segment, oldest bool) {
	sum := s.partsDuration()
	if s.Open || oldest && sum < s.Duration {
		return
	}
	allowed := rounding * time.Duration(len(s.Parts)+1)
	l.check(rulePartSum, at(name, s.MSN), (sum-s.Duration).Abs() <= allowed,
		"%d parts last %v, EXTINF is %v", len(s.Parts), sum, s.Duration)
}

// checkPartWindow goes back from the end: the last three target durations have
// parts, what is older by more than a segment has none (§6.2.2).
func checkPartWindow(l *ledger, name string, p *mediaPlaylist) {
	var back time.Duration // from the segment's end to the playlist's
	for i := len(p.Segments) - 1; i >= 0; i-- {
		s := &p.Segments[i]
		if s.Open {
			back += s.partsDuration()
			continue
		}
		if back+s.Duration < 3*p.TargetDuration && !s.Gap {
			l.check(rulePartKept, at(name, s.MSN), len(s.Parts) > 0, "no parts %v from the end", back)
		}
		if back > 4*p.TargetDuration {
			l.check(rulePartDropped, at(name, s.MSN), len(s.Parts) == 0, "still %d parts %v from the end", len(s.Parts), back)
		}
		back += s.Duration
	}
}
