package recording

import (
	"errors"
	"io"
	"os"
	"time"

	"github.com/globalfandom/lightstick/media"
	"github.com/globalfandom/lightstick/packager"
)

// sidecarIndex is the name of a sidecar's index, in the directory of its name.
const sidecarIndex = "index.json"

// readAhead is how far behind the live edge somebody may be whose words are in a
// sidecar: what is said of a picture is in an object of the next half minute.
const readAhead = 30 * time.Second

// sidecarLine is an object of a sidecar in a journal.
type sidecarLine struct {
	Name string `json:"name"`
	packager.SidecarEntry
}

// SidecarKey is the key of a sidecar's object: it lies beside the segments.
func SidecarKey(id media.StreamID, name string, e packager.SidecarEntry) string {
	return streamKey(id, e.Publication, name, e.File())
}

// SidecarIndexKey is the key of a stream's index of a sidecar.
func SidecarIndexKey(id media.StreamID, name string) string {
	return streamKey(id, name, sidecarIndex)
}

// Sidecar queues an object to be written; one without items is only noted. When too many
// writes wait it is left out, as segments are.
func (s *Stream) Sidecar(name string, o *packager.SidecarObject) {
	if s.archive.waiting() >= queueLen {
		s.archive.metrics.skipped.Inc()
		return
	}
	s.write(func() error { return s.keepSidecar(name, o) })
}

func (s *Stream) keepSidecar(name string, o *packager.SidecarObject) error {
	entry := o.SidecarEntry
	var err error
	if document := o.Document(); document == nil {
		entry.Items = 0 // it left memory while it waited
	} else if entry.Items > 0 {
		key := SidecarKey(s.id, name, entry)
		text := document.Plain()
		if _, err = writeFile(s.archive.localPath(key), [][]byte{text}); err != nil {
			_ = os.Remove(s.archive.localPath(key))
			if len(s.writers) == 0 {
				entry.Items = 0 // nobody will have it after a restart
			}
		}
	}
	for _, lane := range s.writers {
		lane.Sidecar(name, entry, func() (io.ReadSeekCloser, error) {
			if document := o.Document(); document != nil {
				return document.Open(), nil
			}
			return s.archive.openNow(SidecarKey(s.id, name, entry))
		})
	}
	return errors.Join(err, s.log(line{Sidecar: &sidecarLine{name, entry}}))
}

// ExpireSidecar queues an object's removal, unless it is part of a recording. What a
// recording has elsewhere too is removed when all of it is.
func (s *Stream) ExpireSidecar(name string, e packager.SidecarEntry) {
	s.archive.enqueueJob(job{run: func() error {
		if s.head.Record || s.pinnedSidecar(e) {
			return nil
		}
		for _, lane := range s.writers {
			lane.ExpireSidecar(name, e)
		}
		return ignoreMissing(os.Remove(s.archive.localPath(SidecarKey(s.id, name, e))))
	}})
}

func (s *Stream) pinnedSidecar(e packager.SidecarEntry) bool {
	for _, p := range s.pins {
		if p.covers(e) {
			return true
		}
	}
	return false
}

// covers reports whether an object may hold what was said of a span's pictures.
func (s span) covers(e packager.SidecarEntry) bool {
	if e.Items > 0 && e.From >= s.end.UnixMilli() {
		return false
	}
	return e.ProgramDateTime.Add(e.Duration).After(s.start) && e.ProgramDateTime.Before(s.end.Add(readAhead))
}

// sidecar is that of the name, as far as it is known.
func (c *parsedJournal) sidecar(name string) *packager.SidecarHistory {
	for i := range c.Sidecars {
		if c.Sidecars[i].Name == name {
			return &c.Sidecars[i]
		}
	}
	c.Sidecars = append(c.Sidecars, packager.SidecarHistory{Name: name})
	return &c.Sidecars[len(c.Sidecars)-1]
}

// keepSidecars drops the objects that are not wanted.
func (c *parsedJournal) keepSidecars(wanted func(packager.SidecarEntry) bool) {
	for i := range c.Sidecars {
		var entries []packager.SidecarEntry
		for _, e := range c.Sidecars[i].Entries {
			if wanted(e) {
				entries = append(entries, e)
			}
		}
		c.Sidecars[i].Entries = entries
	}
}

// sidecarKeys are those of the sidecars' objects.
func (c *parsedJournal) sidecarKeys() (keys []string) {
	for _, s := range c.Sidecars {
		for _, e := range s.Entries {
			if e.Items > 0 {
				keys = append(keys, SidecarKey(c.Stream, s.Name, e))
			}
		}
	}
	return keys
}

// sidecarExtents are those of each publication.
func (c *parsedJournal) sidecarExtents() map[string]extent {
	all := make(map[string]extent)
	for _, s := range c.Sidecars {
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
