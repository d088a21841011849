package check

import "math"

// parser reads one media playlist, tag by tag.
type parser struct {
	playlist *mediaPlaylist
	seen     map[string]int
	current  segment // the segment whose URI has not come yet
	touched  bool    // current has got tags of its own
	begun    bool    // a segment's tag has been seen
	dsn      int64
	initMap  initMap
	crypt    bool
	nextByte map[string]int64 // where the next sub-range of a resource begins
}

// parseMediaPlaylist reads a media playlist as far as it can; what is wrong with
// it is in its Faults.
func parseMediaPlaylist(text []byte) *mediaPlaylist {
	lines, f := readLines(text)
	p := &parser{
		playlist: &mediaPlaylist{Faults: f, Version: 1},
		seen:     make(map[string]int),
		nextByte: make(map[string]int64),
	}
	for _, l := range lines {
		p.line(l)
	}
	p.finish()
	return p.playlist
}

func (p *parser) fault(rule ruleID, format string, args ...any) {
	p.playlist.Faults.add(rule, format, args...)
}

func (p *parser) line(l line) {
	if l.tag == "" {
		p.uri(l)
		return
	}
	spec, known := mediaTags[l.tag]
	if !known {
		rule, what := ruleKnownTags, "unknown tag"
		if multivariantTags[l.tag] {
			rule, what = ruleTagPlace, "tag of a multivariant playlist"
		}
		p.fault(rule, "line %d: %s %s", l.number, what, quote(l.tag))
		return
	}
	p.seen[l.tag]++
	if spec.once && p.seen[l.tag] > 1 {
		rule := ruleTagOnce
		if l.tag == "EXT-X-VERSION" {
			rule = ruleVersion
		}
		p.fault(rule, "line %d: %s again", l.number, l.tag)
		return
	}
	if spec.first && p.begun {
		p.fault(ruleTagPlace, "line %d: %s after a segment", l.number, l.tag)
	}
	if spec.segment {
		p.begin()
	}
	if spec.beforeParts && len(p.current.Parts) > 0 {
		p.fault(rulePartPlace, "line %d: %s after a part of its segment", l.number, l.tag)
	}
	spec.read(p, l)
}

// begin starts a segment, if none has been started.
func (p *parser) begin() {
	p.begun = true
	if p.touched {
		return
	}
	p.touched = true
	p.current = segment{Range: wholeResource, Map: p.initMap, Encrypted: p.crypt, DSN: p.dsn}
}

func (p *parser) uri(l line) {
	p.begin()
	if !p.current.HasDuration {
		p.fault(ruleExtinf, "line %d: %s has no EXTINF", l.number, quote(l.value))
	}
	p.current.URI = l.value
	if r := &p.current.Range; r.Length >= 0 {
		if r.Start < 0 { // no offset: where the last one of this resource ended
			start, ok := p.nextByte[l.value]
			if !ok {
				p.fault(ruleAttributes, "line %d: a byte range without offset, and none before", l.number)
			}
			r.Start = start
		}
		p.nextByte[l.value] = r.Start + r.Length
	}
	p.playlist.Segments = append(p.playlist.Segments, p.current)
	p.touched = false
	p.current = segment{}
}

// finish closes the playlist: an open segment is kept, numbers are given.
func (p *parser) finish() {
	m := p.playlist
	if p.touched && (len(p.current.Parts) > 0 || !p.current.Date.IsZero()) {
		p.current.Open = true
		m.Segments = append(m.Segments, p.current)
	}
	if p.seen["EXT-X-TARGETDURATION"] == 0 {
		p.fault(ruleTargetDuration, "there is no EXT-X-TARGETDURATION")
	}
	first := m.MediaSequence
	if skipped := m.skipped(); skipped <= math.MaxInt64/4 && first <= math.MaxInt64/4 {
		first += skipped
	}
	for i := range m.Segments {
		m.Segments[i].MSN = first + int64(i)
		m.Segments[i].DSN += m.DiscontinuitySequence
	}
	p.checkVersion()
}

// checkVersion compares EXT-X-VERSION with what the tags need (§8).
func (p *parser) checkVersion() {
	need, why := int64(1), ""
	for tag := range p.seen {
		if v := mediaTags[tag].version; v > need {
			need, why = v, tag
		}
	}
	if p.seen["EXT-X-MAP"] > 0 && !p.playlist.IFramesOnly && need < 6 {
		need, why = 6, "EXT-X-MAP"
	}
	if s := p.playlist.Skip; s != nil && s.RemovedGiven && need < 10 {
		need, why = 10, "RECENTLY-REMOVED-DATERANGES"
	}
	if p.playlist.Version < need {
		p.fault(ruleVersionEnough, "version %d, but %s needs %d", p.playlist.Version, why, need)
	}
}
