package recording

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/globalfandom/lightstick/packager"
)

// lastEnd is when the last segment ended; zero if there is none.
func (c *parsedJournal) lastEnd() (last time.Time) {
	for _, r := range c.Renditions {
		if n := len(r.Entries); n > 0 {
			if end := r.Entries[n-1].ProgramDateTime.Add(r.Entries[n-1].Duration); end.After(last) {
				last = end
			}
		}
	}
	return last
}

// trimGaps drops gaps that every rendition begins or ends with: nothing is there to
// be missed.
func (c *parsedJournal) trimGaps() {
	first, last := int64(1<<62-1), int64(-1)
	for _, r := range c.Renditions {
		for _, e := range r.Entries {
			if !e.Gap {
				first, last = min(first, e.MSN), max(last, e.MSN)
			}
		}
	}
	c.keepEntries(func(e packager.Entry) bool { return e.MSN >= first && e.MSN <= last })
	// What was written after the last picture is about those before.
	c.keepTimedObjects(func(e packager.TimedObjectEntry) bool { return e.MSN >= first })
}

// keepEntries drops the entries that are not wanted, and what only they needed.
func (c *parsedJournal) keepEntries(wanted func(packager.Entry) bool) {
	for i := range c.Renditions {
		r := &c.Renditions[i]
		needed := make(map[string]bool)
		var entries []packager.Entry
		for _, e := range r.Entries {
			if wanted(e) {
				entries = append(entries, e)
				needed[e.Epoch] = true
			}
		}
		r.Entries = entries
		var inits []packager.Init
		for _, init := range r.Inits {
			if needed[init.Epoch] {
				inits = append(inits, init)
			}
		}
		r.Inits = inits
	}
}

// describe makes the description of the recording that a broadcast has become.
func (c *parsedJournal) describe() Recording {
	r := Recording{ID: c.ID, Stream: c.Stream, Title: c.Title, ClipOf: c.ClipOf, Created: time.Now().UTC().Truncate(time.Millisecond)}
	var longest time.Duration
	for _, rendition := range c.Renditions {
		var length time.Duration
		for _, e := range rendition.Entries {
			length += e.Duration
			r.Size += int64(e.Size)
			if r.Start.IsZero() || e.ProgramDateTime.Before(r.Start) {
				r.Start = e.ProgramDateTime.UTC()
			}
			if end := e.ProgramDateTime.Add(e.Duration).UTC(); end.After(r.End) {
				r.End = end
			}
		}
		longest = max(longest, length)
	}
	r.Start, r.End = r.Start.Truncate(time.Millisecond), r.End.Truncate(time.Millisecond)
	r.DurationMS = longest.Milliseconds()
	if c.Retention > 0 {
		r.Expires = r.End.Add(c.Retention)
	}
	return r
}

// unneeded is what can be deleted of a broadcast's media: objects, and all below
// prefixes where nothing is needed.
func (c *parsedJournal) unneeded(needed map[string]bool) (keys, prefixes []string) {
	kept := make(map[string]bool) // publications
	for key := range needed {
		if elements := strings.Split(key, "/"); len(elements) > 2 {
			kept[elements[2]] = true
		}
	}
	seen := make(map[string]bool)
	for _, r := range c.Renditions {
		for _, init := range r.Inits {
			if p := init.Epoch; !kept[p] && !seen[p] {
				seen[p] = true
				prefixes = append(prefixes, streamKey(c.Stream, p)+"/")
			}
		}
	}
	for _, key := range c.keys() {
		if !needed[key] && kept[strings.Split(key, "/")[2]] {
			keys = append(keys, key)
		}
	}
	return keys, prefixes
}

// playlists are the keys of the stream's playlists, beside the publications' directories.
func (c *parsedJournal) playlists() []string {
	keys := []string{PlaylistKey(c.Stream, multivariant)}
	for _, r := range c.Renditions {
		keys = append(keys, PlaylistKey(c.Stream, r.Name+".m3u8"), PlaylistKey(c.Stream, r.Name+packager.IFramesSuffix+".m3u8"))
	}
	for _, s := range c.TimedObjects {
		keys = append(keys, TimedObjectIndexKey(c.Stream, s.Name))
	}
	return keys
}

// lostIn reports whether a writer has given up something that the recording lists.
func (c *parsedJournal) lostIn(writer ReplicaWriter) bool {
	for _, r := range c.Renditions {
		for _, e := range r.Entries {
			if !e.Gap && writer.Lost(r.Name, e.MSN) {
				return true
			}
		}
	}
	return false
}

// initKeys are the keys of a broadcast's initialization sections: they are small, and
// stay on the disk.
func (c *parsedJournal) initKeys() map[string]bool {
	keys := make(map[string]bool)
	for _, r := range c.Renditions {
		for _, init := range r.Inits {
			keys[InitKey(c.Stream, r.Name, init.Epoch)] = true
		}
	}
	return keys
}

// byNumber are the segments of all renditions as they came: a playlist that lists one
// rendition only is of no use.
func (c *parsedJournal) byNumber() (all []segmentOf) {
	for _, r := range c.Renditions {
		for _, e := range r.Entries {
			all = append(all, segmentOf{r.Name, e})
		}
	}
	slices.SortStableFunc(all, func(a, b segmentOf) int { return cmp.Compare(a.MSN, b.MSN) })
	return all
}
