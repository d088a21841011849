package check

import "context"

// iframesRead are the newest I-frames of a playlist that are fetched.
const iframesRead = 3

// checkIFramePlaylist fetches an I-frame playlist once, and some of its frames.
func (w *watcher) checkIFramePlaylist(ctx context.Context, r *rendition) {
	p, _ := w.load(ctx, r, kindPlaylist, nil)
	if p == nil {
		return
	}
	checkIFramesOnly(w.ledger, r.name, p)
	c := newCollector(w, r)
	segments := p.complete()
	for i := max(0, len(segments)-iframesRead); i < len(segments); i++ {
		s := &segments[i]
		where := at(r.name, s.MSN)
		if s.Gap || s.Encrypted {
			continue
		}
		body := c.get(ctx, where, kindSegment, s.URI, s.Range)
		if body == nil || !looksFragmented(body) {
			if body != nil && isFragmentedMP4(s.URI) {
				w.ledger.check(ruleIFrames, where, false, "the range does not begin at a box of a fragment")
			}
			continue
		}
		if init := c.init(ctx, where, s, body); init != nil {
			checkIFrame(w.ledger, where, init, body)
		}
	}
}

func checkIFramesOnly(l *ledger, name string, p *mediaPlaylist) {
	checkFaults(l, in(name), p.Faults, syntaxRules)
	l.check(ruleIFramesOnly, in(name), p.IFramesOnly, "no EXT-X-I-FRAMES-ONLY")
}

// checkIFrame checks an I-frame segment. Its mdat may be cut short behind the frame
// (§4.4.3.6), so that only moof and the beginning of mdat must be there.
func checkIFrame(l *ledger, where Position, init *initSection, body []byte) {
	boxes, err := readBoxes(body)
	moof := find(boxes, "moof")
	if !l.check(ruleIFrames, where, moof != nil, "no moof: %v", err) {
		return
	}
	f, err := parseMoof(moof.body, init)
	if !l.check(ruleIFrames, where, err == nil, "%v", err) {
		return
	}
	l.check(ruleIFrames, where, leading(init, f).FirstSync, "the first sample is no sync sample")
	l.check(ruleIFrames, where, len(body) > moof.start+moof.size+8, "no frame behind moof")
}
