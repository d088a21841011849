package purge

import (
	"net/url"
	"strings"

	"github.com/globalfandom/lightstick/internal/httpcache"
)

// Object is what to purge: a stream with everything of it, or one of its recordings, or
// the media of one of its publications.
type Object struct {
	Stream      string
	Recording   string // ID; "" is no recording
	Publication string // ID in media's URLs, likewise
}

// Path is the path that all URLs of the object begin with, escaped, with a slash at its
// end.
func (o Object) Path() string {
	path := "/live/" + url.PathEscape(o.Stream) + "/"
	switch {
	case o.Recording != "":
		path += "recordings/" + url.PathEscape(o.Recording) + "/"
	case o.Publication != "":
		path += url.PathEscape(o.Publication) + "/"
	}
	return path
}

// Tag is the one that the origin puts on all answers of the object.
func (o Object) Tag() string {
	switch {
	case o.Recording != "":
		return httpcache.RecordingTag(o.Recording)
	case o.Publication != "":
		return httpcache.PublicationTag(o.Publication)
	}
	return httpcache.StreamTag(o.Stream)
}

// covers reports whether purging o purges p, too.
func (o Object) covers(p Object) bool {
	return o.Stream == p.Stream && (o == p || o.Recording == "" && o.Publication == "")
}

// FromPrefix is the object whose keys begin with a prefix: live/STREAM/…/.
func FromPrefix(prefix string) (Object, bool) {
	rest, ok := strings.CutPrefix(prefix, "live/")
	elements := strings.Split(strings.TrimSuffix(rest, "/"), "/")
	switch {
	case !ok:
	case len(elements) == 1 && elements[0] != "":
		return Object{Stream: elements[0]}, true
	case len(elements) == 3 && elements[1] == "recordings":
		return Object{Stream: elements[0], Recording: elements[2]}, true
	case len(elements) >= 2 && elements[1] != "recordings":
		return Object{Stream: elements[0], Publication: elements[1]}, true
	}
	return Object{}, false
}
