package check

import (
	"strings"
	"testing"
	"time"
)

// twoRenditions are a video and another rendition that fit together.
func twoRenditions() (video, other measured) {
	make1 := func(name, kind string) measured {
		m := measured{name: name, kind: kind, playlist: parse(usual.text()), facts: make(map[int64]facts)}
		for msn := int64(100); msn < 106; msn++ {
			m.facts[msn] = facts{
				MSN: msn, DSN: 3, Date: dateOf(msn), Duration: 2 * time.Second, Bytes: 250_000, Kind: kind,
				Start: float64(msn) * 2, FrameLength: 0.02, FrameRate: 50, Entries: []string{"avc1"}, Width: 640, Height: 360,
			}
			m.order = append(m.order, msn)
		}
		return m
	}
	return make1("high", "video"), make1("low", "video")
}

// compared compares two renditions after a change to the second's segment 103.
func compared(kind string, change func(*facts)) func(*ledger) {
	return func(l *ledger) {
		video, other := twoRenditions()
		other.kind = kind
		for msn, f := range other.facts {
			f.Kind = kind
			if msn == 103 {
				change(&f)
			}
			other.facts[msn] = f
		}
		compareRenditions(l, []measured{video, other}, 50*time.Millisecond)
	}
}

func renditionBreaches() []breach {
	header := func(old, now string) func(*ledger) {
		return func(l *ledger) {
			video, other := twoRenditions()
			other.playlist = parse(edit(usual.text(), old, now))
			compareRenditions(l, []measured{video, other}, 50*time.Millisecond)
		}
	}
	claimed := func(p place) func(*ledger) {
		return func(l *ledger) { claimAt(l, p) }
	}
	return []breach{
		{"target duration", ruleSameTarget, header("TARGETDURATION:2", "TARGETDURATION:3"), nil},
		{"server control", ruleSameControl, header("HOLD-BACK=1.5", "HOLD-BACK=1.6"), nil},
		{"date range", ruleSameDateRanges, func(l *ledger) {
			video, other := twoRenditions()
			tag := "#EXT-X-DATERANGE:ID=\"a\",START-DATE=\"2026-01-01T12:03:30Z\",DURATION="
			video.playlist, other.playlist = parse(usual.text()+tag+"2.0\n"), parse(usual.text()+tag+"3.0\n")
			compareRenditions(l, []measured{video, other}, 50*time.Millisecond)
		}, nil},
		{"date", ruleSameDates, compared("video", func(f *facts) { f.Date = f.Date.Add(60 * time.Millisecond) }), []ruleID{ruleSameMapping}},
		{"mapping", ruleSameMapping, compared("audio", func(f *facts) { f.Start += 0.06 }), []ruleID{ruleAudioAligned}},
		{"discontinuity", ruleSameDiscontinuity, compared("video", func(f *facts) { f.DSN++ }), nil},
		{"video", ruleVideoAligned, compared("video", func(f *facts) { f.Start += 0.02 }), nil},
		{"audio", ruleAudioAligned, compared("audio", func(f *facts) { f.Start -= 0.03 }), nil},
		{"behind", ruleReportTrue, claimed(place{10, 0}), nil},
		{"ahead", ruleReportTrue, claimed(place{11, 1}), nil},
		{"out of step", ruleInSync, func(l *ledger) { inStep(l, 1200*time.Millisecond) }, nil},
		{"no report", ruleReportPresent, func(l *ledger) { reported(l, "other.m3u8") }, nil},
	}
}

// claimAt says of a rendition that reaches part n of segment 10 at second n where
// it was at second 3.
func claimAt(l *ledger, p place) {
	var seen []sighting
	for n := range 8 {
		seen = append(seen, sighting{epoch.Add(time.Duration(n) * time.Second), place{10, n}})
	}
	checkClaims(l, []claim{{epoch.Add(3 * time.Second), "a", "b", p}}, map[string][]sighting{"b": seen}, 1100*time.Millisecond)
}

// inStep compares renditions of which one comes later by so much.
func inStep(l *ledger, late time.Duration) {
	var a, b []sighting
	for n := range 8 {
		when := epoch.Add(time.Duration(n) * time.Second)
		a, b = append(a, sighting{when, place{10, n}}), append(b, sighting{when.Add(late), place{10, n}})
	}
	checkInSync(l, "b", a, b, time.Second)
}

// reported checks the reports of a playlist that names the URI.
func reported(l *ledger, uri string) {
	w := &watcher{ledger: l}
	w.url = mustParse("http://host/live/index.m3u8")
	w.named("video.m3u8", false)
	w.named("audio.m3u8", false)
	w.checkReports(w.renditions[0], parse(edit(usual.text(), "audio.m3u8", uri)))
}

func TestRenditionsThatFitAreClean(t *testing.T) {
	l := newLedger()
	compared("video", func(*facts) {})(l)
	compared("audio", func(f *facts) { f.Start += 0.02 })(l)
	claimAt(l, place{10, 3})
	claimAt(l, place{10, 4})
	inStep(l, 900*time.Millisecond)
	reported(l, "audio.m3u8")
	clean(t, l)
}

