package check

import "strings"

// playlistBreaches break one playlist by itself.
func playlistBreaches() []breach {
	text := usual.text()
	with := func(oldnew ...string) func(*ledger) { return static(edit(text, oldnew...)) }
	gap := edit(text, "#EXT-X-PART:DURATION=0.5,URI=\"108.0", "#EXT-X-GAP\n#EXT-X-PART:DURATION=0.5,GAP=YES,URI=\"108.0")
	undated := ""
	for line := range strings.Lines(text) {
		if !strings.HasPrefix(line, "#EXT-X-PROGRAM-DATE-TIME") {
			undated += line
		}
	}
	return []breach{
		{"byte order mark", ruleText, static(bom + text), nil},
		{"not UTF-8", ruleText, with("101.m4s", "101\xff.m4s"), nil},
		{"control character", ruleText, with("101.m4s", "101\x07.m4s"), nil},
		{"another first line", ruleFirstLine, with("#EXTM3U\n", "# a comment\n#EXTM3U\n"), nil},
		{"empty", ruleFirstLine, static(""), []ruleID{ruleTargetDuration}},
		{"version twice", ruleVersion, with("#EXT-X-VERSION:9\n", "#EXT-X-VERSION:9\n#EXT-X-VERSION:9\n"), nil},
		{"version too low for EXT-X-MAP", ruleVersionEnough, with("VERSION:9", "VERSION:5"), nil},
		{"unknown tag", ruleKnownTags, with("#EXT-X-VERSION", "#EXT-X-NONSENSE\n#EXT-X-VERSION"), nil},
		{"target duration twice", ruleTagOnce, with("#EXT-X-PART-INF", "#EXT-X-TARGETDURATION:2\n#EXT-X-PART-INF"), nil},
		{"sequence after a segment", ruleTagPlace, static(edit(text, "#EXT-X-MEDIA-SEQUENCE:100\n", "", "100.m4s\n", "100.m4s\n#EXT-X-MEDIA-SEQUENCE:100\n")), nil},
		{"multivariant tag", ruleTagPlace, with("#EXT-X-PART-INF", "#EXT-X-MEDIA:TYPE=AUDIO\n#EXT-X-PART-INF"), nil},
		{"attribute twice", ruleAttributes, with("CAN-BLOCK-RELOAD=YES", "CAN-BLOCK-RELOAD=YES,CAN-BLOCK-RELOAD=YES"), nil},
		{"attribute without value", ruleAttributes, with(`LAST-MSN=110`, `LAST-MSN=`), nil},
		{"string without quotes", ruleAttributes, with(`URI="audio.m3u8"`, `URI=audio.m3u8`), nil},
		{"integer with a point", ruleAttributes, with(`LAST-MSN=110`, `LAST-MSN=110.5`), nil},
		{"no part URI", ruleRequiredAttributes, with(`,URI="110.1.m4s"`, ``), nil},
		{"no target duration", ruleTargetDuration, with("#EXT-X-TARGETDURATION:2\n", ""), nil},
		{"target duration 0", ruleTargetDuration, with("TARGETDURATION:2", "TARGETDURATION:0"), nil},
		{"no EXTINF", ruleExtinf, static(edit(text, "#EXTINF:2.0,\n100.m4s", "100.m4s")), []ruleID{ruleDateContinuous}},
		{"EXTINF too long", ruleExtinfTarget, static(edit(text, "#EXTINF:2.0,\n100.m4s", "#EXTINF:2.5,\n100.m4s")), []ruleID{ruleDateContinuous}},
		{"no map", ruleMap, with("#EXT-X-MAP:URI=\"init.mp4\"\n", ""), nil},
		{"no dates", ruleDatePresent, static(undated), nil},
		{"date off", ruleDateContinuous, with("12:03:24.000Z", "12:03:24.060Z"), nil},
		{"date goes back", ruleDateContinuous, static(edit(text, "#EXT-X-PROGRAM-DATE-TIME:2026-01-01T12:03:24.000Z",
			"#EXT-X-DISCONTINUITY\n#EXT-X-PROGRAM-DATE-TIME:2026-01-01T12:03:21.000Z",
			"#EXT-X-PROGRAM-DATE-TIME:2026-01-01T12:03:26.000Z", "#EXT-X-DISCONTINUITY\n#EXT-X-PROGRAM-DATE-TIME:2026-01-01T12:03:26.000Z")), nil},
		{"gap without GAP", ruleGapParts, static(gap), nil},
		{"hold-back", ruleHoldBack, with("HOLD-BACK=6.0", "HOLD-BACK=5.9"), nil},
		{"part hold-back", rulePartHoldBack, with("PART-HOLD-BACK=1.5", "PART-HOLD-BACK=0.9"), []ruleID{rulePartHoldBackAdvice}},
		{"part hold-back below three", rulePartHoldBackAdvice, with("PART-HOLD-BACK=1.5", "PART-HOLD-BACK=1.4"), nil},
		{"no part hold-back", rulePartHoldBack, with("PART-HOLD-BACK=1.5,", ""), []ruleID{rulePartHoldBackAdvice}},
		{"no blocking reload", ruleCanBlock, with("CAN-BLOCK-RELOAD=YES,", ""), nil},
		{"no hint", ruleHintPresent, with("#EXT-X-PRELOAD-HINT:TYPE=PART,URI=\"110.2.m4s\"\n", ""), nil},
		{"hint after the end", ruleHintEnded, static(text + "#EXT-X-ENDLIST\n"), nil},
		{"skip boundary", ruleSkipBoundary, with("CAN-SKIP-UNTIL=12.0", "CAN-SKIP-UNTIL=11.9"), nil},
		{"date ranges without boundary", ruleSkipDateRangesNeed, with("CAN-SKIP-UNTIL=12.0", "CAN-SKIP-DATERANGES=YES"), nil},
	}
}

