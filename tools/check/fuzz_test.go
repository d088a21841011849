package check

import (
	"testing"
	"time"
)

func FuzzParsePlaylist(f *testing.F) {
	f.Add([]byte(usual.text()))
	f.Add([]byte(goodMultivariant))
	f.Add([]byte("#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXT-X-SKIP:SKIPPED-SEGMENTS=9223372036854775807\n#EXTINF:2,\na.m4s\n"))
	f.Add([]byte("#EXTM3U\n#EXT-X-DATERANGE:ID=\"a\",START-DATE=\"2026-01-01T00:00:00Z\",DURATION=1.5\n#EXT-X-BYTERANGE:10@0\n#EXTINF:1,\nb\n"))
	later := parse(window{101, 111, 1, false}.text())
	f.Fuzz(func(t *testing.T, text []byte) {
		l := newLedger()
		m := parseMultivariant(text)
		checkMultivariant(l, m)
		p := parseMediaPlaylist(text)
		checkPlaylist(l, "a", p, time.Millisecond)
		checkUpdate(l, "a", later, p)
		checkUpdate(l, "a", p, later)
		checkDelta(l, "a", p, later, true)
		checkDelta(l, "a", later, p, true)
		checkCadence(l, "a", later, p, 0, 0, 0)
		_, _, _ = p.claims(), p.next(), p.has(place{1, 1})
		if len(p.Faults) > keptFaults || len(p.Segments) > len(text) {
			t.Errorf("%d faults and %d segments of %d bytes", len(p.Faults), len(p.Segments), len(text))
		}
	})
}

func FuzzParseBoxes(f *testing.F) {
	f.Add(videoInit, videoPart(100, 0))
	f.Add(muxedInit, testFragment(1, testRun{track: 1, samples: 2, duration: 50}, testRun{track: 2, samples: 3, duration: 20, audio: true}))
	f.Add(audioInit, withReference(videoSegment(1), 0).Whole)
	f.Fuzz(func(t *testing.T, header, body []byte) {
		l := newLedger()
		_, _ = parseFragments(body, nil)
		init, err := parseInit(header)
		if err != nil {
			return
		}
		m := videoSegment(100)
		m.Init, m.Whole, m.Parts[0] = init, body, body
		newTimeline("a").add(l, m)
		checkIFrame(l, at("a", 1), init, body)
		if looksFragmented(body) && len(init.Tracks) > maxTracks {
			t.Errorf("%d tracks", len(init.Tracks))
		}
	})
}
