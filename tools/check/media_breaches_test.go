package check

import (
	"bytes"
	"encoding/binary"
	"slices"
	"testing"
	"time"
)

// media checks segments one after the other.
func media(segments ...segmentMedia) func(*ledger) {
	return func(l *ledger) {
		t := newTimeline("video")
		for _, m := range segments {
			t.add(l, m)
		}
	}
}

// initially checks an initialization section as the collector does.
func initially(b []byte) func(*ledger) {
	return func(l *ledger) {
		_, err := parseInit(b)
		l.check(ruleInit, in("video"), err == nil, "%v", err)
	}
}

func mediaBreaches() []breach {
	first, second := videoSegment(100), videoSegment(101)
	// rebuilt makes the second segment of other fragments, without parts.
	rebuilt := func(runs ...testRun) segmentMedia {
		m := second
		m.Parts, m.Segment.Parts = nil, nil
		m.Whole = testFragment(500, runs...)
		return m
	}
	whole := testRun{track: 1, time: 101 * 2000, samples: 40, duration: 50, keyframe: true}
	late, delta, long, unsaid := whole, whole, whole, second
	late.time++
	delta.keyframe = false
	long.samples = 41
	noTfdt, absolute := rebuilt(whole), rebuilt(whole)
	noTfdt.Whole = bytes.Replace(noTfdt.Whole, []byte("tfdt"), []byte("free"), 1)
	absolute.Whole = bytes.Replace(absolute.Whole, words(0x02_0000), words(0), 1)
	stray, fat := rebuilt(whole), rebuilt(whole)
	stray.Whole = append(slices.Clone(stray.Whole), 0, 0, 0)
	fat.Whole = append(slices.Clone(fat.Whole), 0)
	binary.BigEndian.PutUint32(fat.Whole[bytes.Index(fat.Whole, []byte("mdat"))-4:], 8+40*testSize+1)
	lone := rebuilt(whole)
	lone.Whole = mp4Box("mdat", make([]byte, 8))
	again := rebuilt(whole)
	again.Whole = testFragment(403, whole)
	torn := second
	torn.Whole = append(slices.Clone(second.Whole[:len(second.Whole)-1]), 1)
	unsaid.Segment.Parts = slices.Clone(second.Segment.Parts)
	unsaid.Segment.Parts[0].Independent = false
	liar, shorter, shifted := second, second, second
	liar.Segment.Parts = slices.Clone(second.Segment.Parts)
	liar.Segment.Parts[1].Independent = true
	shorter.Segment.Parts = slices.Clone(second.Segment.Parts)
	shorter.Segment.Parts[1].Duration -= 2 * time.Millisecond
	shifted.Parts = slices.Clone(second.Parts)
	at := uint32(101 * 2000)
	shifted.Parts[0] = slices.Concat(testFragment(404, testRun{track: 1, time: at, samples: 5, duration: 50}),
		testFragment(405, testRun{track: 1, time: at + 250, samples: 5, duration: 50, keyframe: true}))
	shifted.Parts[1] = testFragment(406, testRun{track: 1, time: at + 500, samples: 10, duration: 50})
	shifted.Parts[2] = testFragment(407, testRun{track: 1, time: at + 1000, samples: 10, duration: 50})
	shifted.Parts[3] = testFragment(408, testRun{track: 1, time: at + 1500, samples: 10, duration: 50})
	shifted.Whole, shifted.Independent = bytes.Join(shifted.Parts, nil), false
	more := second
	more.Whole = testFragment(404, long)
	frozen := second
	frozen.Parts, frozen.Independent = slices.Clone(second.Parts), false
	frozen.Segment.Parts = slices.Clone(second.Segment.Parts)
	frozen.Segment.Parts[0].Independent = false
	frozen.Parts[0] = testFragment(404, testRun{track: 1, time: at, samples: 10, duration: 50})
	frozen.Whole = bytes.Join(frozen.Parts, nil)
	return []breach{
		{"no ftyp", ruleInit, initially(videoInit[len(testFtyp):]), nil},
		{"no mvex", ruleInit, initially(bytes.Replace(videoInit, []byte("mvex"), []byte("free"), 1)), nil},
		{"no timescale", ruleInit, initially(bytes.Replace(videoInit, words(0, 0, 0, testScale, 0), words(0, 0, 0, 0, 0), 1)), nil},
		{"stray bytes", ruleBoxes, media(first, stray), nil},
		{"no moof", ruleFragments, media(first, lone), nil},
		{"no tfdt", ruleFragments, media(first, noTfdt), []ruleID{ruleDecodeTime}},
		{"absolute offsets", ruleRelativeAddressing, media(first, absolute), nil},
		{"mdat too large", ruleSampleSizes, media(first, fat), nil},
		{"another byte than the parts", rulePartBytes, media(first, torn), nil},
		{"a sample too many", ruleParts, media(first, more), []ruleID{rulePartBytes, ruleSegmentDuration}},
		{"tick missing", ruleDecodeTime, media(first, rebuilt(late)), nil},
		{"number again", ruleSequence, media(first, again), nil},
		{"part's duration", rulePartDuration, media(first, shorter), nil},
		{"segment's duration", ruleSegmentDuration, media(first, rebuilt(long)), nil},
		{"no keyframe first", ruleIndependentSegments, media(first, rebuilt(delta)), nil},
		{"no keyframe at all", ruleSegmentIndependent, media(first, frozen), nil},
		{"not independent", rulePartIndependent, media(first, liar), nil},
		{"keyframe inside", rulePartIndependentFirst, media(first, shifted), nil},
		{"not said", rulePartIndependentSaid, media(first, unsaid), nil},
		{"reference time", ruleReferenceTime, media(first, withReference(second, 10*time.Second)), nil},
	}
}

