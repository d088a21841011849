package check

import (
	"strings"
	"time"
)

// tagSpec is what a tag of a media playlist needs, and how it is read.
type tagSpec struct {
	once        bool  // at most once in a playlist
	first       bool  // before the first segment
	segment     bool  // belongs to the segment that comes
	beforeParts bool  // before the segment's first part
	version     int64 // protocol version that it needs (§8); 0: any
	read        func(*parser, line)
}

var mediaTags map[string]tagSpec

func init() { // not a plain variable: its functions lead back to it
	mediaTags = map[string]tagSpec{
		"EXTM3U":                       {once: true, first: true, read: (*parser).nothing},
		"EXT-X-VERSION":                {once: true, read: (*parser).version},
		"EXT-X-INDEPENDENT-SEGMENTS":   {once: true, read: func(p *parser, _ line) { p.playlist.Independent = true }},
		"EXT-X-START":                  {once: true, read: func(p *parser, l line) { l.fields(&p.playlist.Faults).need("TIME-OFFSET") }},
		"EXT-X-DEFINE":                 {version: 8, read: func(p *parser, l line) { l.fields(&p.playlist.Faults) }},
		"EXT-X-TARGETDURATION":         {once: true, read: (*parser).targetDuration},
		"EXT-X-MEDIA-SEQUENCE":         {once: true, first: true, read: func(p *parser, l line) { p.playlist.MediaSequence = p.integer(l) }},
		"EXT-X-DISCONTINUITY-SEQUENCE": {once: true, first: true, read: func(p *parser, l line) { p.playlist.DiscontinuitySequence = p.integer(l) }},
		"EXT-X-ENDLIST":                {once: true, read: func(p *parser, _ line) { p.playlist.Ended = true }},
		"EXT-X-PLAYLIST-TYPE":          {once: true, read: func(p *parser, l line) { p.playlist.Type = l.value }},
		"EXT-X-I-FRAMES-ONLY":          {once: true, version: 4, read: func(p *parser, _ line) { p.playlist.IFramesOnly = true }},
		"EXT-X-PART-INF":               {once: true, read: (*parser).partInf},
		"EXT-X-SERVER-CONTROL":         {once: true, read: (*parser).serverControl},
		"EXTINF":                       {segment: true, read: (*parser).extinf},
		"EXT-X-BYTERANGE":              {segment: true, version: 4, read: (*parser).byteRange},
		"EXT-X-DISCONTINUITY":          {segment: true, beforeParts: true, read: (*parser).discontinuity},
		"EXT-X-KEY":                    {segment: true, beforeParts: true, read: (*parser).key},
		"EXT-X-MAP":                    {segment: true, beforeParts: true, version: 5, read: (*parser).mapTag},
		"EXT-X-PROGRAM-DATE-TIME":      {segment: true, beforeParts: true, read: (*parser).date},
		"EXT-X-GAP":                    {segment: true, read: func(p *parser, _ line) { p.current.Gap = true }},
		"EXT-X-BITRATE":                {read: func(p *parser, l line) { p.integer(l) }},
		"EXT-X-PART":                   {segment: true, read: (*parser).part},
		"EXT-X-DATERANGE":              {read: (*parser).dateRange},
		"EXT-X-SKIP":                   {once: true, version: 9, read: (*parser).skip},
		"EXT-X-PRELOAD-HINT":           {read: (*parser).preloadHint},
		"EXT-X-RENDITION-REPORT":       {read: (*parser).renditionReport},
	}
}

func (p *parser) nothing(line) {}

// integer reads a tag whose value is a decimal integer.
func (p *parser) integer(l line) int64 {
	n, ok := parseInteger(l.value)
	if !ok {
		p.fault(ruleAttributes, "line %d: %s is not a decimal integer", l.number, quote(l.value))
		return 0
	}
	return n
}

func (p *parser) version(l line) { p.playlist.Version = p.integer(l) }

func (p *parser) targetDuration(l line) {
	n := p.integer(l)
	if n < 1 || n > maxSeconds {
		p.fault(ruleTargetDuration, "line %d: the target duration is %d", l.number, n)
		return
	}
	p.playlist.TargetDuration = time.Duration(n) * time.Second
}

func (p *parser) partInf(l line) {
	a := l.fields(&p.playlist.Faults)
	p.playlist.PartTarget = a.seconds("PART-TARGET", 0)
	if p.playlist.PartTarget <= 0 {
		p.fault(rulePartInf, "line %d: PART-TARGET is missing or 0", l.number)
	}
}

func (p *parser) serverControl(l line) {
	a := l.fields(&p.playlist.Faults)
	p.playlist.Control = serverControl{
		Given: true, CanBlockReload: a.yes("CAN-BLOCK-RELOAD"),
		CanSkipUntil: a.seconds("CAN-SKIP-UNTIL", 0), CanSkipDateRanges: a.yes("CAN-SKIP-DATERANGES"),
		HoldBack: a.seconds("HOLD-BACK", 0), PartHoldBack: a.seconds("PART-HOLD-BACK", 0),
	}
}

func (p *parser) extinf(l line) {
	text, _, _ := strings.Cut(l.value, ",")
	d, ok := parseSeconds(text)
	if !ok || text == "" {
		p.fault(ruleAttributes, "line %d: EXTINF is not a duration: %s", l.number, quote(l.value))
	}
	p.current.Duration, p.current.HasDuration = d, true
}

func (p *parser) byteRange(l line) {
	r, ok := parseByteRange(l.value, -1)
	if !ok {
		p.fault(ruleAttributes, "line %d: %s is not a byte range", l.number, quote(l.value))
		return
	}
	p.current.Range = r
}

func (p *parser) discontinuity(line) {
	p.dsn++
	p.current.Discontinuity, p.current.DSN = true, p.dsn
}

func (p *parser) key(l line) {
	a := l.fields(&p.playlist.Faults)
	a.need("METHOD")
	p.crypt = a.word("METHOD") != "NONE"
	p.current.Encrypted = p.crypt
}

func (p *parser) mapTag(l line) {
	a := l.fields(&p.playlist.Faults)
	a.need("URI")
	p.initMap = initMap{URI: a.text("URI"), Range: p.rangeOf(a, wholeResource, 0)}
	p.current.Map = p.initMap
}

// rangeOf reads a BYTERANGE attribute.
func (p *parser) rangeOf(a fields, missing byteRange, next int64) byteRange {
	if !a.has("BYTERANGE") {
		return missing
	}
	r, ok := parseByteRange(a.text("BYTERANGE"), next)
	if !ok {
		p.fault(ruleAttributes, "line %d: BYTERANGE is not a byte range", a.line.number)
		return missing
	}
	return r
}

func (p *parser) date(l line) {
	t, ok := parseDate(l.value)
	if !ok {
		p.fault(ruleAttributes, "line %d: %s is not a date", l.number, quote(l.value))
	}
	p.current.Date = t
}
