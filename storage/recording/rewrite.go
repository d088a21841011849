package recording

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/globalfandom/lightstick/media"
	"github.com/globalfandom/lightstick/packager"
	"github.com/globalfandom/lightstick/storage/objectstore"
)

// RewriteRequest asks for changes of what lies beside a stream's recordings.
type RewriteRequest struct {
	Stream       media.StreamID
	TimedObjects string // its name
	// From and To bound what the items are of; zero: everything. Items may be of up to
	// fastClock after their object.
	From, To time.Time
	// Change is given each item, and returns what shall stand in its place; false takes
	// it out.
	Change func(item json.RawMessage) (json.RawMessage, bool)
}

// fastClock is how far ahead of the server's clock a publisher's may be.
const fastClock = 10 * time.Second

// RewriteResult is what was changed.
type RewriteResult struct {
	Items   int // changed or taken out
	Objects int // that held them
	// Pending says that a broadcast of the stream goes on, or is becoming a recording,
	// that has objects of the time, or may get some: they were not touched. Ask again.
	Pending bool
}

// rewriter changes timed objects of recordings.
type rewriter struct {
	files      *files
	catalogue  *catalogue
	writer     *recordingWriter
	replicator *replicator
	remover    *remover
	cache      *viewCache
	turn       chan struct{} // holds one: the request that is worked on
}

// rewrite changes the objects of all recordings of a stream, one request at a time.
func (rw *rewriter) rewrite(ctx context.Context, r RewriteRequest) (RewriteResult, error) {
	select {
	case rw.turn <- struct{}{}:
		defer func() { <-rw.turn }()
	case <-ctx.Done():
		return RewriteResult{}, context.Cause(ctx)
	}
	w := rewriteRun{rewriter: rw, RewriteRequest: r, done: make(map[string]packager.TimedObjectEntry)}
	w.result.Pending = slices.ContainsFunc(rw.files.journals(), w.isPending)
	all, err := rw.catalogue.list(ctx, r.Stream)
	if err != nil {
		return w.result, err
	}
	for _, recording := range all {
		if _, err := os.Stat(rw.files.journalPath(Head{Stream: r.Stream, ID: recording.ID})); err == nil {
			continue // it is still being made, and pending
		}
		if err := w.rewriteRecording(ctx, recording); err != nil {
			return w.result, fmt.Errorf("recording %s: %w", recording.ID, err)
		}
	}
	return w.result, w.removeOld()
}

// rewriteRun is the work on one request.
type rewriteRun struct {
	RewriteRequest
	*rewriter
	result RewriteResult
	done   map[string]packager.TimedObjectEntry // by the old key: what the object has become
	old    []string                             // keys of objects that have become others
}

// isPending reports whether a broadcast that is not over has objects to rewrite, or will.
func (w *rewriteRun) isPending(journal string) bool {
	if !strings.HasPrefix(journal, string(w.Stream)+"~") {
		return false
	}
	c, err := readJournal(filepath.Join(w.files.dir, journalDir, journal))
	if err != nil {
		return !errors.Is(err, os.ErrNotExist)
	}
	entries := c.timedObjects(w.TimedObjects).Entries
	if n := len(entries); n == 0 || w.To.IsZero() || entries[n-1].ProgramDateTime.Add(entries[n-1].Duration).Before(w.To.Add(readAhead)) {
		return true // what is of the time may not have been cut yet
	}
	return slices.ContainsFunc(entries, w.mayHold)
}

// mayHold reports whether an object may have items of the time.
func (w *rewriteRun) mayHold(e packager.TimedObjectEntry) bool {
	return e.Items > 0 && (w.To.IsZero() || e.From <= w.To.UnixMilli()) &&
		(w.From.IsZero() || !e.ProgramDateTime.Add(e.Duration+fastClock).Before(w.From))
}

// rewriteRecording rewrites the objects that a recording lists, and its lists.
func (w *rewriteRun) rewriteRecording(ctx context.Context, r Recording) error {
	c, err := w.catalogue.journal(r.Stream, r.ID)
	if err != nil {
		return err
	}
	var fresh []string
	changed := false
	for i := range c.TimedObjects {
		if c.TimedObjects[i].Name != w.TimedObjects {
			continue
		}
		for j, e := range c.TimedObjects[i].Entries {
			now, err := w.rewriteObject(ctx, e)
			if err != nil {
				return err
			}
			if now == e {
				continue
			}
			c.TimedObjects[i].Entries[j], changed = now, true
			if now.Items > 0 {
				fresh = append(fresh, TimedObjectKey(w.Stream, w.TimedObjects, now))
			}
		}
	}
	if !changed {
		return nil
	}
	return w.updateLists(c, r, fresh)
}