// withReference puts a prft before the segment's first fragment, so much off.
func withReference(m segmentMedia, off time.Duration) segmentMedia {
	ntp := m.Segment.Date.Add(off).Sub(ntpEpoch)
	prft := mp4Box("prft", words(0, 1, uint32(ntp/time.Second), 0, uint32(m.Segment.MSN)*2000))
	m.Parts = slices.Clone(m.Parts)
	m.Parts[0] = append(prft, m.Parts[0]...)
	m.Whole = bytes.Join(m.Parts, nil)
	return m
}

func TestGoodMediaAreClean(t *testing.T) {
	l := newLedger()
	media(videoSegment(100), withReference(videoSegment(101), 0), videoSegment(102), videoSegment(110))(l)
	clean(t, l)
	for _, id := range []ruleID{ruleParts, ruleDecodeTime, rulePartIndependent, ruleReferenceTime} {
		if l.entries[id].checked == 0 {
			t.Errorf("%s was not checked", rules[id].id)
		}
	}
}

// Muxed media: durations are the video's, decode times go on in both tracks.
func TestMuxedMedia(t *testing.T) {
	init, err := parseInit(muxedInit)
	if err != nil {
		t.Fatal(err)
	}
	segment := func(msn int64, audio uint32) segmentMedia {
		m := videoSegment(msn)
		m.Init, m.Parts, m.Segment.Parts = init, nil, nil
		m.Whole = testFragment(uint32(msn),
			testRun{track: 1, time: uint32(msn) * 2000, samples: 40, duration: 50, keyframe: true},
			testRun{track: 2, time: audio, samples: 79, duration: 25, audio: true})
		return m
	}
	l := newLedger()
	media(segment(100, 5000), segment(101, 5000+79*25))(l)
	clean(t, l)
	media(segment(100, 5000), segment(101, 5000+80*25))(l)
	if l.entries[ruleDecodeTime].failed != 1 {
		t.Error("a gap in the sound was not seen")
	}
	if init.kind() != "muxed" || init.lead().Width != 64 || init.lead().Height != 36 || init.Tracks[1].SampleEntry != "mp4a" {
		t.Errorf("read as %+v", init)
	}
}

func TestRunsWithoutSampleFields(t *testing.T) {
	init := &initSection{Tracks: []initTrack{{ID: 1, Timescale: 1000, Handler: "soun", DefaultDuration: 20, DefaultSize: 7}}}
	traf := slices.Concat(mp4Box("tfhd", words(0x02_0000, 1)), mp4Box("tfdt", words(0, 0)), mp4Box("trun", words(0, 50)))
	got, err := parseTraf(traf, init)
	if err != nil || got.Samples != 50 || got.Duration != 1000 || got.Bytes != 350 || !got.FirstSync {
		t.Errorf("got %+v, %v", got, err)
	}
	huge := slices.Concat(mp4Box("tfhd", words(0, 1)), mp4Box("trun", words(0, 1<<31)))
	if _, err := parseTraf(huge, init); err == nil {
		t.Error("a run of 2^31 samples was accepted")
	}
}
