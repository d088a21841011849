package hls

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/globalfandom/lightstick/ingest"
)

// Bounds of a playlist.
const (
	maxPlaylist   = 4 << 20 // bytes
	maxSegments   = 20_000
	maxVariants   = 256
	maxTarget     = time.Hour
	maxAttributes = 64 // of a tag
)

// ErrPlaylist reports a playlist that can't be read or used.
var ErrPlaylist = fmt.Errorf("%w: HLS playlist", ingest.ErrMalformed)

// playlist is one of the two kinds.
type playlist struct {
	variants []variant // not empty: a multivariant playlist
	audio    []rendition

	target   time.Duration
	sequence int64 // media sequence number of the first segment
	segments []segment
	ended    bool // no segments will be added
}

// variant is an EXT-X-STREAM-INF (§4.3.4.2).
type variant struct {
	uri       string
	bandwidth int64
	codecs    string
	audio     string // group; "": none
}

// rendition is an EXT-X-MEDIA of sound (§4.3.4.1).
type rendition struct {
	group, uri string
	preferred  bool // DEFAULT=YES
}

// segment is a media segment.
type segment struct {
	uri           string
	bytes         byteRange
	duration      time.Duration
	sequence      int64
	discontinuity int64     // discontinuity sequence number
	time          time.Time // EXT-X-PROGRAM-DATE-TIME; zero: unknown
	init          initSection
	gap           bool
	encrypted     bool
}

// initSection is an EXT-X-MAP; its zero value is none.
type initSection struct {
	uri   string
	bytes byteRange
}

// byteRange is a part of a resource; of size 0 it is the whole.
type byteRange struct{ first, size int64 }

// parse reads a playlist.
func parse(text []byte) (*playlist, error) {
	if !strings.HasPrefix(strings.TrimPrefix(string(text[:min(len(text), 16)]), "\ufeff"), "#EXTM3U") {
		return nil, fmt.Errorf("%w: it does not begin with #EXTM3U; check the address", ErrPlaylist)
	}
	r := reader{list: &playlist{}}
	for line := range strings.Lines(string(text)) {
		if err := r.line(strings.TrimSpace(line)); err != nil {
			return nil, err
		}
	}
	if len(r.list.variants) == 0 && r.list.target == 0 {
		return nil, fmt.Errorf("%w: it has neither variants nor a target duration", ErrPlaylist)
	}
	return r.list, nil
}

// reader reads the lines of a playlist.
type reader struct {
	list          *playlist
	next          segment  // what is known of the next one
	variant       *variant // whose URI comes next
	rangeEnd      map[string]int64
	discontinuity int64
	first         int64 // discontinuity sequence number of the first segment
}

func (r *reader) line(line string) error {
	switch {
	case line == "" || strings.HasPrefix(line, "#") && !strings.HasPrefix(line, "#EXT"):
		return nil
	case !strings.HasPrefix(line, "#"):
		return r.uri(line)
	}
	tag, value, _ := strings.Cut(line, ":")
	return r.tag(tag, value)
}

// uri takes the URI of a variant, or of a segment.
func (r *reader) uri(uri string) error {
	l := r.list
	if r.variant != nil {
		if r.variant.uri = uri; len(l.variants) < maxVariants {
			l.variants = append(l.variants, *r.variant)
		}
		r.variant = nil
		return nil
	}
	if len(l.segments) >= maxSegments {
		return fmt.Errorf("%w: more than %d segments", ErrPlaylist, maxSegments)
	}
	s := r.next
	s.uri, s.sequence, s.discontinuity = uri, l.sequence+int64(len(l.segments)), r.first+r.discontinuity
	if s.bytes.size > 0 {
		s.bytes = r.place(uri, s.bytes)
	}
	if s.time.IsZero() && len(l.segments) > 0 {
		if before := l.segments[len(l.segments)-1]; !before.time.IsZero() && before.discontinuity == s.discontinuity {
			s.time = before.time.Add(before.duration)
		}
	}
	l.segments = append(l.segments, s)
	r.next = segment{init: s.init, encrypted: s.encrypted}
	return nil
}

// place finds where a byte range begins: without an offset behind the one before (§4.3.2.2).
func (r *reader) place(uri string, b byteRange) byteRange {
	if b.first < 0 {
		b.first = r.rangeEnd[uri]
	}
	if r.rangeEnd == nil {
		r.rangeEnd = make(map[string]int64)
	}
	r.rangeEnd[uri] = b.first + b.size
	return b
}

