package packager

import (
	"errors"
	"time"

	"github.com/globalfandom/lightstick/packager/hls"
)

// WholeSegment as the part of a Position means the segment with all its parts.
const WholeSegment = -1

// Position names a part of a rendition, or a whole segment.
type Position struct {
	MSN  int64
	Part int // WholeSegment, or 0 and up
}

var (
	// ErrGone reports a position that has left the window, or never was. A player
	// recovers by reloading its playlist; the origin answers 404.
	ErrGone = errors.New("packager: position is not in the window")
	// ErrTooFar reports a position that can't be waited for (RFC 8216bis §6.2.5.2).
	// The origin answers 400.
	ErrTooFar = errors.New("packager: position is too far ahead of the live edge")
)

// ErrHalted reports a wait that is over because the process stops. The origin answers
// 503.
var ErrHalted = errors.New("packager: the server is stopping")

// Snapshot is a rendition at one moment: what one version of its media playlist
// says. It is immutable and may be used by any number of goroutines.
type Snapshot struct {
	at        address
	header    hls.Header // what doesn't depend on the segments listed
	reports   []hls.RenditionReport
	closed    []*Segment // shared with other snapshots: never written to
	blocks    []*block   // of closed, without holes
	listed    int        // the last so many closed segments are listed with their parts
	dependent int        // so many of closed don't begin with a keyframe
	open      *Segment
	openParts []Part
	dates     dateList

	// Where the playlist ends: the last closed segment, and the number of parts of
	// the open one after it. LastMSN is -1 before the first segment.
	LastMSN   int64
	OpenParts int
	Ended     bool
	halted    bool // nothing newer will come from this process

	made        time.Time
	next        chan struct{} // closed when a newer snapshot is there
	documents   [skipCount]Document
	iFrames     Document
	generations []*generationView // beside the first, those that have something to list
	clips       clips
}

// Playlist is the media playlist, whole or as a delta update (RFC 8216bis
// §6.2.5.1).
func (s *Snapshot) Playlist(skip Skip) *Document { return &s.documents[skip] }

// IFrames is the playlist of the segments' first keyframes (EXT-X-I-FRAMES-ONLY,
// §4.4.3.6).
func (s *Snapshot) IFrames() *Document { return &s.iFrames }

// prepareDocuments makes the documents ready to be asked for.
func (s *Snapshot) prepareDocuments() {
	for skip := range s.documents {
		s.documents[skip].compose = func() []piece {
			return s.listSelection(selection{form: formMedia, to: len(s.closed), skip: Skip(skip), live: !s.Ended})
		}
	}
	s.iFrames.compose = func() []piece {
		return s.listSelection(selection{form: formIFrames, to: len(s.closed), live: !s.Ended})
	}
}

// countWithParts is how many of the last closed segments are listed with their parts: those of
// the last three target durations (§6.2.2).
func (s *Snapshot) countWithParts(target time.Duration) (n int) {
	var listed time.Duration // since the segment in question
	for _, p := range s.openParts {
		listed += p.Duration
	}
	last := len(s.closed) - 1
	for n <= last && listed+s.closed[last].at-s.closed[last-n].at < partsTargets*target {
		n++
	}
	return n
}

// findSegment is a segment that the snapshot lists, or nil.
func (s *Snapshot) findSegment(msn int64) *Segment {
	if s.open != nil && s.open.MSN == msn {
		return s.open
	}
	if len(s.closed) == 0 || msn < s.closed[0].MSN || msn > s.LastMSN {
		return nil
	}
	return s.closed[msn-s.closed[0].MSN] // they have no holes
}

// lastPart is the number of the last part of segment LastMSN.
func (s *Snapshot) lastPart() int {
	if len(s.closed) == 0 {
		return -1
	}
	return len(s.closed[len(s.closed)-1].parts()) - 1
}

// Has reports whether the snapshot lists the position or something after it.
func (s *Snapshot) Has(p Position) bool {
	p = s.actualPosition(p)
	switch {
	case s.Ended || p.MSN <= s.LastMSN:
		return true
	case p.Part == WholeSegment || p.MSN > s.LastMSN+1:
		return false
	}
	return p.Part < s.OpenParts
}

// actualPosition takes a part past the end of the last segment for the first part of the
// next one (RFC 8216bis §6.2.5.2).
func (s *Snapshot) actualPosition(p Position) Position {
	if p.MSN == s.LastMSN && p.Part > s.lastPart() {
		return Position{MSN: p.MSN + 1}
	}
	return p
}

// Empty reports whether there is nothing to play yet: players need a whole
// segment to begin with.
func (s *Snapshot) Empty() bool { return len(s.closed) == 0 }

// Waits reports whether nothing is being made: the epoch is over, and the next one
// will go on with the same playlist.
func (s *Snapshot) Waits() bool {
	return s.open == nil && !s.Empty() && !s.Ended && !s.halted
}

// maxAhead is how many segments beyond the last one a request may name: the
// next, and the one after it (RFC 8216bis §6.2.5.2).
const maxAhead = 2

// isTooFar reports a position that no client that follows the playlist would ask
// for: the limits are those of §6.2.5.2, three seconds of parts among them.
func (s *Snapshot) isTooFar(p Position) bool {
	limit := 3
	if target := s.header.PartTarget; target > 0 && target < time.Second {
		limit = int((3*time.Second + target - 1) / target)
	}
	if p.MSN == s.LastMSN+1 {
		limit += s.OpenParts
	}
	return p.MSN > s.LastMSN+maxAhead || (p.MSN > s.LastMSN && p.Part > limit)
}
