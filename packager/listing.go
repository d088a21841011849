package packager

import (
	"slices"
	"strings"
	"time"

	"github.com/globalfandom/lightstick/packager/hls"
)

// Skip says what a delta update leaves out.
type Skip uint8

// The kinds of delta update (RFC 8216bis §6.2.5.1).
const (
	SkipNothing    Skip = iota // the whole playlist
	SkipSegments               // _HLS_skip=YES: segments beyond the skip boundary
	SkipDateRanges             // _HLS_skip=v2: and date ranges added before it
	skipCount
)

// selection is a stretch of a snapshot's closed segments, as it is to be listed.
type selection struct {
	form       form
	from, to   int // indexes in Snapshot.closed
	skip       Skip
	live       bool            // goes on at the live edge, with parts; else it has ended
	clip       bool            // was asked for by its times
	generation *generationView // nil: the first
}

// listed is how many of the last closed segments are listed with their parts.
func (sel selection) listed(s *Snapshot) int {
	if sel.generation != nil {
		return sel.generation.listed
	}
	return s.listed
}

// listSelection renders a selection. What is in blocks already is not rendered again.
func (s *Snapshot) listSelection(sel selection) []piece {
	header := s.headerOf(sel)
	first := sel.from
	if header.Skip != nil {
		first += header.Skip.Segments
	}
	l := lister{snapshot: s, form: sel.form, text: header.Append(nil)}
	if first > sel.from {
		l.previousMap = s.at.init(s.closed[first-1])
	}
	for i := first; i < sel.to; {
		i += l.addSegments(i, sel)
	}
	return l.appendTail(sel)
}

// lister gathers the pieces of a document.
type lister struct {
	snapshot    *Snapshot
	form        form
	pieces      []piece
	text        []byte // what comes after pieces
	previousMap string
}

// addSegments lists closed segment i, or the block that begins with it; it returns how
// many segments that was.
func (l *lister) addSegments(i int, sel selection) int {
	s := l.snapshot
	segment := s.closed[i]
	if b := s.blockAt(segment.MSN); b != nil && i+blockLen <= sel.to {
		if len(l.text) > 0 {
			l.pieces = append(l.pieces, piece{text: l.text})
			l.text = nil
		}
		l.pieces = append(l.pieces, b.piece(s.at, l.form))
		l.previousMap = s.at.init(s.closed[i+blockLen-1])
		return blockLen
	}
	var parts []Part
	if sel.live && l.form == formMedia && i >= len(s.closed)-sel.listed(s) {
		parts = segment.parts()
	}
	l.text = segment.appendTo(l.text, s.at, l.form, parts, l.previousMap)
	l.previousMap = s.at.init(segment)
	return 1
}

// appendTail lists the open segment's parts and what follows them.
func (l *lister) appendTail(sel selection) []piece {
	s := l.snapshot
	tail := hls.Tail{EndList: !sel.live, Pending: sel.live && l.form == formMedia}
	if sel.live {
		tail.RenditionReports = s.reportsIn(sel.generation)
		if l.form == formIFrames {
			tail.RenditionReports = nil
		}
	}
	if sel.live && l.form == formMedia && s.open != nil {
		if len(s.openParts) > 0 {
			open := s.open.describe(s.at, s.openParts, true)
			l.text = open.Append(l.text, l.previousMap)
		}
		tail.PreloadHint = s.at.part(s.open, len(s.openParts))
	}
	return append(l.pieces, piece{text: tail.Append(l.text)})
}

// headerOf is the header of a selection.
func (s *Snapshot) headerOf(sel selection) hls.Header {
	h := s.header
	if sel.generation != nil {
		target := sel.generation.target()
		h.TargetDuration, h.HoldBack, h.CanSkipUntil = sel.generation.TargetDuration, holdBackTargets*target, skipTargets*target
	}
	if sel.form == formIFrames {
		h.IFramesOnly, h.PartTarget, h.CanSkipUntil = true, 0, 0
	}
	if !sel.live {
		if sel.clip || h.HoldBack == 0 { // the latter in storage
			h.Type = hls.VOD
		}
		h.PartTarget, h.HoldBack = 0, 0
	}
	if sel.from >= sel.to {
		return h
	}
	h.MediaSequence = s.closed[sel.from].MSN
	h.DiscontinuitySequence = s.closed[sel.from].Discontinuities
	h.IndependentSegments = s.dependent == 0 && (len(s.openParts) == 0 || s.openParts[0].Independent)
	h.DateRanges = s.dates.listed
	if sel.clip {
		h.DateRanges = s.dates.rangesWithin(s.closed[sel.from].ProgramDateTime, s.endOf(sel))
	}
	if sel.live && sel.skip != SkipNothing && h.CanSkipUntil > 0 {
		s.skipSegments(&h, sel)
	}
	return h
}

// reportsIn are the reports of the other renditions' playlists of a generation.
func (s *Snapshot) reportsIn(generation *generationView) []hls.RenditionReport {
	if generation == nil {
		return s.reports
	}
	reports := slices.Clone(s.reports)
	for i, r := range reports {
		reports[i].URI = generationURI(r.URI, generation.suffix())
	}
	return reports
}

// generationURI is the name of a rendition's playlist in a generation.
func generationURI(playlist, suffix string) string {
	return strings.TrimSuffix(playlist, ".m3u8") + suffix + ".m3u8"
}

// skipSegments makes the header that of a delta update, if there is something to skip.
func (s *Snapshot) skipSegments(h *hls.Header, sel selection) {
	skipped := s.skippable(sel.from, h.CanSkipUntil)
	if sel.skip == SkipDateRanges {
		h.DateRanges = s.dates.recent
		h.Skip = &hls.Skip{Segments: skipped, DateRanges: true, RemovedDateRanges: s.dates.removed}
		return
	}
	if skipped > 0 {
		h.Skip = &hls.Skip{Segments: skipped}
	}
}

// skippable is how many segments from index from on end further than the boundary
// from the end of the last segment (§6.2.5.1).
func (s *Snapshot) skippable(from int, boundary time.Duration) int {
	last := s.closed[len(s.closed)-1].at
	n := len(s.closed)
	for n > from && last-s.closed[n-1].at <= boundary {
		n--
	}
	return n - from
}

// blockAt is the block that begins with the segment, or nil.
func (s *Snapshot) blockAt(msn int64) *block {
	if msn%blockLen != 0 || len(s.blocks) == 0 || msn < s.blocks[0].first {
		return nil
	}
	if i := (msn - s.blocks[0].first) / blockLen; i < int64(len(s.blocks)) {
		return s.blocks[i]
	}
	return nil
}

// endOf is when the last segment of a selection ends.
func (s *Snapshot) endOf(sel selection) time.Time {
	last := s.closed[sel.to-1]
	return last.end()
}
