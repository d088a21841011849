package check

import (
	"bytes"
	"time"
)

// content sums up a track's samples in some fragments.
type content struct {
	samples         int
	duration, bytes uint64
}

func contents(fragments []fragment) map[uint32]content {
	out := make(map[uint32]content)
	for _, f := range fragments {
		for _, t := range f.Tracks {
			c := out[t.TrackID]
			out[t.TrackID] = content{c.samples + t.Samples, c.duration + t.Duration, c.bytes + t.Bytes}
		}
	}
	return out
}

// checkSubset compares a segment with its parts, when all of them are there: the same
// samples (§3.2), and, as CMAF has it, the same bytes.
func checkSubset(l *ledger, where Position, m segmentMedia, whole []fragment) {
	if len(m.Parts) == 0 || m.Segment.partsDuration() < m.Segment.Duration-10*time.Millisecond {
		return // the first parts may have left the playlist
	}
	var parts []fragment
	for _, b := range m.Parts {
		fragments, err := parseFragments(b, m.Init)
		if b == nil || err != nil {
			return
		}
		parts = append(parts, fragments...)
	}
	want, got := contents(parts), contents(whole)
	for id, c := range want {
		l.check(ruleParts, where, got[id] == c, "track %d: %d samples of %d bytes in the segment, %d of %d in its parts",
			id, got[id].samples, got[id].bytes, c.samples, c.bytes)
	}
	joined := bytes.Join(m.Parts, nil)
	l.check(rulePartBytes, where, bytes.Equal(joined, m.Whole), "%d bytes in the parts, %d in the segment", len(joined), len(m.Whole))
}
