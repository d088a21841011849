package hls

import (
	"bytes"
	"fmt"
	"time"
)

// position names a part: media sequence number of its segment, and index in it. A
// whole segment has the index of its first part.
type position struct{ msn, part int64 }

func (p position) before(q position) bool {
	return p.msn < q.msn || (p.msn == q.msn && p.part < q.part)
}

// follows reports whether p is q or, q's segment having ended, what comes instead.
func (p position) follows(q position) bool {
	return p == q || p == position{msn: q.msn + 1}
}

// item is something to fetch: a part, or in plain mode a segment. Its URI points
// into the playlist's text.
type item struct {
	position       position
	uri            []byte
	offset, length int64 // byte range; both 0: all of it
	duration       time.Duration
	end            time.Time // by EXT-X-PROGRAM-DATE-TIME; zero: unknown
	independent    bool
	gap            bool // not to be fetched
}

// playlist is what a player needs of a media playlist. It is scanned into again
// and again, and allocates only while items grows.
type playlist struct {
	items        []item   // at or after the position that was asked for, in order
	end          position // of what comes next
	hint         item     // the part to come; its uri is nil if there is no hint
	initURI      []byte   // the last EXT-X-MAP
	target       time.Duration
	partTarget   time.Duration
	holdBack     time.Duration
	partHoldBack time.Duration
	canBlock     bool
	ended        bool

	// Of the segment that the scan is in.
	date                 []byte        // the last EXT-X-PROGRAM-DATE-TIME
	dated                time.Time     // parsed, if it was needed
	clock                time.Duration // since date
	begin                time.Duration // clock at the segment's start
	extinf               time.Duration
	gap                  bool
	offset, length, next int64 // EXT-X-BYTERANGE; where the last range ended
}

const (
	// maxItems bounds what one playlist may ask of a viewer.
	maxItems = 1000
	// maxNumber bounds the integers in playlists: no overflow, however absurd.
	maxNumber = 1 << 52
	// maxSeconds bounds durations.
	maxSeconds = 1e6
)

// scan reads a media playlist. It takes whatever it can and ignores the rest: only
// a text that isn't a playlist, or numbers beyond reason, are errors.
func (p *playlist) scan(body []byte, parts bool, from position) error {
	*p = playlist{items: p.items[:0]}
	if !bytes.HasPrefix(body, []byte("#EXTM3U")) {
		return fmt.Errorf("%w: no #EXTM3U", errPlaylist)
	}
	for len(body) > 0 {
		var line []byte
		if before, after, ok := bytes.Cut(body, []byte{'\n'}); ok {
			line, body = before, after
		} else {
			line, body = body, nil
		}
		if n := len(line); n > 0 && line[n-1] == '\r' {
			line = line[:n-1]
		}
		switch {
		case len(line) == 0:
		case line[0] != '#':
			p.segment(line, parts, from)
		case len(line) > 4 && line[3] == 'T': // #EXT…
			p.tag(line, parts, from)
		}
		if p.end.msn > maxNumber || len(p.items) > maxItems {
			return errTooMuch
		}
	}
	return nil
}

func (p *playlist) tag(line []byte, parts bool, from position) {
	name, value := line, []byte(nil)
	if before, after, ok := bytes.Cut(line, []byte{':'}); ok {
		name, value = before, after
	}
	switch string(name) {
	case "#EXTINF":
		p.extinf = seconds(value)
	case "#EXT-X-PART":
		if parts && p.end.msn >= from.msn { // of older segments EXTINF says enough
			p.part(value, from)
		}
	case "#EXT-X-PROGRAM-DATE-TIME":
		p.date, p.dated, p.clock, p.begin = value, time.Time{}, 0, 0
	case "#EXT-X-PRELOAD-HINT":
		if parts && string(attribute(value, "TYPE")) == "PART" {
			p.hint = item{uri: attribute(value, "URI"), offset: number(attribute(value, "BYTERANGE-START"))}
		}
	case "#EXT-X-GAP":
		p.gap = true
	case "#EXT-X-BYTERANGE":
		p.offset, p.length = byteRange(value, p.next)
	case "#EXT-X-MAP":
		p.initURI = attribute(value, "URI")
	case "#EXT-X-MEDIA-SEQUENCE":
		p.end.msn = number(value)
	case "#EXT-X-TARGETDURATION":
		p.target = seconds(value)
	case "#EXT-X-PART-INF":
		p.partTarget = seconds(attribute(value, "PART-TARGET"))
	case "#EXT-X-SERVER-CONTROL":
		p.canBlock = string(attribute(value, "CAN-BLOCK-RELOAD")) == "YES"
		p.holdBack = seconds(attribute(value, "HOLD-BACK"))
		p.partHoldBack = seconds(attribute(value, "PART-HOLD-BACK"))
	case "#EXT-X-ENDLIST":
		p.ended = true
	}
}

// part takes an EXT-X-PART of the segment that the scan is in.
func (p *playlist) part(attributes []byte, from position) {
	duration := seconds(attribute(attributes, "DURATION"))
	p.clock += duration
	it := item{position: p.end, uri: attribute(attributes, "URI"), duration: duration}
	p.end.part++
	if r := attribute(attributes, "BYTERANGE"); r != nil {
		it.offset, it.length = byteRange(r, p.next)
		p.next = it.offset + it.length
	}
	if it.position.before(from) || it.uri == nil {
		return
	}
	it.independent = string(attribute(attributes, "INDEPENDENT")) == "YES"
	it.gap = p.gap || string(attribute(attributes, "GAP")) == "YES"
	it.end = p.now()
	p.items = append(p.items, it)
}

// segment takes the URI line that ends a segment.
func (p *playlist) segment(uri []byte, parts bool, from position) {
	p.clock = p.begin + p.extinf
	p.begin = p.clock
	it := item{
		position: position{msn: p.end.msn}, uri: uri, offset: p.offset, length: p.length,
		duration: p.extinf, independent: true, gap: p.gap,
	}
	if !parts && !it.position.before(from) {
		it.end = p.now()
		p.items = append(p.items, it)
	}
	p.end = position{msn: p.end.msn + 1}
	p.next = p.offset + p.length
	p.extinf, p.gap, p.offset, p.length = 0, false, 0, 0
}

// now is the date at the clock; zero if the playlist gives none.
func (p *playlist) now() time.Time {
	if p.dated.IsZero() && p.date != nil {
		// RFC 3339 without allocating; ISO 8601's "+0000", which some write, costs one.
		if err := p.dated.UnmarshalText(p.date); err != nil {
			if p.dated, err = time.Parse("2006-01-02T15:04:05.999999999Z0700", string(p.date)); err != nil {
				p.date, p.dated = nil, time.Time{}
			}
		}
	}
	if p.dated.IsZero() {
		return p.dated
	}
	return p.dated.Add(p.clock)
}
