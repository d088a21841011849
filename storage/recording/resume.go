package recording

import (
	"cmp"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/globalfandom/lightstick/media"
	"github.com/globalfandom/lightstick/packager"
)

// Unfinished is a broadcast that an earlier run of the server left.
type Unfinished struct {
	Recorder *Stream
	History  packager.History
	Locate   packager.Locate
	LastEnd  time.Time // program date time after its last segment
}

// Broadcasts are the streams with a broadcast that goes on, or ended a short while ago,
// below a data directory. It may be called while a server uses that, and when none does:
// then they are those that would go on.
func Broadcasts(dir string) (streams []media.StreamID) {
	for _, name := range filesIn(filepath.Join(dir, journalDir), journalSuffix) {
		stream, _, _ := strings.Cut(name, "~")
		if id, err := media.ParseStreamID(stream); err == nil && !slices.Contains(streams, id) {
			streams = append(streams, id)
		}
	}
	return streams
}

// Resume finds the broadcasts that may go on, and sees to those that are over. It is
// called once, before Run.
func (a *Archive) Resume() []Unfinished {
	dir := filepath.Join(a.cfg.Dir, journalDir)
	names := filesIn(dir, journalSuffix)
	slices.Reverse(names) // of one stream, the newest first
	var unfinished []Unfinished
	for _, name := range names {
		path := filepath.Join(dir, name)
		c, err := readJournal(path)
		if err != nil {
			a.log.Error("a broadcast of an earlier run can't be read; its journal is left as it is", "journal", path, "err", err)
			continue
		}
		switch {
		case c.lastEnd().IsZero():
			a.enqueueJob(job{run: func() error { return a.forget(c.Head) }})
		case c.ended || a.onAir(c.Stream):
			a.finishBroadcast(c)
		default:
			if u, err := a.resume(c, path); err != nil {
				a.log.Error("a broadcast of an earlier run can't go on", "stream", c.Stream, "err", err)
			} else {
				unfinished = append(unfinished, u)
			}
		}
	}
	a.resumeDeletions()
	for _, stream := range directoriesIn(filepath.Join(a.cfg.Dir, root)) {
		a.removeEmpty(media.StreamID(filepath.Base(stream)))
	}
	a.background(a.republish)
	return unfinished
}

// finishBroadcast does what the end of a broadcast should have led to.
func (a *Archive) finishBroadcast(c *parsedJournal) {
	writers := a.resumeWriters(c)
	if c.Record {
		a.background(func(ctx context.Context) { a.makeRecording(ctx, c.Head, writers) })
		return
	}
	for _, writer := range writers {
		writer.Close()
	}
	a.enqueueJob(job{run: func() error { return a.forget(c.Head) }})
}

func (a *Archive) resume(c *parsedJournal, path string) (Unfinished, error) {
	j, err := reopenJournal(path, c.whole)
	if err != nil {
		return Unfinished{}, err
	}
	s := a.Stream(c.Stream)
	s.head, s.begun, s.journal, s.writers = c.Head, true, j, a.resumeWriters(c)
	s.pins = a.pinsOf(c.Stream)
	s.outset = append(s.outset, line{StreamParams: &c.StreamParams})
	for _, r := range c.Renditions {
		for _, init := range r.Inits {
			s.outset = append(s.outset, line{Init: &initLine{r.Name, init}})
		}
	}
	a.addStream(s)
	if err := s.repairJournal(c); err != nil {
		return Unfinished{}, err
	}
	return Unfinished{Recorder: s, History: c.History, Locate: a.locate(c.Stream), LastEnd: c.lastEnd()}, nil
}

// repairJournal writes down that a segment was lost when the server ended, so that its number
// is not used again if it ends once more before the next.
func (s *Stream) repairJournal(c *parsedJournal) error {
	if !c.Torn {
		return nil
	}
	filled, err := c.Filled(s.archive.cfg.Packager.SegmentDuration)
	if err != nil {
		return err
	}
	c.History = filled
	for _, r := range filled.Renditions {
		lost := r.Entries[len(r.Entries)-1]
		err = errors.Join(err, s.log(line{Segment: &segmentLine{Rendition: r.Name, Entry: lost}}))
		for _, writer := range s.writers {
			writer.Segment(r.Name, lost, nil)
		}
	}
	return errors.Join(err, s.log(line{Pause: true}))
}

// resumeWriters tells all replicas what they may know already.
func (a *Archive) resumeWriters(c *parsedJournal) (writers []copying) {
	for _, p := range a.cfg.Replicas {
		writer := p.Writer(c.Head, WriterOptions{Resume: func(writer ReplicaWriter) { a.feedWriter(writer, c) }})
		writers = append(writers, copying{writer, p.Name()})
	}
	return writers
}