// rewriteObject rewrites one object, unless that has been done for another recording.
func (w *rewriteRun) rewriteObject(ctx context.Context, e packager.TimedObjectEntry) (packager.TimedObjectEntry, error) {
	key := TimedObjectKey(w.Stream, w.TimedObjects, e)
	if now, ok := w.done[key]; ok {
		return now, nil
	}
	if !w.mayHold(e) {
		return e, nil
	}
	text, err := w.files.readAll(ctx, key)
	if errors.Is(err, objectstore.ErrNotFound) {
		w.done[key] = e // a missing object holds nothing
		return e, nil
	}
	if err != nil {
		return e, err
	}
	now := e
	text, changed, left, err := rewriteItems(text, w.Change)
	if err != nil {
		return e, fmt.Errorf("%s: %w", key, err)
	}
	if changed > 0 {
		w.result.Items += changed
		w.result.Objects++
		if now, err = w.writeObject(ctx, e, text, left); err != nil {
			return e, err
		}
		w.old = append(w.old, key)
	}
	w.done[key] = now
	return now, nil
}

// writeObject writes an object under a name that no object has had.
func (w *rewriteRun) writeObject(ctx context.Context, e packager.TimedObjectEntry, text []byte, items int) (packager.TimedObjectEntry, error) {
	e.Items = items
	for taken := true; taken; {
		e.Revision++
		f, err := w.files.open(ctx, TimedObjectKey(w.Stream, w.TimedObjects, e))
		switch {
		case err == nil:
			_ = f.Close()
		case errors.Is(err, objectstore.ErrNotFound):
			taken = false
		default:
			return e, err
		}
	}
	if items == 0 {
		e.From = 0
		return e, nil
	}
	_, err := writeFile(w.files.path(TimedObjectKey(w.Stream, w.TimedObjects, e)), [][]byte{text})
	return e, err
}

// storedTimedObject is an object as it is read back.
type storedTimedObject struct {
	N        int64             `json:"n"`
	Date     int64             `json:"date"`
	Duration int64             `json:"duration"`
	Dropped  int               `json:"dropped,omitempty"`
	Items    []json.RawMessage `json:"items"`
}

// rewriteItems gives each item of an object to change.
func rewriteItems(text []byte, change func(json.RawMessage) (json.RawMessage, bool)) (rewritten []byte, changed, left int, err error) {
	var o storedTimedObject
	if err := json.Unmarshal(text, &o); err != nil {
		return nil, 0, 0, err
	}
	kept := make([]json.RawMessage, 0, len(o.Items))
	for _, item := range o.Items {
		now, keep := change(slices.Clone(item))
		if keep {
			kept = append(kept, now)
		}
		if !keep || string(now) != string(item) {
			changed++
		}
	}
	o.Items = kept
	rewritten, err = json.Marshal(o)
	return append(rewritten, '\n'), changed, len(kept), err
}

// updateLists writes a recording's journal and index again, and has all copied.
func (w *rewriteRun) updateLists(c *parsedJournal, r Recording, fresh []string) error {
	journal := recordingKey(r.Stream, r.ID, journalFile)
	if err := c.write(w.files.path(journal)); err != nil {
		return err
	}
	w.cache.forget(r.ID)
	changed := append(fresh, journal)
	indexes, err := w.writer.writeTimedObjectIndexes(c, streamKey(r.Stream, recordingsDir, r.ID), upToStream)
	changed = append(changed, indexes...)
	if err == nil && w.catalogue.hasStreamPlaylists(r) {
		indexes, err = w.writer.writeTimedObjectIndexes(c, streamKey(r.Stream), "")
		changed = append(changed, indexes...)
	}
	if err != nil {
		return err
	}
	w.replicator.putFiles(changed)
	return nil
}

// removeOld deletes the objects that no recording lists any more.
func (w *rewriteRun) removeOld() error {
	needed := w.catalogue.referenced(w.Stream, "")
	w.old = slices.DeleteFunc(w.old, func(key string) bool { return needed[key] })
	if len(w.old) == 0 {
		return nil
	}
	var publications []string
	for _, key := range w.old {
		if prefix := streamKey(w.Stream, strings.Split(key, "/")[2]) + "/"; !slices.Contains(publications, prefix) {
			publications = append(publications, prefix)
		}
	}
	t := tombstone{Stream: w.Stream, ID: newID(time.Now()), Keys: w.old, Cached: w.old}
	return errors.Join(w.files.removeKeys(w.old, nil), w.remover.deleteObjects(t, publications))
}