const goodMultivariant = `#EXTM3U
#EXT-X-VERSION:9
#EXT-X-INDEPENDENT-SEGMENTS
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a",NAME="Main",DEFAULT=YES,URI="low.m3u8"
#EXT-X-STREAM-INF:BANDWIDTH=2100000,AVERAGE-BANDWIDTH=2000000,CODECS="avc1.42c01e,mp4a.40.2",RESOLUTION=640x360,FRAME-RATE=50.000,AUDIO="a"
high.m3u8
#EXT-X-I-FRAME-STREAM-INF:BANDWIDTH=200000,CODECS="avc1.42c01e",RESOLUTION=640x360,URI="i.m3u8"
`

// offered checks a multivariant playlist, and it against two renditions.
func offered(oldnew ...string) func(*ledger) {
	return func(l *ledger) {
		m := parseMultivariant([]byte(edit(goodMultivariant, oldnew...)))
		checkMultivariant(l, m)
		video, audio := twoRenditions()
		for msn, f := range audio.facts {
			f.Entries, f.Bytes, f.Width = []string{"mp4a"}, 10_000, 0
			audio.facts[msn] = f
		}
		if len(m.Variants) > 0 {
			checkVariant(l, m.Variants[0], video, []measured{audio})
		}
	}
}

func multivariantBreaches() []breach {
	iframe := func(body []byte) func(*ledger) {
		return func(l *ledger) {
			init, _ := parseInit(videoInit)
			checkIFrame(l, at("i", 1), init, body)
		}
	}
	return []breach{
		{"media tag", ruleTagPlace, offered("#EXT-X-INDEPENDENT", "#EXT-X-TARGETDURATION:2\n#EXT-X-INDEPENDENT"), nil},
		{"steering twice", ruleTagOnce, offered("#EXT-X-INDEPENDENT", strings.Repeat("#EXT-X-CONTENT-STEERING:SERVER-URI=\"s\"\n", 2)+"#EXT-X-INDEPENDENT"), nil},
		{"steering without a server", ruleRequiredAttributes, offered("#EXT-X-INDEPENDENT", "#EXT-X-CONTENT-STEERING:PATHWAY-ID=\".\"\n#EXT-X-INDEPENDENT"), nil},
		{"no URI", ruleTagPlace, offered("high.m3u8\n", ""), nil},
		{"no group", ruleGroups, offered(`,AUDIO="a"`, `,AUDIO="b"`), nil},
		{"two defaults", ruleGroupMembers, offered("#EXT-X-STREAM-INF", "#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"a\",NAME=\"Main\",URI=\"c.m3u8\"\n#EXT-X-STREAM-INF"), nil},
		{"no bandwidth", ruleBandwidth, offered("BANDWIDTH=200000,", ""), nil},
		{"bandwidth below the peak", ruleBandwidthPeak, offered("BANDWIDTH=2100000", "BANDWIDTH=1000001", "AVERAGE-BANDWIDTH=2000000", "AVERAGE-BANDWIDTH=1000000"), nil},
		{"average above bandwidth", ruleBandwidthAverage, offered("AVERAGE-BANDWIDTH=2000000", "AVERAGE-BANDWIDTH=2200000"), nil},
		{"average too low", ruleBandwidthAverage, offered("AVERAGE-BANDWIDTH=2000000", "AVERAGE-BANDWIDTH=600000"), nil},
		{"no codecs", ruleCodecs, offered(`BANDWIDTH=200000,CODECS="avc1.42c01e"`, `BANDWIDTH=200000`), nil},
		{"codec missing", ruleCodecsTrue, offered(",mp4a.40.2", ""), nil},
		{"no frame rate", ruleResolution, offered(",FRAME-RATE=50.000", ""), nil},
		{"another size", ruleResolutionTrue, offered("640x360,FRAME", "640x480,FRAME"), nil},
		{"too many frames", ruleResolutionTrue, offered("50.000", "25.000"), nil},
		{"I-frame behind others", ruleIFrames, iframe(testFragment(1, testRun{track: 1, samples: 2, duration: 50})), nil},
		{"no moof", ruleIFrames, iframe(mp4Box("mdat", make([]byte, 9))), nil},
	}
}

func TestGoodMultivariantIsClean(t *testing.T) {
	l := newLedger()
	offered()(l)
	clean(t, l)
	init, _ := parseInit(videoInit)
	frame := testFragment(1, testRun{track: 1, samples: 10, duration: 50, keyframe: true})
	checkIFrame(l, at("i", 1), init, frame[:len(frame)-30]) // without the frames behind the first
	clean(t, l)
	m := parseMultivariant([]byte(goodMultivariant))
	if len(m.IFrames) != 1 || m.IFrames[0].URI != "i.m3u8" || !isMultivariant([]byte(goodMultivariant)) || isMultivariant([]byte(usual.text())) {
		t.Errorf("read as %+v", m)
	}
	if got := strings.Join(m.Variants[0].Codecs, " "); got != "avc1.42c01e mp4a.40.2" {
		t.Errorf("codecs %s", got)
	}
}
