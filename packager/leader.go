package packager

import (
	"time"

	"github.com/globalfandom/lightstick/media"
)

// leader decides where segments begin, from the samples of the leading track.
type leader struct {
	kind         media.Kind
	scale        media.Timescale
	shortest     media.Ticks // hls.segment_duration
	longest      media.Ticks // a segment that would round to more than the target
	keyInterval  media.Ticks // the longest between keyframes so far
	interval     media.Ticks // between the last two keyframes
	expected     media.Ticks // length of the open segment, if keyframes come as before
	frame        media.Ticks // usual frame duration
	frames       media.Ticks // so many of them in the open segment
	mean         media.Ticks // their mean distance in the one before
	begun        bool
	segmentStart media.Ticks // DTS of the open segment's first sample
	last         media.Ticks // DTS of the last sample
	lastKey      media.Ticks
	delay        media.Ticks // from decoding to showing a keyframe
	dropping     bool        // after a gap: waiting for a keyframe
}

type cut uint8

const (
	noCut       cut = iota
	newSegment      // the sample begins a segment
	newAfterGap     // it begins a segment after a discontinuity
	drop            // it can't be decoded: leave it out
)

// decideCut looks at the next sample of the leading track. Sound has gone on beyond one that is
// late.
func (l *leader) decideCut(s media.Sample, late bool) cut {
	if !l.begun {
		if !s.KeyFrame {
			return drop
		}
		l.begun, l.last, l.lastKey = true, s.DTS, s.DTS
		l.beginSegmentWith(s)
		return newSegment
	}
	if s.DTS-l.segmentStart > l.longest+l.frame {
		l.dropping = true // the picture before can't be restated, and would make the segment too long
	}
	l.last = s.DTS
	if l.dropping {
		if !s.KeyFrame {
			return drop
		}
		l.dropping = false
		l.lastKey = s.DTS
		l.beginSegmentWith(s)
		return newAfterGap
	}
	if !l.cutsAt(s, late) {
		l.frames++
		return noCut
	}
	if l.mean = (s.DTS - l.segmentStart) / max(l.frames, 1); l.mean > 2*l.frame {
		l.mean = l.frame // a picture stood
	}
	l.beginSegmentWith(s)
	return newSegment
}

// beginSegmentWith notes that a segment begins with the sample.
func (l *leader) beginSegmentWith(s media.Sample) {
	if s.KeyFrame {
		l.delay = s.CompositionOffset
	}
	l.beginSegmentAt(s.DTS)
}

// beginSegmentAt notes that a segment begins at a time.
func (l *leader) beginSegmentAt(start media.Ticks) {
	l.segmentStart, l.frames = start, 1
	l.expected = l.expectedLength()
}

// expectedLength is how long the segment that has just begun will be if keyframes come as they
// did last; 0 if that can't be told.
func (l *leader) expectedLength() media.Ticks {
	switch {
	case l.frame <= 0:
		return 0
	case l.kind == media.Audio:
		return (l.shortest + l.frame/2) / l.frame * l.frame
	case l.interval <= 0:
		return 0
	}
	next := l.lastKey + l.interval - l.segmentStart
	// The keyframe that cutsAt will take.
	if missing := max(min(l.shortest-l.frame/2, l.longest-l.keyInterval), 1) - next; missing > 0 {
		next += (missing + l.interval - 1) / l.interval * l.interval
	}
	if next < l.longest {
		return next
	}
	return (l.longest - 1) / l.frame * l.frame // it is cut between keyframes
}

// presentationStart is when a segment that begins with the sample is shown. Between keyframes
// that doesn't follow from the sample, which may be shown after those that it was
// coded before.
func (l *leader) presentationStart(s media.Sample) media.Ticks { return s.DTS + l.delay }

// shortestFrames is how many frames a segment has at least that ends early for the sake of a
// keyframe. Pictures that are late may come a tick after each other.
const shortestFrames = 4

// longestKeyInterval is the longest time between keyframes so far.
func (l *leader) longestKeyInterval() time.Duration { return l.keyInterval.Duration(l.scale) }

func (l *leader) cutsAt(s media.Sample, late bool) bool {
	length := s.DTS - l.segmentStart
	if l.kind == media.Audio {
		return length+l.frame/2 >= l.shortest
	}
	if s.KeyFrame {
		l.interval = s.DTS - l.lastKey
		l.keyInterval = max(l.keyInterval, l.interval)
		l.lastKey = s.DTS
		if late { // no sound would be left for a segment that begins here and ends early
			return length+l.frame >= l.longest
		}
		// Timestamps in milliseconds make a 2 s interval 1,999 ms long at times.
		if length+l.frame/2 >= l.shortest {
			return true
		}
		// If the next keyframe may come too late, a short segment is better than one that is too long.
		return length+l.keyInterval >= l.longest && length > shortestFrames*l.frame
	}
	return length+l.frame >= l.longest
}

// longestSegment is the length that no segment of the leader may reach: its duration in
// whole seconds, rounded, is at most the target (RFC 8216bis §4.4.3.1), also in renditions
// whose cut comes later by as much as slack.
func longestSegment(target, slack time.Duration, scale media.Timescale) media.Ticks {
	return media.TicksOf(target+500*time.Millisecond-slack, scale)
}
