package origin

import (
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/globalfandom/lightstick/packager"
)

// directives are what a playlist request asks for by its query. All other
// parameters, CMCD and tokens among them, mean nothing here.
type directives struct {
	position packager.Position
	blocking bool // there is a position to wait for
	skip     packager.Skip
	span     packager.Span
}

// parseDirectives reads _HLS_msn, _HLS_part and _HLS_skip (RFC 8216bis §6.2.5), and
// start and end.
func parseDirectives(query string) (directives, error) {
	var msn, part, skip, start, end string
	for query != "" {
		var pair string
		pair, query, _ = strings.Cut(query, "&")
		name, value, _ := strings.Cut(pair, "=")
		for _, known := range []struct {
			name  string
			value *string
		}{{"_HLS_msn", &msn}, {"_HLS_part", &part}, {"_HLS_skip", &skip}, {"start", &start}, {"end", &end}} {
			if name == known.name && *known.value == "" {
				*known.value = value
			}
		}
	}
	var d directives
	switch skip { // anything else is for servers that know more
	case "YES":
		d.skip = packager.SkipSegments
	case "v2":
		d.skip = packager.SkipDateRanges
	}
	var err error
	if d.span, err = parseSpan(start, end); err != nil {
		return d, err
	}
	d.position, d.blocking, err = parsePosition(msn, part)
	return d, err
}

func parsePosition(msn, part string) (p packager.Position, blocking bool, err error) {
	if msn == "" {
		if part != "" {
			return p, false, badPosition("_HLS_part needs _HLS_msn")
		}
		return p, false, nil
	}
	p.Part = packager.WholeSegment
	if p.MSN, err = strconv.ParseInt(msn, 10, 64); err != nil || p.MSN < 0 {
		return p, false, badPosition("_HLS_msn=%.40q is not a media sequence number", msn)
	}
	if part != "" {
		if p.Part, err = strconv.Atoi(part); err != nil || p.Part < 0 {
			return p, false, badPosition("_HLS_part=%.40q is not a part number", part)
		}
	}
	return p, true, nil
}

func parseSpan(start, end string) (span packager.Span, err error) {
	if span.Start, err = parseTime("start", start); err != nil {
		return span, err
	}
	if span.End, err = parseTime("end", end); err != nil {
		return span, err
	}
	if !span.End.IsZero() && !span.Start.Before(span.End) {
		return span, badQuery("end is not after start")
	}
	return span, nil
}

// parseTime reads an instant as ISO 8601 has it, or as seconds since 1970.
func parseTime(name, text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	plain, err := url.QueryUnescape(strings.ReplaceAll(text, "+", "%2B"))
	if err == nil && len(plain) <= 40 {
		if t, err := time.Parse(time.RFC3339, plain); err == nil {
			return t, nil
		}
		if seconds, err := strconv.ParseInt(plain, 10, 64); err == nil && seconds >= 0 && seconds < 1<<33 {
			return time.Unix(seconds, 0), nil
		}
	}
	return time.Time{}, badQuery("%s=%.40q is not a time; use 2026-01-31T20:15:00Z or seconds since 1970", name, text)
}
