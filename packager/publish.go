package packager

import (
	"time"

	"github.com/globalfandom/lightstick/packager/hls"
)

// publishChanged publishes every rendition that has changed. Those that changed together
// are published together, so that their reports of each other agree.
func (p *playlists) publishChanged() {
	for _, l := range p.lists {
		if l.changed {
			p.publishList(l)
		}
	}
}

// publishAll publishes every rendition.
func (p *playlists) publishAll() {
	for _, l := range p.lists {
		p.publishList(l)
	}
}

// publishList makes the snapshot that shows a playlist as it is now, and wakes
// those who wait for it. The playlist's text is made when somebody asks for it.
func (p *playlists) publishList(l *playlist) {
	p.counters.Parts++
	l.changed = false
	w := &l.window
	nothing := len(w.closed) == 0 && l.open == nil
	if nothing && !p.ended && !p.halted {
		return
	}
	snap := &Snapshot{
		at: address{p.cfg.Base, l.name}, closed: w.closed[:len(w.closed):len(w.closed)], dependent: w.dependent,
		open: l.open, Ended: p.ended, halted: p.halted, made: time.Now(), next: make(chan struct{}),
	}
	if l.open != nil {
		snap.openParts = l.open.parts()
		snap.OpenParts = len(snap.openParts)
	}
	if len(w.closed) > 0 {
		snap.LastMSN = w.lastSegment().MSN
		if !p.ended {
			snap.listed = snap.countWithParts(p.target())
		}
		w.makeBlocks(snap.listed)
		snap.dates = p.dates.listAt(w.lastSegment().ProgramDateTime, p.skipBoundary())
	} else if nothing {
		snap.LastMSN = l.Snapshot().LastMSN
	} else {
		snap.LastMSN = l.open.MSN - 1
	}
	snap.blocks = w.blocks[:len(w.blocks):len(w.blocks)]
	if old := l.Snapshot(); old.LastMSN == snap.LastMSN && old.OpenParts == snap.OpenParts && !old.made.IsZero() {
		snap.made = old.made // metadata are no sign of life
	}
	snap.header = p.header(l.partTarget)
	snap.prepareDocuments()
	if !p.cfg.Static {
		snap.reports = p.reportsBeside(l)
		snap.addGenerations(p.params.Generations)
	}
	old := l.snap.Swap(snap)
	close(old.next)
}

// reportsBeside are those of the renditions beside one.
func (p *playlists) reportsBeside(beside *playlist) []hls.RenditionReport {
	reports := make([]hls.RenditionReport, 0, len(p.lists))
	for _, l := range p.lists {
		if l == beside {
			continue
		}
		if report, ok := l.renditionReport(); ok {
			reports = append(reports, report)
		}
	}
	return reports
}