func (r *reader) tag(tag, value string) (err error) {
	l := r.list
	switch tag {
	case "#EXT-X-TARGETDURATION":
		l.target, err = seconds(value)
		if l.target != 0 { // §4.4.3.1: whole seconds; less would mean requests without a pause
			l.target = max(l.target, time.Second)
		}
	case "#EXT-X-MEDIA-SEQUENCE":
		l.sequence, err = number(value)
	case "#EXT-X-DISCONTINUITY-SEQUENCE":
		r.first, err = number(value)
	case "#EXT-X-ENDLIST":
		l.ended = true
	case "#EXTINF":
		length, _, _ := strings.Cut(value, ",")
		r.next.duration, err = seconds(length)
	case "#EXT-X-BYTERANGE":
		r.next.bytes, err = parseRange(value)
	case "#EXT-X-DISCONTINUITY":
		r.discontinuity++
	case "#EXT-X-GAP":
		r.next.gap = true
	case "#EXT-X-PROGRAM-DATE-TIME":
		r.next.time, _ = parseTime(value) // it only helps to begin level
	case "#EXT-X-KEY":
		r.next.encrypted = attributes(value)["METHOD"] != "NONE"
	case "#EXT-X-MAP":
		r.next.init, err = r.parseMap(attributes(value))
	case "#EXT-X-STREAM-INF":
		r.variant, err = parseVariant(attributes(value))
	case "#EXT-X-MEDIA":
		if a := attributes(value); a["TYPE"] == "AUDIO" && len(l.audio) < maxVariants {
			l.audio = append(l.audio, rendition{group: a["GROUP-ID"], uri: a["URI"], preferred: a["DEFAULT"] == "YES"})
		}
	case "#EXT-X-SKIP":
		err = errors.New("a delta update that was not asked for")
	}
	if err != nil {
		return fmt.Errorf("%w: %s: %w", ErrPlaylist, tag, err)
	}
	return nil
}

func (r *reader) parseMap(a map[string]string) (m initSection, err error) {
	if m.uri = a["URI"]; m.uri == "" {
		return m, errors.New("without a URI")
	}
	if text := a["BYTERANGE"]; text != "" {
		if m.bytes, err = parseRange(text); err == nil {
			m.bytes.first = max(m.bytes.first, 0)
		}
	}
	return m, err
}

func parseVariant(a map[string]string) (*variant, error) {
	bandwidth, err := number(a["BANDWIDTH"])
	return &variant{bandwidth: bandwidth, codecs: a["CODECS"], audio: a["AUDIO"]}, err
}

// attributes reads an attribute list (§4.2). What can't be read ends it.
func attributes(text string) map[string]string {
	list := make(map[string]string)
	for text != "" && len(list) < maxAttributes {
		name, rest, ok := strings.Cut(text, "=")
		if !ok {
			break
		}
		var value string
		if quoted, isQuoted := strings.CutPrefix(rest, `"`); isQuoted {
			value, rest, _ = strings.Cut(quoted, `"`)
			_, rest, _ = strings.Cut(rest, ",")
		} else {
			value, rest, _ = strings.Cut(rest, ",")
		}
		list[strings.TrimSpace(name)], text = value, rest
	}
	return list
}

// parseRange reads LENGTH[@OFFSET]; without an offset it begins at -1.
func parseRange(text string) (byteRange, error) {
	length, offset, placed := strings.Cut(text, "@")
	size, err := number(length)
	if err != nil || size == 0 {
		return byteRange{}, errors.New("a byte range without a length")
	}
	if !placed {
		return byteRange{-1, size}, nil
	}
	first, err := number(offset)
	return byteRange{first, size}, err
}

// number reads a decimal integer of which twice as much is one too.
func number(text string) (int64, error) {
	n, err := strconv.ParseInt(strings.TrimSpace(text), 10, 64)
	if err != nil || n < 0 || n > math.MaxInt64/4 {
		return 0, errors.New("not a number")
	}
	return n, nil
}

// seconds reads a duration in decimal seconds.
func seconds(text string) (time.Duration, error) {
	f, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
	if err != nil || !(f >= 0 && f <= maxTarget.Seconds()) {
		return 0, errors.New("not a duration")
	}
	return time.Duration(f * float64(time.Second)), nil
}

// parseTime reads a date of ISO 8601, as servers write it.
func parseTime(text string) (t time.Time, err error) {
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999-0700", "2006-01-02T15:04:05.999999999"} {
		if t, err = time.Parse(layout, text); err == nil {
			return t, nil
		}
	}
	return time.Time{}, err
}