// feedWriter tells a writer what a journal says.
func (a *Archive) feedWriter(writer ReplicaWriter, c *parsedJournal) {
	writer.StreamParams(c.StreamParams)
	for _, r := range c.Renditions {
		for _, init := range r.Inits {
			writer.Init(r.Name, init)
		}
	}
	for _, d := range c.DateRanges {
		writer.DateRange(d)
	}
	// By number, as they came: a playlist that lists one rendition only is of no use.
	type place struct {
		rendition string
		entry     packager.Entry
	}
	var all []place
	for _, r := range c.Renditions {
		for _, e := range r.Entries {
			all = append(all, place{r.Name, e})
		}
	}
	slices.SortStableFunc(all, func(a, b place) int { return cmp.Compare(a.entry.MSN, b.entry.MSN) })
	for _, p := range all {
		key := SegmentKey(c.Stream, p.rendition, p.entry)
		writer.Segment(p.rendition, p.entry, func() (io.ReadSeekCloser, error) { return a.openNow(key) })
	}
	for _, s := range c.TimedObjects {
		for _, e := range s.Entries {
			key := TimedObjectKey(c.Stream, s.Name, e)
			writer.TimedObjects(s.Name, e, func() (io.ReadSeekCloser, error) { return a.openNow(key) })
		}
	}
}

// openNow opens an object for a writer.
func (a *Archive) openNow(key string) (io.ReadSeekCloser, error) {
	ctx, cancel := context.WithTimeout(a.stopped, openTimeout)
	defer cancel()
	return a.Open(ctx, key)
}

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

// forget removes a broadcast that is not recorded, but for what clips need of it.
func (a *Archive) forget(h Head) error {
	path := a.journalPath(h)
	c, err := readJournal(path)
	if err != nil {
		return errors.Join(ignoreMissing(err), ignoreMissing(os.Remove(path)))
	}
	needed := a.referenced(h.Stream, h.ID)
	keys, prefixes := c.unneeded(needed)
	err = a.removeMedia(c, needed)
	if !a.onAir(h.Stream) {
		more, failed := a.restorePlaylists(c)
		keys, err = append(keys, more...), errors.Join(err, failed)
	}
	a.deleteEverywhere(h.ID, c.keys(), keys, prefixes, func() {})
	a.removeEmpty(h.Stream)
	return errors.Join(err, ignoreMissing(os.Remove(path)))
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
			if p := init.Publication; !kept[p] && !seen[p] {
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

// playlists are the keys of those that lie beside the publications' directories.
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

// removeMedia removes the segments of a broadcast that nothing else refers to.
func (a *Archive) removeMedia(c *parsedJournal, needed map[string]bool) error {
	var err error
	for _, key := range c.keys() {
		if !needed[key] {
			err = errors.Join(err, ignoreMissing(os.Remove(a.localPath(key))))
		}
	}
	a.removeEmpty(c.Stream)
	return err
}

// restorePlaylists makes a stream's playlists those of its newest recording, or removes
// them if there is none; it gives the keys to delete elsewhere then.
func (a *Archive) restorePlaylists(c *parsedJournal) (keys []string, err error) {
	newest := a.Newest(c.Stream)
	if newest == "" {
		return c.playlists(), a.removePlaylists(c.Stream)
	}
	older, err := readJournal(a.localPath(recordingKey(c.Stream, newest, journalFile)))
	if err != nil {
		return nil, err
	}
	files, err := a.writePlaylists(older, streamKey(c.Stream), "")
	if err == nil {
		for _, p := range a.cfg.Replicas {
			p.Put(files, func() {})
		}
	}
	return nil, err
}

// deleteEverywhere has objects deleted from the storages, and forgotten where they were
// read back.
func (a *Archive) deleteEverywhere(id string, cached, keys, prefixes []string, done func()) {
	if a.cfg.Remote != nil {
		a.cfg.Remote.Forget(cached...)
	}
	if len(a.cfg.Replicas) == 0 {
		done()
		return
	}
	left := len(a.cfg.Replicas) // the writing goroutine's from here on
	for _, p := range a.cfg.Replicas {
		p.Delete(id, keys, prefixes, func() {
			a.enqueueJob(job{run: func() error {
				if left--; left == 0 {
					if a.cfg.Remote != nil {
						a.cfg.Remote.Forget(cached...) // what was read meanwhile
					}
					done()
				}
				return nil
			}})
		})
	}
}

// removePlaylists removes those beside the publications' directories.
func (a *Archive) removePlaylists(id media.StreamID) error {
	dir := a.localPath(streamKey(id))
	var err error
	for _, name := range filesIn(dir, ".m3u8") {
		err = errors.Join(err, ignoreMissing(os.Remove(filepath.Join(dir, name))))
	}
	for _, name := range timedObjectsIn(dir) {
		err = errors.Join(err, os.RemoveAll(filepath.Join(dir, name)))
	}
	return err
}

// timedObjectsIn are the names of the timed objects that have an index in a directory.
func timedObjectsIn(dir string) (names []string) {
	for _, name := range filesIn(dir, "") {
		if _, err := os.Stat(filepath.Join(dir, name, timedObjectIndex)); err == nil {
			names = append(names, name)
		}
	}
	return names
}

// filesIn are the names in a directory that end so, in order.
func filesIn(dir, suffix string) (names []string) {
	entries, _ := os.ReadDir(dir)
	for _, e := range entries {
		if strings.HasSuffix(e.Name(), suffix) {
			names = append(names, e.Name())
		}
	}
	return names
}
