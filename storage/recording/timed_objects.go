package recording

import (
	"time"

	"github.com/globalfandom/lightstick/media"
	"github.com/globalfandom/lightstick/packager"
)

// timedObjectIndex is the file name of the index of a series of timed objects.
const timedObjectIndex = "index.json"

// readAhead is how far behind the live edge a viewer may be who writes in the chat: what is
// written of a picture is in an object of the next half minute.
const readAhead = 30 * time.Second

// timedObjectLine is an object of a series of timed objects in a journal.
type timedObjectLine struct {
	Name string `json:"name"`
	packager.TimedObjectEntry
}

// TimedObjectKey is the key of a timed object: it lies beside the segments.
func TimedObjectKey(id media.StreamID, name string, e packager.TimedObjectEntry) string {
	return streamKey(id, e.Publication, name, e.File())
}

// TimedObjectIndexKey is the key of a stream's index of a series of timed objects.
func TimedObjectIndexKey(id media.StreamID, name string) string {
	return streamKey(id, name, timedObjectIndex)
}

// covers reports whether an object may hold messages about a span's pictures.
func (s span) covers(e packager.TimedObjectEntry) bool {
	if e.Items > 0 && e.From >= s.end.UnixMilli() {
		return false
	}
	return e.ProgramDateTime.Add(e.Duration).After(s.start) && e.ProgramDateTime.Before(s.end.Add(readAhead))
}

// timedObjects is the series of the name, as far as it is known.
func (c *parsedJournal) timedObjects(name string) *packager.TimedObjectHistory {
	for i := range c.TimedObjects {
		if c.TimedObjects[i].Name == name {
			return &c.TimedObjects[i]
		}
	}
	c.TimedObjects = append(c.TimedObjects, packager.TimedObjectHistory{Name: name})
	return &c.TimedObjects[len(c.TimedObjects)-1]
}

// keepTimedObjects drops the objects that are not wanted.
func (c *parsedJournal) keepTimedObjects(wanted func(packager.TimedObjectEntry) bool) {
	for i := range c.TimedObjects {
		var entries []packager.TimedObjectEntry
		for _, e := range c.TimedObjects[i].Entries {
			if wanted(e) {
				entries = append(entries, e)
			}
		}
		c.TimedObjects[i].Entries = entries
	}
}

// timedObjectKeys are the keys of all timed objects.
func (c *parsedJournal) timedObjectKeys() (keys []string) {
	for _, s := range c.TimedObjects {
		for _, e := range s.Entries {
			if e.Items > 0 {
				keys = append(keys, TimedObjectKey(c.Stream, s.Name, e))
			}
		}
	}
	return keys
}

// timedObjectExtents are the extents of each publication's timed objects.
func (c *parsedJournal) timedObjectExtents() map[string]extent {
	all := make(map[string]extent)
	for _, s := range c.TimedObjects {
		for _, e := range s.Entries {
			x, ok := all[e.Publication]
			if !ok {
				x = extent{e.MSN, e.MSN}
			}
			all[e.Publication] = extent{min(x.first, e.MSN), max(x.last, e.MSN)}
		}
	}
	return all
}
