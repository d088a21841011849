package packager

import (
	"slices"
	"time"

	"github.com/globalfandom/lightstick/media"
	"github.com/globalfandom/lightstick/packager/hls"
)

// playlist is what one rendition's media playlist lists, for the writer. Readers see snapshots
// of it.
type playlist struct {
	*Rendition

	uri        string // of the first generation, relative to the multivariant playlist
	track      media.Track
	sound      media.Track // that travels with the picture, if any does
	epoch      string
	partTarget time.Duration
	open       *Segment
	window     window
	rates      rates
	changed    bool // the snapshot doesn't show everything
}

// setInit takes up the track of an initialization section.
func (p *playlist) setInit(init Init) {
	p.track, p.sound, p.epoch = init.Track, init.Sound, init.Epoch
	p.kind.Store(int32(init.Track.Kind()))
}

// openSegment begins a segment, whose parts can be fetched from now on.
func (p *playlist) openSegment(s *Segment) {
	p.open = s
	p.addSegment(s)
}

// addPart lists a part of the open segment.
func (p *playlist) addPart(part Part, chunk []byte) {
	p.open.addPart(part, chunk)
	p.changed = true
}

// listSegment lists a closed segment, or a gap.
func (p *playlist) listSegment(s *Segment, target, rated time.Duration) {
	if !s.Gap {
		p.rates.addSegment(s.Size, s.KeyFrame.End, s.Duration, target, rated)
	}
	p.window.addSegment(s)
	p.changed = true
}

// openTime is how much of the open segment is listed in parts.
func (p *playlist) openTime() (listed time.Duration) {
	if p.open == nil {
		return 0
	}
	for _, part := range p.open.parts() {
		listed += part.Duration
	}
	return listed
}

// isPlayable reports whether the playlist lists anything but gaps from a number on.
func (p *playlist) isPlayable(from int64) bool {
	return slices.ContainsFunc(p.window.closed, func(s *Segment) bool { return s.MSN >= from && !s.Gap })
}

// dropIndexes forgets the parts of segments that had them listed so long ago that
// nobody may ask for one of them (§6.2.2).
func (p *playlist) dropIndexes(after time.Duration) {
	closed := p.window.closed
	i := len(closed)
	for i > 0 && p.window.timeAfter(closed[i-1]) <= after {
		i--
	}
	for i--; i >= 0 && closed[i].index.Swap(nil) != nil; i-- {
		continue // up to those dropped before
	}
}

// renditionReport tells other renditions' playlists where this one ends; it reports false before the first
// segment.
func (p *playlist) renditionReport() (hls.RenditionReport, bool) {
	if len(p.window.closed) == 0 {
		return hls.RenditionReport{}, false
	}
	last := p.window.lastSegment()
	report := hls.RenditionReport{URI: p.uri, LastMSN: last.MSN, LastPart: last.PartCount() - 1}
	if p.open != nil && p.open.PartCount() > 0 {
		report.LastMSN, report.LastPart = p.open.MSN, p.open.PartCount()-1
	}
	return report, true
}

// restoreHistory fills the window with what is known.
func (p *playlist) restoreHistory(h RenditionHistory, locate Locate, target, rated time.Duration) {
	for _, init := range h.Inits {
		p.restoreInit(init)
	}
	for _, e := range h.Entries {
		var stored Stored
		if !e.Gap {
			stored = locate(p.name, e)
		}
		p.appendEntry(e, stored, target, rated).restoreParts(h.Parts[e.MSN], p.partTarget)
	}
}

// restoreInit makes an initialization section known again.
func (p *playlist) restoreInit(init Init) {
	p.addInit(init, init.Epoch)
	p.setInit(init)
}

// appendEntry lists a segment that was closed elsewhere. stored is where its bytes are; nil for a
// gap.
func (p *playlist) appendEntry(e Entry, stored Stored, target, rated time.Duration) *Segment {
	s := &Segment{Entry: e}
	if stored != nil {
		s.MarkStored(stored)
	}
	p.listSegment(s, target, rated)
	p.addSegment(s)
	return s
}
