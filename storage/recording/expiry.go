package recording

import (
	"time"

	"github.com/globalfandom/lightstick/packager"
)

// expiry decides what may be removed of a broadcast that goes on.
type expiry struct {
	uncopied []segmentOf      // segments of a recording whose copies may not be made yet
	oldest   map[string]int64 // number of the oldest segment that may be asked for, by rendition
	dropped  int              // segments that have expired since the journal was compacted
	pins     map[string]span  // segments that only clips keep, by clip
}

// span is a stretch of program date time.
type span struct{ start, end time.Time }

// touches compares times as playlists show them: a client that asks for a time that it read
// there means just that segment.
func (s span) touches(e packager.Entry) bool {
	shown := func(t time.Time) time.Time { return t.Truncate(time.Millisecond) }
	return shown(e.ProgramDateTime).Before(s.end) && shown(e.ProgramDateTime.Add(e.Duration)).After(s.start)
}

// expire notes that a segment will not be asked for any more.
func (x *expiry) expire(rendition string, e packager.Entry) {
	x.oldest[rendition] = e.MSN + 1
	x.dropped++
}

// isPinned reports whether a clip needs a segment.
func (x *expiry) isPinned(e packager.Entry) bool {
	for _, p := range x.pins {
		if p.touches(e) {
			return true
		}
	}
	return false
}

// isPinnedObject reports whether a clip needs a timed object.
func (x *expiry) isPinnedObject(e packager.TimedObjectEntry) bool {
	for _, p := range x.pins {
		if p.covers(e) {
			return true
		}
	}
	return false
}

// awaitCopies notes an expired segment that is removed when it has been copied.
func (x *expiry) awaitCopies(rendition string, e packager.Entry) {
	x.uncopied = append(x.uncopied, segmentOf{rendition, e})
}

// nextCopied gives the expired segments that have been copied, and forgets them.
func (x *expiry) nextCopied(copied func(segmentOf) bool) (all []segmentOf) {
	n := 0
	for n < len(x.uncopied) && copied(x.uncopied[n]) {
		n++
	}
	all = append(all, x.uncopied[:n]...)
	x.uncopied = append(x.uncopied[:0], x.uncopied[n:]...)
	return all
}

// compactAfter is how many segments may have expired before the journal is rewritten
// without them.
const compactAfter = 2000

// startCompaction reports whether the journal should be rewritten, and counts anew then.
func (x *expiry) startCompaction() bool {
	if x.dropped < compactAfter {
		return false
	}
	x.dropped = 0
	return true
}
