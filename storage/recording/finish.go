package recording

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/globalfandom/lightstick/packager"
)

// makeRecording makes a recording of a broadcast that is over, and leaves it to the
// writers. What has been done when the server stops is done again at the next start.
func (a *Archive) makeRecording(ctx context.Context, h Head, writers []copying) {
	c, err := readJournal(a.journalPath(h))
	if err == nil {
		err = a.finalise(ctx, c, writers)
	}
	switch {
	case err == nil || ctx.Err() != nil:
	case errors.Is(err, errNothing):
		for _, writer := range writers {
			writer.Close()
		}
		a.enqueueJob(job{run: func() error { return a.forget(h) }})
	default:
		a.log.Error("the recording can't be made; it is tried again at the next start", "stream", h.Stream, "recording", h.ID, "err", err)
	}
}

// complete puts gaps into a parsed journal for what it lacks, and drops those at its ends.
func (a *Archive) complete(c *parsedJournal) (err error) {
	c.Torn = false
	c.History, err = c.Filled(a.cfg.Packager.SegmentDuration)
	c.trimGaps()
	return err
}

// dropLost makes gaps of the segments that are neither on the disk nor in any storage:
// too much waited for too long.
func (a *Archive) dropLost(c *parsedJournal, writers []copying) {
	for i := range c.Renditions {
		r := &c.Renditions[i]
		for j := range r.Entries {
			e := &r.Entries[j]
			if e.Gap || !everyLost(writers, r.Name, e.MSN) {
				continue
			}
			if _, err := os.Stat(a.localPath(SegmentKey(c.Stream, r.Name, *e))); err != nil {
				e.Gap, e.Size, e.KeyFrame = true, 0, packager.KeyFrame{}
			}
		}
	}
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

func everyLost(writers []copying, rendition string, msn int64) bool {
	for _, writer := range writers {
		if !writer.Lost(rendition, msn) {
			return false
		}
	}
	return len(writers) > 0
}

// errNothing reports a broadcast of which nothing can be shown.
var errNothing = errors.New("recording: nothing was recorded")

func (a *Archive) finalise(ctx context.Context, c *parsedJournal, writers []copying) error {
	if len(c.keys()) == 0 {
		return errNothing
	}
	a.dropLost(c, writers)
	if err := a.complete(c); err != nil {
		return err
	}
	r := c.describe()
	files, err := a.writeRecording(c, r)
	if err != nil {
		return err
	}
	if !a.onAirSince(c.Head) {
		own, err := a.writePlaylists(c, streamKey(c.Stream), "")
		if err != nil {
			return err
		}
		files = append(files, own...)
	}
	a.mu.Lock()
	if s := a.live[c.Stream]; s != nil && s.head.ID == c.ID {
		s.made.Store(true)
	}
	a.mu.Unlock()
	a.log.Info("recorded", "stream", c.Stream, "recording", c.ID, "duration", time.Duration(r.DurationMS)*time.Millisecond, "bytes", r.Size)
	if len(writers) > 0 {
		a.copyOut(c, files, writers, true)
	}
	a.generateThumbnails(ctx, c, &r)
	return ignoreMissing(os.Remove(a.journalPath(c.Head)))
}

// onAirSince reports whether a newer broadcast of the stream has the playlists.
func (a *Archive) onAirSince(h Head) bool {
	head, ok := a.current(h.Stream)
	return ok && head.ID != h.ID
}

// writeRecording writes a recording's files and gives their keys, playlists last.
func (a *Archive) writeRecording(c *parsedJournal, r Recording) ([]string, error) {
	journal := recordingKey(c.Stream, c.ID, journalFile)
	if err := c.write(a.localPath(journal)); err != nil {
		return nil, err
	}
	playlists, err := a.writePlaylists(c, streamKey(c.Stream, recordingsDir, c.ID), upToStream)
	if err != nil {
		return nil, err
	}
	if err := a.writeDescriptor(r); err != nil {
		return nil, err
	}
	return append([]string{journal, recordingKey(c.Stream, c.ID, descriptorFile)}, playlists...), nil
}

// upToStream leads from a recording's directory to its stream's.
const upToStream = "../../"

// everything is a window that holds any broadcast.
const everything = 10_000 * time.Hour

// show makes what serves a broadcast that is over.
func (a *Archive) show(c *parsedJournal, base string) (*packager.Stream, error) {
	cfg := a.cfg.Packager
	cfg.DVR, cfg.Base, cfg.Static = everything, base, true
	h := c.History
	h.Torn = false
	s, err := packager.Restore(cfg, packager.Discard{}, h, a.locate(c.Stream))
	if err != nil {
		return nil, err
	}
	s.Finish()
	return s, nil
}

// writePlaylists writes the playlists of a broadcast that is over into a directory,
// the multivariant one last.
func (a *Archive) writePlaylists(c *parsedJournal, dir, base string) (keys []string, err error) {
	s, err := a.show(c, base)
	if err != nil {
		return nil, err
	}
	put := func(name string, d *packager.Document) {
		key := dir + "/" + name
		err = errors.Join(err, writeAtomically(a.localPath(key), d.Plain()))
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

// copyOut lets the writers copy what a recording consists of, and if the media are its own
// removes them from the disk when all have them.
func (a *Archive) copyOut(c *parsedJournal, files []string, writers []copying, own bool) {
	a.mu.Lock()
	a.copying[c.ID] = writers
	a.mu.Unlock()
	left := len(writers)
	for _, writer := range writers {
		writer.End(files, func() {
			a.enqueueJob(job{run: func() error {
				if c.lostIn(writer) {
					a.log.Warn("a storage lacks segments of a recording; they are looked for again at the next start",
						"storage", writer.to, "recording", c.ID)
					return nil
				}
				if err := a.markPublished(c, writer.to); err != nil {
					return err
				}
				if left--; left > 0 {
					return nil
				}
				a.mu.Lock()
				delete(a.copying, c.ID)
				a.mu.Unlock()
				if !own {
					return nil
				}
				return a.removeMedia(c, a.inits(c))
			}})
		})
	}
}

// inits are the keys of a broadcast's initialization sections: they are small, and
// stay on the disk.
func (a *Archive) inits(c *parsedJournal) map[string]bool {
	keys := make(map[string]bool)
	for _, r := range c.Renditions {
		for _, init := range r.Inits {
			keys[InitKey(c.Stream, r.Name, init.Publication)] = true
		}
	}
	return keys
}

// publishedSuffix follows a publisher's name in the name of the file that says that
// it has a recording.
const publishedSuffix = ".published"

func (a *Archive) markPublished(c *parsedJournal, publisher string) error {
	if _, err := a.descriptor(c.Stream, c.ID); err != nil {
		return nil // it was deleted meanwhile
	}
	return writeAtomically(a.localPath(recordingKey(c.Stream, c.ID, publisher+publishedSuffix)), nil)
}

// republish copies the recordings that a publisher lacks: the server stopped before
// it had them, or the publisher is new.
func (a *Archive) republish(ctx context.Context) {
	recordings, err := a.List(ctx, "")
	if err != nil {
		a.log.Error("recordings can't be listed", "err", err)
	}
	for _, r := range recordings {
		if ctx.Err() != nil {
			return
		}
		var missing []Replica
		for _, p := range a.cfg.Replicas {
			if _, err := os.Stat(a.localPath(recordingKey(r.Stream, r.ID, p.Name()+publishedSuffix))); err != nil {
				missing = append(missing, p)
			}
		}
		if len(missing) > 0 {
			a.republishOne(r, missing)
		}
	}
}

func (a *Archive) republishOne(r Recording, missing []Replica) {
	c, err := readJournal(a.localPath(recordingKey(r.Stream, r.ID, journalFile)))
	if err != nil {
		a.log.Error("a recording can't be copied", "recording", r.ID, "err", err)
		return
	}
	var writers []copying
	for _, p := range missing {
		writer := p.Writer(Head{ID: r.ID, Stream: r.Stream, Record: true}, WriterOptions{Quiet: true, Resume: func(writer ReplicaWriter) {
			if r.ClipOf == "" {
				a.feedWriter(writer, c)
			}
		}})
		writers = append(writers, copying{writer, p.Name()})
	}
	files := a.filesOf(r)
	if r.ClipOf == "" && a.Newest(r.Stream) == r.ID && !a.onAir(r.Stream) {
		files = append(files, c.playlists()...)
	}
	a.copyOut(c, files, writers, r.ClipOf == "")
}

// filesOf are the keys of a recording's own files, the multivariant playlist last.
func (a *Archive) filesOf(r Recording) (keys []string) {
	dir := a.localPath(streamKey(r.Stream, recordingsDir, r.ID))
	allTimedObjects := timedObjectsIn(dir)
	for _, name := range filesIn(dir, "") {
		switch {
		case slices.Contains(allTimedObjects, name):
			keys = append(keys, recordingKey(r.Stream, r.ID, name+"/"+timedObjectIndex))
		case name != multivariant && filepath.Ext(name) != publishedSuffix:
			keys = append(keys, recordingKey(r.Stream, r.ID, name))
		}
	}
	return append(keys, recordingKey(r.Stream, r.ID, multivariant))
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
	c.keep(func(e packager.Entry) bool { return e.MSN >= first && e.MSN <= last })
	// What was said after the last picture is of those before.
	c.keepTimedObjects(func(e packager.TimedObjectEntry) bool { return e.MSN >= first })
}

// keep drops the entries that are not wanted, and what only they needed.
func (c *parsedJournal) keep(wanted func(packager.Entry) bool) {
	for i := range c.Renditions {
		r := &c.Renditions[i]
		needed := make(map[string]bool)
		var entries []packager.Entry
		for _, e := range r.Entries {
			if wanted(e) {
				entries = append(entries, e)
				needed[e.Publication] = true
			}
		}
		r.Entries = entries
		var inits []packager.Init
		for _, init := range r.Inits {
			if needed[init.Publication] {
				inits = append(inits, init)
			}
		}
		r.Inits = inits
	}
}

// describe is the recording that a broadcast has become.
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

func (a *Archive) writeDescriptor(r Recording) error {
	text, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	return writeAtomically(a.localPath(recordingKey(r.Stream, r.ID, descriptorFile)), append(text, '\n'))
}
