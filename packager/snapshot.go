package packager

import (
	"bytes"
	"compress/gzip"
	"errors"
	"sync"
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

// Snapshot is a rendition at one moment: what one version of its media playlist
// says. It is immutable and may be used by any number of goroutines.
type Snapshot struct {
	rendition string
	header    hls.MediaPlaylist // all but the segments
	closed    []*Segment
	listed    int // the last so many closed segments are listed with their parts
	open      *Segment
	openParts []Part

	// Where the playlist ends: the last closed segment, and the number of parts of
	// the open one after it. LastMSN is -1 before the first segment.
	LastMSN   int64
	OpenParts int
	Ended     bool

	next   chan struct{} // closed when a newer snapshot is there
	render sync.Once
	plain  []byte
	gzip   []byte
}

// Playlist is the media playlist in UTF-8. It is rendered once, when first asked for.
func (s *Snapshot) Playlist() []byte {
	s.render.Do(s.renderOnce)
	return s.plain
}

// PlaylistGzip is the media playlist, compressed once.
func (s *Snapshot) PlaylistGzip() []byte {
	s.render.Do(s.renderOnce)
	return s.gzip
}

func (s *Snapshot) renderOnce() {
	s.plain = s.playlist().Append(nil)
	s.gzip = compress(s.plain)
}

// playlist describes the snapshot in the terms of package hls.
func (s *Snapshot) playlist() hls.MediaPlaylist {
	p := s.header
	if s.Empty() {
		return p
	}
	p.IndependentSegments = true
	p.MediaSequence = s.closed[0].MSN
	p.Segments = make([]hls.Segment, 0, len(s.closed)+1)
	for i, c := range s.closed {
		var parts []Part
		if i >= len(s.closed)-s.listed {
			parts = c.Parts
		}
		p.Segments = append(p.Segments, c.describe(s.rendition, parts, false))
		p.IndependentSegments = p.IndependentSegments && c.Independent()
	}
	if s.open != nil {
		p.PreloadHint = s.open.partURI(s.rendition, len(s.openParts))
	}
	if len(s.openParts) > 0 {
		p.Segments = append(p.Segments, s.open.describe(s.rendition, s.openParts, true))
		p.IndependentSegments = p.IndependentSegments && s.openParts[0].Independent
	}
	return p
}

// lastPart is the number of the last part of segment LastMSN.
func (s *Snapshot) lastPart() int {
	if len(s.closed) == 0 {
		return -1
	}
	return len(s.closed[len(s.closed)-1].Parts) - 1
}

var gzipWriters = sync.Pool{New: func() any { return gzip.NewWriter(nil) }}

func compress(plain []byte) []byte {
	var buf bytes.Buffer
	w := gzipWriters.Get().(*gzip.Writer)
	defer gzipWriters.Put(w)
	w.Reset(&buf)
	// Writing to a bytes.Buffer does not fail.
	_, _ = w.Write(plain)
	_ = w.Close()
	return buf.Bytes()
}

// Has reports whether the snapshot lists the position or something after it.
func (s *Snapshot) Has(p Position) bool {
	p = s.settle(p)
	switch {
	case s.Ended || p.MSN <= s.LastMSN:
		return true
	case p.Part == WholeSegment || p.MSN > s.LastMSN+1:
		return false
	}
	return p.Part < s.OpenParts
}

// settle takes a part past the end of the last segment for the first part of the
// next one (RFC 8216bis §6.2.5.2).
func (s *Snapshot) settle(p Position) Position {
	if p.MSN == s.LastMSN && p.Part > s.lastPart() {
		return Position{MSN: p.MSN + 1}
	}
	return p
}

// Empty reports whether there is nothing to play yet: players need a whole
// segment to begin with.
func (s *Snapshot) Empty() bool { return len(s.closed) == 0 }

// maxAhead is how many segments beyond the last one a request may name: the
// next, and the one after it (RFC 8216bis §6.2.5.2).
const maxAhead = 2

// tooFar reports a position that no client that follows the playlist would ask
// for: the limits are those of §6.2.5.2, three seconds of parts among them.
func (s *Snapshot) tooFar(p Position) bool {
	limit := 3
	if target := s.header.PartTarget; target > 0 && target < time.Second {
		limit = int((3*time.Second + target - 1) / target)
	}
	if p.MSN == s.LastMSN+1 {
		limit += s.OpenParts
	}
	return p.MSN > s.LastMSN+maxAhead || (p.MSN > s.LastMSN && p.Part > limit)
}
