package recording

import (
	"errors"
	"time"

	"github.com/globalfandom/lightstick/packager"
)

// recordingWriter writes the files of recordings: journal, description and playlists.
type recordingWriter struct {
	packaging packager.Config
	files     *files
	catalogue *catalogue
}

// upToStream leads from a recording's directory to its stream's.
const upToStream = "../../"

// write writes a recording's files and gives their keys, playlists last.
func (w *recordingWriter) write(c *parsedJournal, r Recording) ([]string, error) {
	journal := recordingKey(c.Stream, c.ID, journalFile)
	if err := c.write(w.files.path(journal)); err != nil {
		return nil, err
	}
	playlists, err := w.writePlaylists(c, streamKey(c.Stream, recordingsDir, c.ID), upToStream)
	if err != nil {
		return nil, err
	}
	if err := w.catalogue.write(r); err != nil {
		return nil, err
	}
	return append([]string{journal, recordingKey(c.Stream, c.ID, descriptorFile)}, playlists...), nil
}

// fillGaps puts gaps into a parsed journal for what it lacks, and drops those at its ends.
func (w *recordingWriter) fillGaps(c *parsedJournal) (err error) {
	c.Torn = false
	c.History, err = c.Filled(w.packaging.SegmentDuration)
	c.trimGaps()
	return err
}

// everything is a window that holds any broadcast.
const everything = 10_000 * time.Hour

// endedStream makes what serves a broadcast that is over.
func (w *recordingWriter) endedStream(c *parsedJournal, base string) (*packager.Stream, error) {
	cfg := w.packaging
	cfg.DVR, cfg.Base, cfg.Static = everything, base, true
	h := c.History
	h.Torn = false
	s, err := packager.Restore(cfg, packager.Discard{}, h, w.files.locate(c.Stream))
	if err != nil {
		return nil, err
	}
	s.Finish()
	return s, nil
}

// writePlaylists writes the playlists of a broadcast that is over into a directory,
// the multivariant one last.
func (w *recordingWriter) writePlaylists(c *parsedJournal, dir, base string) (keys []string, err error) {
	s, err := w.endedStream(c, base)
	if err != nil {
		return nil, err
	}
	put := func(name string, d *packager.Document) {
		key := dir + "/" + name
		err = errors.Join(err, writeAtomically(w.files.path(key), d.Plain()))
		keys = append(keys, key)
	}
	for _, r := range s.Renditions() {
		snap := r.Snapshot()
		put(r.Name()+".m3u8", snap.Playlist(packager.SkipNothing))
		if r.IsVideo() {
			put(r.Name()+packager.IFramesSuffix+".m3u8", snap.IFrames())
		}
	}
	for _, c := range s.AllTimedObjects() {
		put(c.Name()+"/"+timedObjectIndex, c.Snapshot().Index())
	}
	put(multivariant, s.Multivariant(packager.Span{}))
	return keys, err
}

// writeTimedObjectIndexes writes the indexes of a broadcast that is over into a directory.
func (w *recordingWriter) writeTimedObjectIndexes(c *parsedJournal, dir, base string) (keys []string, err error) {
	s, err := w.endedStream(c, base)
	if err != nil {
		return nil, err
	}
	for _, timedObjects := range s.AllTimedObjects() {
		key := dir + "/" + timedObjects.Name() + "/" + timedObjectIndex
		if err := writeAtomically(w.files.path(key), timedObjects.Snapshot().Index().Plain()); err != nil {
			return nil, err
		}
		keys = append(keys, key)
	}
	return keys, nil
}
