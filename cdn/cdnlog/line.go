package cdnlog

import (
	"bytes"
	"errors"
	"net/url"
	"strconv"
	"time"

	"github.com/globalfandom/lightstick/cdn/cost"
	"github.com/globalfandom/lightstick/media"
)

// entry is one request as a log has it. Its slices are the line's.
type entry struct {
	at      time.Time
	path    []byte // without query
	bytes   int64
	hit     bool // answered by the cache
	cached  bool // the log says whether it was
	country string
}

// The reasons for refusing a line; they hold nothing of it.
var (
	errFields  = errors.New("too few fields")
	errTime    = errors.New("no time, or one that can't be read")
	errBytes   = errors.New("no number of bytes, or one that can't be read")
	errStatus  = errors.New("a status that can't be read")
	errPath    = errors.New("no address")
	errJSON    = errors.New("not a JSON object")
	errLong    = errors.New("longer than 64 kB")
	errNoTitle = errors.New("no #Fields line before it")
	errColumns = errors.New("the #Fields line lacks date, time, sc-bytes or cs-uri-stem")
)

// isStatus reports whether s is a number that a status can be.
func isStatus(s []byte) bool {
	n, ok := parseInt(s)
	return ok && n <= 999
}

// pathOf is the path of an address, which is whole or begins with it.
func pathOf(address []byte) []byte {
	if i := bytes.Index(address, []byte("://")); i >= 0 && i < 8 {
		address = address[i+3:]
		i = bytes.IndexByte(address, '/')
		if i < 0 {
			return nil
		}
		address = address[i:]
	}
	path, _, _ := bytes.Cut(address, []byte("?"))
	return path
}

// streamOf is the stream of /live/STREAM/…, with or without /t/TOKEN before; "" is
// anything else.
func streamOf(path []byte) string {
	if rest, ok := bytes.CutPrefix(path, []byte("/t/")); ok {
		i := bytes.IndexByte(rest, '/')
		if i < 0 {
			return ""
		}
		path = rest[i:]
	}
	rest, ok := bytes.CutPrefix(path, []byte("/live/"))
	if !ok {
		return ""
	}
	name, _, ok := bytes.Cut(rest, []byte("/"))
	if !ok || len(name) > 240 { // 80 bytes, each as %XX
		return ""
	}
	text := string(name)
	if bytes.IndexByte(name, '%') >= 0 {
		var err error
		if text, err = url.PathUnescape(text); err != nil {
			return ""
		}
	}
	id, err := media.ParseStreamID(text)
	if err != nil {
		return ""
	}
	return string(id)
}

// parseInt reads a number without sign.
func parseInt(b []byte) (int64, bool) {
	if len(b) == 0 || len(b) > 18 {
		return 0, false
	}
	n := int64(0)
	for _, c := range b {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + int64(c-'0')
	}
	return n, true
}

// The years that a log may be of; others are a mistake.
const firstYear, lastYear = 2000, 2200

// parseTime reads RFC 3339, or seconds or milliseconds since 1970 with or without a
// fraction.
func parseTime(text string) (time.Time, error) {
	if t, err := time.Parse(time.RFC3339, text); err == nil {
		return plausible(t)
	}
	for _, layout := range []string{"2006-01-02T15:04:05Z0700", "2006-01-02 15:04:05", "02/Jan/2006:15:04:05 -0700"} {
		if t, err := time.Parse(layout, text); err == nil {
			return plausible(t)
		}
	}
	if len(text) > 20 {
		return time.Time{}, errTime
	}
	seconds, err := strconv.ParseFloat(text, 64)
	if err != nil || !(seconds > 0 && seconds < 1e16) {
		return time.Time{}, errTime
	}
	switch {
	case seconds > 1e14:
		seconds /= 1e6
	case seconds > 1e11:
		seconds /= 1e3
	}
	return plausible(time.UnixMilli(int64(seconds * 1e3)))
}

func plausible(t time.Time) (time.Time, error) {
	if y := t.UTC().Year(); y < firstYear || y > lastYear {
		return time.Time{}, errTime
	}
	return t, nil
}

// isHit reads what logs say of the cache: Hit, HIT, HIT-CLUSTER, RefreshHit, hit …
func isHit(word []byte) (hit, known bool) {
	if len(word) == 0 || len(word) == 1 && word[0] == '-' {
		return false, false
	}
	if len(word) > 40 {
		return false, true
	}
	return bytes.Contains(bytes.ToLower(word), []byte("hit")), true
}

func country(code []byte) string {
	if len(code) != 2 {
		return ""
	}
	return cost.CleanCountry(string(code))
}