// partBreaches break the parts of one playlist.
func partBreaches() []breach {
	text := usual.text()
	with := func(oldnew ...string) func(*ledger) { return static(edit(text, oldnew...)) }
	part := func(name string) string { return "#EXT-X-PART:DURATION=0.5,URI=\"" + name + ".m4s\"" }
	dropped := text
	for _, p := range []string{"109.0", "109.1", "109.2", "109.3"} {
		more := "\n"
		if strings.HasSuffix(p, ".0") {
			more = ",INDEPENDENT=YES\n"
		}
		dropped = edit(dropped, part(p)+more, "")
	}
	old := ""
	for _, n := range []string{"0", "1", "2", "3"} {
		old += part("100."+n) + "\n"
	}
	return []breach{
		{"no part-inf", rulePartInf, with("#EXT-X-PART-INF:PART-TARGET=0.5\n", ""), nil},
		{"part target 0", rulePartInf, with("PART-TARGET=0.5", "PART-TARGET=0"), nil},
		{"too long", rulePartMax, with(part("109.1"), "#EXT-X-PART:DURATION=0.501,URI=\"109.1.m4s\"", part("109.2"), "#EXT-X-PART:DURATION=0.499,URI=\"109.2.m4s\""), nil},
		{"too short", rulePartMin, with(part("109.1"), "#EXT-X-PART:DURATION=0.42,URI=\"109.1.m4s\"", "#EXTINF:2.0,\n109.m4s", "#EXTINF:1.92,\n109.m4s"), []ruleID{ruleDateContinuous}},
		{"sum", rulePartSum, with("#EXTINF:2.0,\n109.m4s", "#EXTINF:2.02,\n109.m4s"), nil},
		{"date after a part", rulePartPlace, with(part("110.1"), "#EXT-X-PROGRAM-DATE-TIME:2026-01-01T12:03:40.000Z\n"+part("110.1")), nil},
		{"parts dropped at the edge", rulePartKept, static(dropped), nil},
		{"parts kept for long", rulePartDropped, with("#EXTINF:2.0,\n100.m4s", old+"#EXTINF:2.0,\n100.m4s"), nil},
	}
}
