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

// Rewriting asks for changes of what lies beside a stream's recordings.
type Rewriting struct {
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

// Rewritten is what became of that.
type Rewritten struct {
	Items   int // changed or taken out
	Objects int // that held them
	// Pending says that a broadcast of the stream goes on, or is becoming a recording,
	// that has objects of the time, or may get some: they were not touched. Ask again.
	Pending bool
}

// Rewrite changes what the timed objects' objects of all recordings and clips of a stream
// hold, as the erasure of somebody's data needs it. An object that changes gets a new
// name, for caches keep what they have; the old one is deleted here and in all storages,
// and Config.Deleted is told of its publication.
func (a *Archive) Rewrite(ctx context.Context, r Rewriting) (Rewritten, error) {
	a.rewriting.Lock()
	defer a.rewriting.Unlock()
	w := rewriter{archive: a, Rewriting: r, done: make(map[string]packager.TimedObjectEntry)}
	w.result.Pending = slices.ContainsFunc(filesIn(filepath.Join(a.cfg.Dir, journalDir), journalSuffix), w.waitsFor)
	all, err := a.List(ctx, r.Stream)
	if err != nil {
		return w.result, err
	}
	for _, recording := range all {
		if _, err := os.Stat(a.journalPath(Head{Stream: r.Stream, ID: recording.ID})); err == nil {
			continue // it is still being made, and pending
		}
		if err := w.recording(ctx, recording); err != nil {
			return w.result, fmt.Errorf("recording %s: %w", recording.ID, err)
		}
	}
	return w.result, w.removeOld()
}

// rewriter is one rewriting.
type rewriter struct {
	Rewriting
	archive *Archive
	result  Rewritten
	done    map[string]packager.TimedObjectEntry // by the old key: what the object has become
	old     []string                             // keys of objects that have become others
}

// waitsFor reports whether a broadcast that is not over has objects to rewrite, or will.
func (w *rewriter) waitsFor(journal string) bool {
	if !strings.HasPrefix(journal, string(w.Stream)+"~") {
		return false
	}
	c, err := readJournal(filepath.Join(w.archive.cfg.Dir, journalDir, journal))
	if err != nil {
		return !errors.Is(err, os.ErrNotExist)
	}
	entries := c.timedObjects(w.TimedObjects).Entries
	if n := len(entries); n == 0 || w.To.IsZero() || entries[n-1].ProgramDateTime.Add(entries[n-1].Duration).Before(w.To.Add(readAhead)) {
		return true // what is of the time may not have been cut yet
	}
	return slices.ContainsFunc(entries, w.concerns)
}

// concerns reports whether an object may have items of the time.
func (w *rewriter) concerns(e packager.TimedObjectEntry) bool {
	return e.Items > 0 && (w.To.IsZero() || e.From <= w.To.UnixMilli()) &&
		(w.From.IsZero() || !e.ProgramDateTime.Add(e.Duration+fastClock).Before(w.From))
}

// recording rewrites the objects that a recording lists, and its lists.
func (w *rewriter) recording(ctx context.Context, r Recording) error {
	a := w.archive
	journal := a.localPath(recordingKey(r.Stream, r.ID, journalFile))
	c, err := readJournal(journal)
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
			now, err := w.object(ctx, e)
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
	return w.relist(c, r, fresh)
}

// object rewrites one object, unless that has been done for another recording.
func (w *rewriter) object(ctx context.Context, e packager.TimedObjectEntry) (packager.TimedObjectEntry, error) {
	key := TimedObjectKey(w.Stream, w.TimedObjects, e)
	if now, ok := w.done[key]; ok {
		return now, nil
	}
	if !w.concerns(e) {
		return e, nil
	}
	text, err := w.archive.readAll(ctx, key)
	if errors.Is(err, objectstore.ErrNotFound) {
		w.done[key] = e // what isn't there holds nothing
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
		if now, err = w.write(ctx, e, text, left); err != nil {
			return e, err
		}
		w.old = append(w.old, key)
	}
	w.done[key] = now
	return now, nil
}

// write writes an object under a name that none has had.
func (w *rewriter) write(ctx context.Context, e packager.TimedObjectEntry, text []byte, items int) (packager.TimedObjectEntry, error) {
	e.Items = items
	for taken := true; taken; {
		e.Revision++
		f, err := w.archive.Open(ctx, TimedObjectKey(w.Stream, w.TimedObjects, e))
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
	_, err := writeFile(w.archive.localPath(TimedObjectKey(w.Stream, w.TimedObjects, e)), [][]byte{text})
	return e, err
}

// timedObject is an object as it is read back.
type timedObject struct {
	N        int64             `json:"n"`
	Date     int64             `json:"date"`
	Duration int64             `json:"duration"`
	Dropped  int               `json:"dropped,omitempty"`
	Items    []json.RawMessage `json:"items"`
}

// rewriteItems gives each item of an object to change.
func rewriteItems(text []byte, change func(json.RawMessage) (json.RawMessage, bool)) (rewritten []byte, changed, left int, err error) {
	var o timedObject
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

// relist writes a recording's journal and index anew, and has all copied.
func (w *rewriter) relist(c *parsedJournal, r Recording, fresh []string) error {
	a := w.archive
	journal := recordingKey(r.Stream, r.ID, journalFile)
	if err := c.write(a.localPath(journal)); err != nil {
		return err
	}
	a.cache.forget(r.ID)
	files := append(fresh, journal)
	places := map[string]string{streamKey(r.Stream, recordingsDir, r.ID): upToStream}
	if r.ClipOf == "" && a.Newest(r.Stream) == r.ID && !a.onAir(r.Stream) {
		places[streamKey(r.Stream)] = ""
	}
	for dir, base := range places {
		s, err := a.show(c, base)
		if err != nil {
			return err
		}
		for _, timedObjects := range s.AllTimedObjects() {
			key := dir + "/" + timedObjects.Name() + "/" + timedObjectIndex
			if err := writeAtomically(a.localPath(key), timedObjects.Snapshot().Index().Plain()); err != nil {
				return err
			}
			files = append(files, key)
		}
	}
	for _, p := range a.cfg.Replicas {
		p.Put(files, func() {})
	}
	return nil
}

// removeOld deletes the objects that no recording lists any more.
func (w *rewriter) removeOld() error {
	a := w.archive
	needed := a.referenced(w.Stream, "")
	w.old = slices.DeleteFunc(w.old, func(key string) bool { return needed[key] })
	if len(w.old) == 0 {
		return nil
	}
	var err error
	var prefixes []string
	for _, key := range w.old {
		err = errors.Join(err, ignoreMissing(os.Remove(a.localPath(key))))
		if prefix := streamKey(w.Stream, strings.Split(key, "/")[2]) + "/"; !slices.Contains(prefixes, prefix) {
			prefixes = append(prefixes, prefix)
		}
	}
	id := newID(time.Now())
	err = errors.Join(err, a.writeTombstone(tombstone{Stream: w.Stream, ID: id, Keys: w.old, Cached: w.old}))
	if a.cfg.Deleted != nil {
		a.cfg.Deleted(w.Stream, id, prefixes)
	}
	return err
}
