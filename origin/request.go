package origin

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/globalfandom/lightstick/media"
	"github.com/globalfandom/lightstick/packager"
)

// Prefix is the path that everything a server answers for begins with.
const Prefix = "/live/"

// Limits of a request, in bytes. Players' and CDNs' requests have a tenth of it.
const (
	maxURI    = 8 << 10
	maxHeader = 16 << 10
)

// requestPath is a path under Prefix, taken apart. Media have a publication and a
// rendition, as have the objects of timed objects; playlists and status have neither.
type requestPath struct {
	stream                 media.StreamID
	publication, rendition string
	timedObjects           string // whose directory it is, of the stream or of a recording; ""
	file                   string
}

// ofStream reports whether the file lies in the stream's own directory.
func (p requestPath) ofStream() bool { return p.publication == "" && p.timedObjects == "" }

func parsePath(p string) (requestPath, bool) {
	p, ok := strings.CutPrefix(p, Prefix)
	if !ok {
		return requestPath{}, false
	}
	stream, rest, ok := strings.Cut(p, "/")
	if !ok || stream == "" {
		return requestPath{}, false
	}
	first, rest, deeper := strings.Cut(rest, "/")
	if !deeper {
		return requestPath{stream: media.StreamID(stream), file: first}, first != ""
	}
	second, third, ok := strings.Cut(rest, "/")
	if !ok {
		return requestPath{stream: media.StreamID(stream)}.timedObjectPath(first, second)
	}
	parsed := requestPath{stream: media.StreamID(stream), publication: first, rendition: second, file: third}
	if third, fourth, deeper := strings.Cut(third, "/"); deeper {
		if first != recordings || strings.Contains(fourth, "/") {
			return requestPath{}, false
		}
		return parsed.timedObjectPath(third, fourth)
	}
	return parsed, true
}

// checkRequest refuses what is too large.
func checkRequest(r *http.Request) error {
	if len(r.RequestURI) > maxURI {
		return errLongURI
	}
	size := 0
	for name, values := range r.Header {
		for _, v := range values {
			size += len(name) + len(v)
		}
	}
	if size > maxHeader {
		return errLongHeader
	}
	return nil
}

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
