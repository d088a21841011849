package check

import (
	"strings"
	"time"
)

// updateBreaches break what may change from one version to the next.
func updateBreaches() []breach {
	text := usual.text()
	later := window{101, 111, 1, false}
	with := func(oldnew ...string) func(*ledger) { return updated(text, edit(later.text(), oldnew...)) }
	moved := edit(later.text(), "MEDIA-SEQUENCE:101", "MEDIA-SEQUENCE:102")
	cut := text[:strings.Index(text, "#EXT-X-PROGRAM-DATE-TIME:2026-01-01T12:03:38")]
	discontinuous := edit(text, "#EXT-X-MAP:URI=\"init.mp4\"\n", "#EXT-X-DISCONTINUITY\n#EXT-X-MAP:URI=\"init.mp4\"\n")
	ended := window{100, 110, 4, true}
	cadence := func(sincePart, sinceSegment time.Duration) func(*ledger) {
		return func(l *ledger) {
			checkCadence(l, "video", parse(text), parse(later.text()), sincePart, sinceSegment, slack)
		}
	}
	return []breach{
		{"target duration", ruleTargetConstant, with("TARGETDURATION:2", "TARGETDURATION:3"), nil},
		{"part target", ruleTargetConstant, with("PART-TARGET=0.5", "PART-TARGET=0.6"), nil},
		{"counts one too many", ruleMediaSequence, updated(text, moved), nil},
		{"decreases", ruleMediaSequence, updated(later.text(), edit(text, "MEDIA-SEQUENCE:100", "MEDIA-SEQUENCE:50")), []ruleID{ruleAppendOnly}},
		{"discontinuity not counted", ruleDiscontinuitySequence, updated(discontinuous, later.text()), nil},
		{"discontinuity decreases", ruleDiscontinuitySequence, with("DISCONTINUITY-SEQUENCE:3", "DISCONTINUITY-SEQUENCE:2"), nil},
		{"URI changes", ruleSegmentConstant, with("\n105.m4s", "\n105b.m4s"), nil},
		{"duration changes", ruleSegmentConstant, with("#EXTINF:2.0,\n105.m4s", "#EXTINF:1.9,\n105.m4s"), nil},
		{"date changes", ruleSegmentConstant, with("12:03:30.000Z", "12:03:30.001Z"), nil},
		{"map changes", ruleSegmentConstant, with("init.mp4", "other.mp4"), nil},
		{"part changes", ruleSegmentConstant, with("110.1.m4s\"", "110.1b.m4s\""), nil},
		{"gap appears", ruleSegmentConstant, with("#EXTINF:2.0,\n105.m4s", "#EXT-X-GAP\n#EXTINF:2.0,\n105.m4s"), nil},
		{"the end vanishes", ruleAppendOnly, updated(text, cut), nil},
		{"too short", ruleWindowMinimum, updated(text, window{108, 110, 3, false}.text()), []ruleID{ruleWindowAdvice}},
		{"less than six", ruleWindowAdvice, updated(text, window{105, 110, 3, false}.text()), nil},
		{"type", rulePlaylistType, with("#EXT-X-PART-INF", "#EXT-X-PLAYLIST-TYPE:EVENT\n#EXT-X-PART-INF"), nil},
		{"goes on after the end", ruleEndFinal, updated(ended.text(), window{100, 112, 1, false}.text()), nil},
		{"another part than hinted", ruleHint, updated(edit(text, "TYPE=PART,URI=\"110.2", "TYPE=PART,URI=\"110.9"), later.text()), nil},
		{"segment late", ruleFresh, cadence(100*time.Millisecond, 3600*time.Millisecond), nil},
		{"part late", rulePartCadence, cadence(1100*time.Millisecond, time.Second), nil},
	}
}

// dateRangeBreaches break EXT-X-DATERANGE.
func dateRangeBreaches() []breach {
	text := usual.text()
	tag := func(attributes string) string { return text + "#EXT-X-DATERANGE:" + attributes + "\n" }
	good := `ID="a",START-DATE="2026-01-01T12:03:30.000Z",DURATION=4.0`
	undated := strings.ReplaceAll(tag(good), "#EXT-X-PROGRAM-DATE-TIME", "#X")
	return []breach{
		{"no ID", ruleDateRange, static(tag(`START-DATE="2026-01-01T12:03:30.000Z"`)), nil},
		{"no start", ruleDateRange, static(tag(`ID="a"`)), nil},
		{"not a date", ruleDateRange, static(tag(`ID="a",START-DATE="yesterday"`)), nil},
		{"ends before it begins", ruleDateRange, static(tag(`ID="a",START-DATE="2026-01-01T12:03:30Z",END-DATE="2026-01-01T12:03:29Z"`)), nil},
		{"end and duration differ", ruleDateRange, static(tag(good + `,END-DATE="2026-01-01T12:03:35Z"`)), nil},
		{"END-ON-NEXT without CLASS", ruleDateRange, static(tag(`ID="a",START-DATE="2026-01-01T12:03:30Z",END-ON-NEXT=YES`)), nil},
		{"no program dates", ruleDateRange, static(undated), []ruleID{ruleDatePresent}},
		{"contradiction", ruleDateRangeConstant, static(tag(good) + "#EXT-X-DATERANGE:ID=\"a\",DURATION=5.0\n"), nil},
		{"changes", ruleDateRangeConstant, updated(tag(good+`,X-A="1"`), tag(good+`,X-A="2"`)), nil},
		{"gone too soon", ruleDateRangeKept, updated(tag(good), text), nil},
	}
}

// deltaBreaches break delta updates.
func deltaBreaches() []breach {
	full := window{100, 115, 2, false}
	delta := func(skipped int64, oldnew ...string) string {
		w := window{100 + skipped, 115, 2, false}.text()
		head, rest, _ := strings.Cut(w, "#EXT-X-MAP:URI=\"init.mp4\"\n")
		head = strings.Replace(head, "MEDIA-SEQUENCE:"+itoa(100+skipped), "MEDIA-SEQUENCE:100", 1)
		return edit(head+"#EXT-X-SKIP:SKIPPED-SEGMENTS="+itoa(skipped)+"\n"+rest, oldnew...)
	}
	check := func(text string, dateRanges bool) func(*ledger) {
		return func(l *ledger) { checkDelta(l, "video", parse(full.text()), parse(text), dateRanges) }
	}
	return []breach{
		{"not skipped", ruleSkipServed, check(full.text(), false), nil},
		{"skips too little", ruleSkipServed, check(delta(4), false), nil},
		{"skips too much", ruleSkipServed, check(delta(12), false), nil},
		{"a duration differs", ruleSkipMerges, check(delta(9, "#EXTINF:2.0,\n110.m4s", "#EXTINF:1.9,\n110.m4s"), false), nil},
		{"counted wrong", ruleSkipMerges, check(delta(9, "SKIPPED-SEGMENTS=9", "SKIPPED-SEGMENTS=8"), false), nil},
		{"no removed date ranges", ruleSkipDateRanges, check(delta(9), true), nil},
		{"skips unasked", ruleSkipIgnored, func(l *ledger) { checkNoDelta(l, "video", parse(delta(9))) }, nil},
	}
}
