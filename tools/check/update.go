package check

import (
	"fmt"
	"slices"
	"time"
)

// checkUpdate checks what a server may change from one version of a playlist to
// the next (§6.2.1, §6.2.2). Neither is a delta update.
func checkUpdate(l *ledger, name string, before, after *mediaPlaylist) {
	where := in(name)
	l.check(ruleTargetConstant, where,
		before.TargetDuration == after.TargetDuration && before.PartTarget == after.PartTarget,
		"target duration %v was %v, part target %v was %v",
		after.TargetDuration, before.TargetDuration, after.PartTarget, before.PartTarget)
	moved := checkNumbers(l, name, before, after)
	if !moved {
		checkConstant(l, name, before, after)
		checkHint(l, name, before, after)
	}
	checkRemoval(l, name, before, after)
	checkDateRangeUpdate(l, name, before, after)
	if before.Ended {
		l.check(ruleEndFinal, where, after.Ended && after.edge() == before.edge(), "the playlist changed after EXT-X-ENDLIST")
	}
}

// checkNumbers checks that MEDIA-SEQUENCE tells how many segments have gone: every
// URI keeps its number. moved tells that one did not.
func checkNumbers(l *ledger, name string, before, after *mediaPlaylist) (moved bool) {
	detail := ""
	if after.MediaSequence < before.MediaSequence {
		detail = "EXT-X-MEDIA-SEQUENCE decreased"
	}
	numbers := make(map[string]int64)
	for _, s := range before.complete() {
		if s.Range.Length < 0 {
			numbers[s.URI] = s.MSN
		}
	}
	for _, s := range after.complete() {
		n, known := numbers[s.URI]
		if known && n != s.MSN && before.find(s.MSN) != nil && before.find(s.MSN).URI != s.URI {
			moved, detail = true, "a segment's number changed: "+quote(s.URI)
			break
		}
	}
	l.check(ruleMediaSequence, in(name), detail == "", "%s: %d after %d", detail, after.MediaSequence, before.MediaSequence)
	return moved
}

// checkConstant checks that segments in both versions are the same, and that none
// went but from the start.
func checkConstant(l *ledger, name string, before, after *mediaPlaylist) {
	for i := range before.Segments {
		old := &before.Segments[i]
		where := at(name, old.MSN)
		now := after.find(old.MSN)
		if now == nil {
			empty := old.Open && len(old.Parts) == 0
			l.check(ruleAppendOnly, where, old.MSN < after.MediaSequence || empty, "the segment vanished from the end")
			continue
		}
		l.check(ruleAppendOnly, where, old.Open || !now.Open, "the segment is open again")
		l.check(ruleDiscontinuitySequence, where, old.DSN == now.DSN,
			"the discontinuity number was %d, is %d", old.DSN, now.DSN)
		what := changed(old, now)
		l.check(ruleSegmentConstant, where, what == "", "%s", what)
	}
	l.check(ruleDiscontinuitySequence, in(name), after.DiscontinuitySequence >= before.DiscontinuitySequence,
		"EXT-X-DISCONTINUITY-SEQUENCE decreased from %d to %d", before.DiscontinuitySequence, after.DiscontinuitySequence)
}

// changed tells what differs between two versions of a segment; "" if nothing does.
func changed(old, now *segment) string {
	differs := func(what string, was, is any) string { return fmt.Sprintf("%s was %v, is %v", what, was, is) }
	switch {
	case !old.Date.Equal(now.Date):
		return differs("EXT-X-PROGRAM-DATE-TIME", dateText(old.Date), dateText(now.Date))
	case old.Discontinuity != now.Discontinuity:
		return differs("EXT-X-DISCONTINUITY", old.Discontinuity, now.Discontinuity)
	case !sameParts(old, now):
		return fmt.Sprintf("its parts differ: %d were listed, %d are", len(old.Parts), len(now.Parts))
	case old.Open:
		return ""
	case old.URI != now.URI || old.Range != now.Range:
		return differs("the URI", quote(old.URI), quote(now.URI))
	case old.Duration != now.Duration:
		return differs("EXTINF", old.Duration, now.Duration)
	case old.Map != now.Map:
		return differs("EXT-X-MAP", quote(old.Map.URI), quote(now.Map.URI))
	case old.Gap != now.Gap:
		return differs("EXT-X-GAP", old.Gap, now.Gap)
	}
	return ""
}

func dateText(t time.Time) string {
	if t.IsZero() {
		return "missing"
	}
	return t.Format(time.RFC3339Nano)
}

// sameParts compares what both versions list. Parts join at the end while a
// segment is open, and leave from the start afterwards.
func sameParts(old, now *segment) bool {
	switch {
	case len(now.Parts) == 0:
		return !now.Open || len(old.Parts) == 0
	case len(old.Parts) == 0:
		return old.Open
	case old.Open:
		return len(now.Parts) >= len(old.Parts) && slices.Equal(old.Parts, now.Parts[:len(old.Parts)])
	default:
		gone := len(old.Parts) - len(now.Parts)
		return gone >= 0 && slices.Equal(old.Parts[gone:], now.Parts)
	}
}

// checkHint checks that the part hinted last is the first one that came. Where a
// new stretch begins the server may have changed its plan (§6.2.6).
func checkHint(l *ledger, name string, before, after *mediaPlaylist) {
	i := slices.IndexFunc(before.Hints, func(h preloadHint) bool { return h.Type == "PART" })
	if i < 0 {
		return
	}
	hint := before.Hints[i]
	next, where := after.partAfter(before.edge())
	if next == nil || after.find(where.MSN).Discontinuity && where.Part == 0 {
		return
	}
	l.check(ruleHint, atPart(name, where.MSN, where.Part), next.URI == hint.URI && max(next.Range.Start, 0) == hint.Start,
		"hinted %s, came %s", quote(hint.URI), quote(next.URI))
}

// partAfter finds the first part behind a place that the playlist still lists.
func (p *mediaPlaylist) partAfter(edge place) (*part, place) {
	if s := p.find(edge.MSN); s != nil && edge.Part >= 0 && edge.Part+1 < len(s.Parts) {
		return &s.Parts[edge.Part+1], place{edge.MSN, edge.Part + 1}
	}
	if s := p.find(edge.MSN + 1); s != nil && len(s.Parts) > 0 {
		return &s.Parts[0], place{edge.MSN + 1, 0}
	}
	return nil, place{}
}

// checkRemoval checks what is left after segments were removed.
func checkRemoval(l *ledger, name string, before, after *mediaPlaylist) {
	if after.MediaSequence <= before.MediaSequence {
		return
	}
	left := after.duration()
	if !after.Ended && after.TargetDuration > 0 {
		l.check(ruleWindowMinimum, in(name), left >= 3*after.TargetDuration,
			"%v are left, the target duration is %v", left.Round(time.Millisecond), after.TargetDuration)
	}
	l.check(ruleWindowAdvice, in(name), len(after.complete()) >= 6, "%d segments are left", len(after.complete()))
	l.check(rulePlaylistType, in(name), after.Type == "", "EXT-X-PLAYLIST-TYPE:%s, but segments were removed", after.Type)
}
