package check

import (
	"errors"
	"time"
)

// segmentMedia is a complete segment with the bytes that were fetched for it.
type segmentMedia struct {
	Segment     segment
	Init        *initSection
	Independent bool // EXT-X-INDEPENDENT-SEGMENTS applies
	Whole       []byte
	Parts       [][]byte // as Segment.Parts; nil where one could not be had
}

// facts are what comparing renditions needs to know of a segment.
type facts struct {
	MSN         int64
	DSN         int64
	Date        time.Time
	Duration    time.Duration
	Bytes       int
	Kind        string  // of the initialization section
	Start       float64 // presentation time of the first sample, in seconds
	FrameLength float64 // of the lead track's first sample, in seconds
	FrameRate   float64 // 0 for audio
	Entries     []string
	Width       int
	Height      int
}

// timeline checks one rendition's media, segment by segment.
type timeline struct {
	name     string
	next     map[uint32]uint64 // by track: the decode time at which it goes on
	sequence int64             // of the last fragment; -1: none yet
	follows  int64             // the segment that would go on from here
}

func newTimeline(name string) *timeline { return &timeline{name: name, sequence: -1, follows: -1} }

// add checks a segment. What went before is forgotten at a discontinuity and where
// segments are missing. ok is false if the media could not be read.
func (t *timeline) add(l *ledger, m segmentMedia) (f facts, ok bool) {
	where := at(t.name, m.Segment.MSN)
	if m.Segment.Discontinuity || m.Segment.MSN != t.follows {
		t.next, t.sequence = nil, -1
	}
	t.follows = m.Segment.MSN + 1
	fragments, err := parseFragments(m.Whole, m.Init)
	if !checkRead(l, where, err) || len(fragments[0].Tracks) == 0 {
		t.follows = -1
		return f, false
	}
	var total time.Duration
	sync := false
	for _, fragment := range fragments {
		t.fragment(l, where, m.Init, fragment)
		total += length(m.Init, fragment)
		sync = sync || leading(m.Init, fragment).AnySync
	}
	if len(m.Segment.Parts) > 0 {
		l.check(ruleSegmentIndependent, where, sync, "there is no sync sample")
	}
	l.check(ruleSegmentDuration, where, near(total, m.Segment.Duration),
		"the samples last %v, EXTINF is %v", total, m.Segment.Duration)
	lead := leading(m.Init, fragments[0])
	if m.Independent && m.Init.kind() != "audio" {
		l.check(ruleIndependentSegments, where, lead.FirstSync, "the first sample is no sync sample")
	}
	checkReferenceTimes(l, where, m, fragments)
	checkSubset(l, where, m, fragments)
	t.parts(l, m)
	return describe(m, fragments, total), true
}

// checkRead enters whether media could be read, and under which rule not.
func checkRead(l *ledger, where Position, err error) bool {
	structure := errors.Is(err, errOrder) || errors.Is(err, errNoFragments)
	l.check(ruleBoxes, where, err == nil || structure, "%v", err)
	l.check(ruleFragments, where, !structure, "%v", err)
	return err == nil
}

// fragment checks one fragment and moves on.
func (t *timeline) fragment(l *ledger, where Position, init *initSection, f fragment) {
	l.check(ruleSequence, where, int64(f.Sequence) > t.sequence, "mfhd %d after %d", f.Sequence, t.sequence)
	t.sequence = int64(f.Sequence)
	var bytes uint64
	for _, track := range f.Tracks {
		bytes += track.Bytes
		l.check(ruleFragments, where, track.HasBaseTime, "track %d has no tfdt", track.TrackID)
		l.check(ruleRelativeAddressing, where, track.Relative, "track %d is not relative to its moof", track.TrackID)
		if due, known := t.next[track.TrackID]; known {
			l.check(ruleDecodeTime, where, track.BaseTime == due, "track %d: tfdt is %d, should be %d (%+.1f ms)",
				track.TrackID, track.BaseTime, due, 1000*(float64(track.BaseTime)-float64(due))/init.scale(track.TrackID))
		}
		if t.next == nil {
			t.next = make(map[uint32]uint64)
		}
		t.next[track.TrackID] = track.BaseTime + track.Duration
	}
	l.check(ruleSampleSizes, where, bytes == uint64(f.MdatSize), "samples of %d bytes in an mdat of %d", bytes, f.MdatSize)
}

// scale is a track's timescale.
func (s *initSection) scale(id uint32) float64 {
	if t := s.track(id); t != nil {
		return float64(t.Timescale)
	}
	return 1
}

// parts checks each part by itself against what its tag says.
func (t *timeline) parts(l *ledger, m segmentMedia) {
	for i, b := range m.Parts {
		if b == nil {
			continue
		}
		tag, where := m.Segment.Parts[i], atPart(t.name, m.Segment.MSN, i)
		fragments, err := parseFragments(b, m.Init)
		if !checkRead(l, where, err) {
			continue
		}
		var total time.Duration
		first, sync := false, false
		for n, f := range fragments {
			total += length(m.Init, f)
			lead := leading(m.Init, f)
			first = first || n == 0 && lead.FirstSync
			sync = sync || lead.AnySync
		}
		l.check(rulePartDuration, where, near(total, tag.Duration), "the samples last %v, DURATION is %v", total, tag.Duration)
		if tag.Independent {
			l.check(rulePartIndependent, where, sync, "there is no sync sample")
			l.check(rulePartIndependentFirst, where, first || !sync, "the sync sample is not the first")
		} else {
			l.check(rulePartIndependentSaid, where, !sync, "there is a sync sample")
		}
	}
}

// leading is the fragment of the lead track, empty if it isn't there.
func leading(init *initSection, f fragment) trackFragment {
	id := init.lead().ID
	for _, t := range f.Tracks {
		if t.TrackID == id {
			return t
		}
	}
	return trackFragment{}
}

// length is how long the lead track's samples of a fragment last.
func length(init *initSection, f fragment) time.Duration {
	lead := init.lead()
	return time.Duration(float64(leading(init, f).Duration) / float64(lead.Timescale) * float64(time.Second))
}

// near compares durations as far as a playlist writes them: to the millisecond.
func near(a, b time.Duration) bool { return (a - b).Abs() <= time.Millisecond }
