package recording

import (
	"context"
	"strconv"
	"strings"
)

// extent is which segments of a publication belong to a recording: by media sequence
// number, both included. Recordings and clips are without holes.
type extent struct{ first, last int64 }

// extents are the extents of each publication's segments.
func (c *parsedJournal) extents() map[string]extent {
	all := make(map[string]extent)
	for _, r := range c.Renditions {
		for _, e := range r.Entries {
			s, ok := all[e.Epoch]
			if !ok {
				s = extent{e.MSN, e.MSN}
			}
			all[e.Epoch] = extent{min(s.first, e.MSN), max(s.last, e.MSN)}
		}
	}
	return all
}

// contains reports whether a file of a publication is media of a recording: an
// initialization section, or a segment or object that it lists.
func (v *views) contains(ctx context.Context, key viewKey, publication, file string) bool {
	if _, err := v.stream(ctx, key); err != nil {
		return false
	}
	number, timedObjects := strings.CutSuffix(file, ".json")
	s, ok := v.cache.extent(key, publication, timedObjects)
	if !ok || file == initFile {
		return ok
	}
	if timedObjects {
		number, _, _ = strings.Cut(number, "-") // the revision
	} else if number, ok = strings.CutSuffix(file, ".m4s"); !ok {
		return false
	}
	msn, err := strconv.ParseInt(number, 10, 64)
	return err == nil && s.first <= msn && msn <= s.last
}

// extent is a publication's in a recording that is ready.
func (v *viewCache) extent(key viewKey, publication string, timedObjects bool) (extent, bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	ready, _ := v.ready.Peek(key)
	extents := ready.extents
	if timedObjects {
		extents = ready.allTimedObjects
	}
	s, ok := extents[publication]
	return s, ok
}
