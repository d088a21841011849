package packager

// restoreHistory lists what is known of the stream, and publishes it.
func (p *playlists) restoreHistory(h History, locate Locate) {
	p.params = h.StreamParams
	p.published.setTargets(p.target(), p.shortestTarget())
	for _, old := range h.Renditions {
		l := p.openList(old.Name)
		l.restoreHistory(old, locate, p.shortestTarget(), p.ratedTime())
		p.noteKinds(l)
	}
	for _, d := range h.DateRanges {
		p.dates.putRange(d, d.Start)
	}
	p.trimWindows(p.lists[0])
	p.trimTimedObjects(p.lists[0])
	p.publishAll()
	close(p.published.ready)
}

// noteKinds tells readers what kinds of renditions there are, when one is added.
func (p *playlists) noteKinds(added *playlist) {
	if added.IsVideo() {
		p.muxed = added.sound.Codec != 0
	}
	audioOnly := true
	for _, l := range p.lists {
		audioOnly = audioOnly && !l.IsVideo()
	}
	p.published.audioOnly.Store(audioOnly)
}

// setParams sets the parameters of a stream that is appended to. It has no generations.
func (p *playlists) setParams(params StreamParams) {
	params.Generations = nil
	p.params = params
	p.published.setTargets(p.target(), p.target())
}

// appendInit makes an initialization section known for segments that are appended.
func (p *playlists) appendInit(rendition string, init Init) {
	l := p.openList(rendition)
	l.restoreInit(init)
	p.noteKinds(l)
	p.published.multivariant.Store(nil)
}

// maxHole is how many numbers may be missing: hours of segments.
const maxHole = 10_000

// appendEntry lists a segment that was closed elsewhere, and moves the window. stored is where its
// bytes are; nil for a gap.
func (p *playlists) appendEntry(rendition string, e Entry, stored Stored) {
	l := p.findList(rendition)
	if l == nil {
		return
	}
	add := func(e Entry, stored Stored) { l.appendEntry(e, stored, p.shortestTarget(), p.ratedTime()) }
	w := &l.window
	if len(w.closed) > 0 && e.MSN-w.lastSegment().MSN > maxHole {
		w.clearListed() // nobody follows over such a hole
	}
	if len(w.closed) > 0 {
		if e.MSN <= w.lastSegment().MSN {
			return
		}
		for last := w.lastSegment().Entry; last.MSN+1 < e.MSN; last = w.lastSegment().Entry {
			add(last.lostSegment(p.cfg.SegmentDuration), nil)
		}
	}
	add(e, stored)
	p.published.multivariant.Store(nil)
	longest := l
	for _, other := range p.lists {
		if len(other.window.closed) > len(longest.window.closed) {
			longest = other
		}
	}
	p.trimWindows(longest)
	p.trimTimedObjects(longest)
}
