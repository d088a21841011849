package check

import "time"

// metadataKept is how many tags of one kind are kept of those that are compared with
// each other; more than any stream has, and few enough to compare.
const metadataKept = 1000

func atMost[T any](list []T, v T) []T {
	if len(list) >= metadataKept {
		return list
	}
	return append(list, v)
}

// part reads EXT-X-PART (§4.4.4.9).
func (p *parser) part(l line) {
	a := l.fields(&p.playlist.Faults)
	a.need("URI", "DURATION")
	next := int64(0)
	if n := len(p.current.Parts); n > 0 && p.current.Parts[n-1].Range.Length >= 0 {
		last := p.current.Parts[n-1].Range
		next = last.Start + last.Length
	}
	p.current.Parts = append(p.current.Parts, part{
		URI: a.text("URI"), Range: p.rangeOf(a, wholeResource, next),
		Duration: a.seconds("DURATION", 0), Independent: a.yes("INDEPENDENT"), Gap: a.yes("GAP"),
	})
}

// preloadHint reads EXT-X-PRELOAD-HINT (§4.4.5.3).
func (p *parser) preloadHint(l line) {
	a := l.fields(&p.playlist.Faults)
	a.need("TYPE", "URI")
	p.playlist.Hints = atMost(p.playlist.Hints, preloadHint{
		Type: a.word("TYPE"), URI: a.text("URI"), Start: a.integer("BYTERANGE-START", 0),
		Whole: !a.has("BYTERANGE-START") && !a.has("BYTERANGE-LENGTH"),
	})
}

// renditionReport reads EXT-X-RENDITION-REPORT (§4.4.5.4).
func (p *parser) renditionReport(l line) {
	a := l.fields(&p.playlist.Faults)
	a.need("URI")
	p.playlist.Reports = atMost(p.playlist.Reports, renditionReport{
		URI: a.text("URI"), LastMSN: a.integer("LAST-MSN", -1), LastPart: a.integer("LAST-PART", -1),
	})
}

// skip reads EXT-X-SKIP (§4.4.5.2).
func (p *parser) skip(l line) {
	a := l.fields(&p.playlist.Faults)
	a.need("SKIPPED-SEGMENTS")
	p.playlist.Skip = &skip{Segments: a.integer("SKIPPED-SEGMENTS", 0), RemovedGiven: a.has("RECENTLY-REMOVED-DATERANGES")}
}

// dateRange reads EXT-X-DATERANGE (§4.4.5.1).
func (p *parser) dateRange(l line) {
	a := l.fields(&p.playlist.Faults)
	r := dateRange{ID: a.text("ID"), Attributes: a.attributes}
	if a.has("START-DATE") {
		r.Start = p.dateOf(a, "START-DATE")
	}
	switch {
	case a.has("END-DATE"):
		r.End = p.dateOf(a, "END-DATE")
	case a.has("DURATION") && !r.Start.IsZero():
		r.End = r.Start.Add(a.seconds("DURATION", 0))
	}
	p.playlist.DateRanges = atMost(p.playlist.DateRanges, r)
}

func (p *parser) dateOf(a fields, name string) time.Time {
	t, ok := parseDate(a.text(name))
	if !ok {
		p.fault(ruleDateRange, "line %d: %s is not a date", a.line.number, name)
	}
	return t
}
