package recording

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/globalfandom/lightstick/media"
)

// remover deletes recordings, and broadcasts that are not recorded, with the media that
// nothing else needs.
type remover struct {
	files      *files
	live       *broadcasts
	catalogue  *catalogue
	writer     *recordingWriter
	replicator *replicator
	tombstones *tombstones
	cache      *viewCache
	deleted    func(stream media.StreamID, recording string, prefixes []string) // may be nil
	log        *slog.Logger
}

// deleteRecording removes a recording with everything of it that no clip needs, here and in
// all storages. It fails with ErrNotFound.
func (m *remover) deleteRecording(id string) error {
	r, err := m.catalogue.find(id)
	if err != nil {
		return err
	}
	c, err := m.catalogue.journal(r.Stream, r.ID)
	if err != nil {
		m.log.Warn("the journal of a recording can't be read; its media stay", "recording", id, "err", err)
	}
	m.replicator.stopCopying(id)
	t := tombstone{Stream: r.Stream, ID: id, Prefixes: []string{streamKey(r.Stream, recordingsDir, r.ID) + "/"}}
	err = nil
	if c != nil {
		err = m.removeMedia(c, &t)
	}
	// The descriptor first: a recording without one isn't there.
	err = errors.Join(err, ignoreMissing(os.Remove(m.files.path(recordingKey(r.Stream, r.ID, descriptorFile)))),
		os.RemoveAll(m.files.path(streamKey(r.Stream, recordingsDir, r.ID))))
	if r.ClipOf == "" && c != nil && !m.live.newerThan(c.Head) {
		more, failed := m.restorePlaylists(c)
		t.Keys, err = append(t.Keys, more...), errors.Join(err, failed)
	}
	m.files.removeEmpty(r.Stream)
	m.cache.forget(r.ID)
	m.live.unpinClip(r.Stream, r.ID)
	m.log.Info("recording deleted", "stream", r.Stream, "recording", r.ID)
	return errors.Join(err, m.deleteObjects(t, t.Prefixes))
}

// removeMedia removes the media of a recording that nothing else needs, and adds them to
// what is to be deleted elsewhere.
func (m *remover) removeMedia(c *parsedJournal, t *tombstone) error {
	needed := m.catalogue.referenced(c.Stream, c.ID)
	keys, prefixes := c.unneeded(needed)
	t.Keys = append(t.Keys, keys...)
	t.Prefixes = append(t.Prefixes, prefixes...)
	for _, key := range c.keys() {
		if !needed[key] {
			t.Cached = append(t.Cached, key)
		}
	}
	return m.files.removeMedia(c, needed)
}

// deleteObjects has objects deleted from all storages, however long that takes, and tells
// that the prefixes have changed.
func (m *remover) deleteObjects(t tombstone, changed []string) error {
	err := m.tombstones.write(t)
	if m.deleted != nil {
		m.deleted(t.Stream, t.ID, changed)
	}
	return err
}

// removeBroadcast removes a broadcast that is not recorded, but for what clips need of it.
func (m *remover) removeBroadcast(h Head) error {
	path := m.files.journalPath(h)
	c, err := readJournal(path)
	if err != nil {
		return errors.Join(ignoreMissing(err), ignoreMissing(os.Remove(path)))
	}
	needed := m.catalogue.referenced(h.Stream, h.ID)
	t := tombstone{ID: h.ID, Cached: c.keys()}
	t.Keys, t.Prefixes = c.unneeded(needed)
	err = m.files.removeMedia(c, needed)
	if !m.live.onAir(h.Stream) {
		more, failed := m.restorePlaylists(c)
		t.Keys, err = append(t.Keys, more...), errors.Join(err, failed)
	}
	m.replicator.deleteEverywhere(t, func() {})
	m.files.removeEmpty(h.Stream)
	return errors.Join(err, ignoreMissing(os.Remove(path)))
}

// restorePlaylists makes a stream's playlists those of its newest recording, or removes
// them if there is none; it gives the keys to delete elsewhere then.
func (m *remover) restorePlaylists(c *parsedJournal) (keys []string, err error) {
	newest := m.catalogue.newest(c.Stream)
	if newest == "" {
		return c.playlists(), m.removePlaylists(c.Stream)
	}
	older, err := m.catalogue.journal(c.Stream, newest)
	if err != nil {
		return nil, err
	}
	written, err := m.writer.writePlaylists(older, streamKey(c.Stream), "")
	if err == nil {
		m.replicator.putFiles(written)
	}
	return nil, err
}

// removePlaylists removes the playlists beside the publications' directories.
func (m *remover) removePlaylists(id media.StreamID) error {
	dir := m.files.path(streamKey(id))
	var err error
	for _, name := range filesIn(dir, ".m3u8") {
		err = errors.Join(err, ignoreMissing(os.Remove(filepath.Join(dir, name))))
	}
	for _, name := range timedObjectsIn(dir) {
		err = errors.Join(err, os.RemoveAll(filepath.Join(dir, name)))
	}
	return err
}

// sweepEvery is how often recordings are looked through for those that have expired.
const sweepEvery = 10 * time.Minute

// deleteExpired deletes the recordings that have expired.
func (m *remover) deleteExpired(ctx context.Context) {
	all, err := m.catalogue.list(ctx, "")
	if err != nil {
		return
	}
	now := time.Now()
	for _, r := range all {
		if r.Expires.IsZero() || now.Before(r.Expires) {
			continue
		}
		if err := m.deleteRecording(r.ID); err != nil {
			m.log.Error("an expired recording can't be deleted", "recording", r.ID, "err", err)
		}
	}
}
