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
)

// List gives the recordings of a stream, or of all when id is "", the newest first.
func (a *Archive) List(ctx context.Context, id media.StreamID) ([]Recording, error) {
	streams := []string{string(id)}
	if id == "" {
		streams = filesIn(filepath.Join(a.cfg.Dir, root), "")
	}
	var all []Recording
	for _, stream := range streams {
		for _, name := range filesIn(a.localPath(streamKey(media.StreamID(stream), recordingsDir)), "") {
			if ctx.Err() != nil {
				return nil, ctx.Err()
			}
			r, err := a.descriptor(media.StreamID(stream), name)
			switch {
			case err == nil:
				all = append(all, r)
			case !errors.Is(err, ErrNotFound): // not finished yet
				a.log.Warn("a recording can't be read", "stream", stream, "recording", name, "err", err)
			}
		}
	}
	slices.SortStableFunc(all, func(a, b Recording) int { return strings.Compare(b.ID, a.ID) })
	return all, nil
}

func (a *Archive) descriptor(id media.StreamID, recording string) (r Recording, err error) {
	text, err := a.files.ReadFile(filepath.FromSlash(recordingKey(id, recording, descriptorFile)))
	if errors.Is(err, os.ErrNotExist) {
		return r, fmt.Errorf("%w: %s", ErrNotFound, recording)
	}
	if err != nil {
		return r, err
	}
	return r, json.Unmarshal(text, &r)
}

// validID reports whether a recording could have the ID: it stands in paths.
func validID(id string) bool {
	return id != "" && len(id) <= 64 && !strings.ContainsFunc(id, func(r rune) bool {
		return (r < '0' || r > '9') && (r < 'a' || r > 'z') && r != '-'
	})
}

// Get finds a recording. It fails with ErrNotFound.
func (a *Archive) Get(ctx context.Context, id string) (Recording, error) {
	if validID(id) {
		for _, stream := range filesIn(filepath.Join(a.cfg.Dir, root), "") {
			r, err := a.descriptor(media.StreamID(stream), id)
			if !errors.Is(err, ErrNotFound) {
				return r, err
			}
		}
	}
	return Recording{}, fmt.Errorf("%w: %.64q", ErrNotFound, id)
}

// Delete removes a recording with everything of it that no clip needs, here and in
// all storages. It fails with ErrNotFound.
func (a *Archive) Delete(ctx context.Context, id string) error {
	r, err := a.Get(ctx, id)
	if err != nil {
		return err
	}
	c, err := readJournal(a.localPath(recordingKey(r.Stream, r.ID, journalFile)))
	if err != nil {
		a.log.Warn("the journal of a recording can't be read; its media stay", "recording", id, "err", err)
	}
	err = nil
	a.mu.Lock()
	for _, writer := range a.copying[id] {
		writer.Close()
	}
	delete(a.copying, id)
	a.mu.Unlock()
	dir := streamKey(r.Stream, recordingsDir, r.ID)
	grave := tombstone{Stream: r.Stream, ID: id, Prefixes: []string{dir + "/"}}
	err = nil
	if c != nil {
		needed := a.referenced(r.Stream, r.ID)
		var prefixes []string
		grave.Keys, prefixes = c.unneeded(needed)
		grave.Prefixes = append(grave.Prefixes, prefixes...)
		for _, key := range c.keys() {
			if !needed[key] {
				grave.Cached = append(grave.Cached, key)
			}
		}
		err = a.removeMedia(c, needed)
	}
	// The descriptor first: a recording without one isn't there.
	err = errors.Join(err, ignoreMissing(os.Remove(a.localPath(dir+"/"+descriptorFile))), os.RemoveAll(a.localPath(dir)))
	if head, live := a.current(r.Stream); (!live || head.ID == r.ID) && r.ClipOf == "" && c != nil {
		more, failed := a.restorePlaylists(c)
		grave.Keys, err = append(grave.Keys, more...), errors.Join(err, failed)
	}
	a.removeEmpty(r.Stream)
	a.cache.forget(r.ID)
	a.unpin(r)
	a.log.Info("recording deleted", "stream", r.Stream, "recording", r.ID)
	err = errors.Join(err, a.writeTombstone(grave))
	if a.cfg.Deleted != nil {
		a.cfg.Deleted(r.Stream, r.ID, grave.Prefixes)
	}
	return err
}

// referenced are the keys of media that the stream's recordings but one need, or its
// broadcast that goes on.
func (a *Archive) referenced(id media.StreamID, but string) map[string]bool {
	var journals []string
	for _, name := range filesIn(a.localPath(streamKey(id, recordingsDir)), "") {
		if name != but {
			journals = append(journals, a.localPath(recordingKey(id, name, journalFile)))
		}
	}
	if head, ok := a.current(id); ok && head.ID != but {
		journals = append(journals, a.journalPath(head))
	}
	keys := make(map[string]bool)
	for _, path := range journals {
		c, err := readJournal(path)
		if err != nil {
			continue // no recording is without one
		}
		for _, key := range c.keys() {
			keys[key] = true
		}
	}
	return keys
}

// Newest is the ID of the stream's newest recording that is no clip, or "".
func (a *Archive) Newest(id media.StreamID) string {
	names := filesIn(a.localPath(streamKey(id, recordingsDir)), "")
	for _, name := range slices.Backward(names) { // they sort by time
		if r, err := a.descriptor(id, name); err == nil && r.ClipOf == "" {
			return r.ID
		}
	}
	return ""
}

// sweep deletes the recordings whose time is over.
func (a *Archive) sweep(ctx context.Context) {
	all, err := a.List(ctx, "")
	if err != nil {
		return
	}
	now := time.Now()
	for _, r := range all {
		if r.Expires.IsZero() || now.Before(r.Expires) {
			continue
		}
		if err := a.Delete(ctx, r.ID); err != nil {
			a.log.Error("an expired recording can't be deleted", "recording", r.ID, "err", err)
		}
	}
}
