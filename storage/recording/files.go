package recording

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/globalfandom/lightstick/media"
	"github.com/globalfandom/lightstick/packager"
	"github.com/globalfandom/lightstick/storage/objectstore"
)

// files are the library's files, by key. What the disk lacks is read from the remote storage.
type files struct {
	dir    string
	root   *os.Root // no key leaves dir
	remote Remote   // nil: there is none

	stopped context.Context // of what replicas read
}

// openFiles uses a directory, and makes it if needed.
func openFiles(dir string, remote Remote, stopped context.Context) (*files, error) {
	if err := os.MkdirAll(filepath.Join(dir, root), 0o750); err != nil {
		return nil, fmt.Errorf("recording: %w", err)
	}
	opened, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("recording: %w", err)
	}
	return &files{dir, opened, remote, stopped}, nil
}

// path is where an object lies on this machine, if it does.
func (f *files) path(key string) string { return filepath.Join(f.dir, filepath.FromSlash(key)) }

// journalPath is where the journal of a broadcast lies while it goes on.
func (f *files) journalPath(h Head) string {
	return filepath.Join(f.dir, journalDir, string(h.Stream)+"~"+h.ID+journalSuffix)
}

// journals are the names of the journals of broadcasts that are not over, or of which a
// recording is being made.
func (f *files) journals() []string { return filesIn(filepath.Join(f.dir, journalDir), journalSuffix) }

// streams are the streams that something is stored of.
func (f *files) streams() (all []media.StreamID) {
	for _, name := range filesIn(filepath.Join(f.dir, root), "") {
		all = append(all, media.StreamID(name))
	}
	return all
}

// open opens an immutable object, from the disk or the remote storage. It fails with
// objectstore.ErrNotFound.
func (f *files) open(ctx context.Context, key string) (io.ReadSeekCloser, error) {
	file, err := f.root.Open(filepath.FromSlash(key))
	if err == nil {
		return file, nil
	}
	if f.remote == nil {
		return nil, notFound(err)
	}
	r, _, remoteErr := f.remote.Open(ctx, key)
	if remoteErr != nil {
		return nil, remoteErr
	}
	return r, nil
}

// small reads an object that may change, from the disk or the remote storage. It
// fails with objectstore.ErrNotFound.
func (f *files) small(ctx context.Context, key string) ([]byte, error) {
	b, err := f.root.ReadFile(filepath.FromSlash(key))
	if err == nil || f.remote == nil {
		return b, notFound(err)
	}
	b, _, err = f.remote.Small(ctx, key)
	return b, err
}

// notFound makes the disk's words for what isn't there the store's.
func notFound(err error) error {
	if err == nil || errors.Is(err, objectstore.ErrNotFound) {
		return err
	}
	if errors.Is(err, os.ErrNotExist) || errors.Is(err, os.ErrInvalid) {
		return fmt.Errorf("%w: %w", objectstore.ErrNotFound, err)
	}
	return err
}

// openTimeout bounds the reading back of a segment.
const openTimeout = 20 * time.Second

// openForReplica opens an object that is to be copied, until the library stops.
func (f *files) openForReplica(key string) (io.ReadSeekCloser, error) {
	ctx, cancel := context.WithTimeout(f.stopped, openTimeout)
	defer cancel()
	return f.open(ctx, key)
}

// readAll reads an immutable object.
func (f *files) readAll(ctx context.Context, key string) ([]byte, error) {
	object, err := f.open(ctx, key)
	if err != nil {
		return nil, err
	}
	defer object.Close()
	return io.ReadAll(object)
}

// readRecordingJournal reads a recording's journal, from the disk or the remote storage.
func (f *files) readRecordingJournal(ctx context.Context, id media.StreamID, recording string) (*parsedJournal, error) {
	text, err := f.open(ctx, recordingKey(id, recording, journalFile))
	if err != nil {
		return nil, err
	}
	defer text.Close()
	return parseJournal(text)
}

// readRange reads a part of an immutable object.
func (f *files) readRange(ctx context.Context, key string, offset, length int64) ([]byte, error) {
	file, err := f.root.Open(filepath.FromSlash(key))
	if errors.Is(err, os.ErrNotExist) && f.remote != nil {
		return f.remote.Range(ctx, key, offset, length)
	}
	if err != nil {
		return nil, notFound(err)
	}
	defer file.Close()
	b := make([]byte, length)
	_, err = io.ReadFull(io.NewSectionReader(file, offset, length), b)
	return b, err
}

// removeKeys removes objects from the disk, but not those that are needed.
func (f *files) removeKeys(keys []string, needed map[string]bool) (err error) {
	for _, key := range keys {
		if !needed[key] {
			err = errors.Join(err, ignoreMissing(os.Remove(f.path(key))))
		}
	}
	return err
}

// removeMedia removes the media of a broadcast that nothing else refers to.
func (f *files) removeMedia(c *parsedJournal, needed map[string]bool) error {
	err := f.removeKeys(c.keys(), needed)
	f.removeEmpty(c.Stream)
	return err
}

// removeEmpty removes what is empty of a stream's directory, its publications' directories
// and their renditions'.
func (f *files) removeEmpty(id media.StreamID) {
	dir := f.path(streamKey(id))
	for _, publication := range directoriesIn(dir) {
		for _, rendition := range directoriesIn(publication) {
			_ = os.Remove(rendition) // what is not empty stays: that is no error
		}
		_ = os.Remove(publication)
	}
	_ = os.Remove(dir)
}

// stored is a segment in the library: its key.
type stored struct {
	files *files
	key   string
}

// Open implements packager.Stored.
func (s stored) Open() (io.ReadSeekCloser, error) {
	ctx, cancel := context.WithTimeout(context.Background(), openTimeout)
	defer cancel()
	r, err := s.files.open(ctx, s.key)
	if errors.Is(err, objectstore.ErrNotFound) {
		return nil, packager.ErrGone
	}
	return r, err
}

// locate finds a stream's segments for the packager.
func (f *files) locate(id media.StreamID) packager.Locate {
	return func(rendition string, e packager.Entry) packager.Stored {
		return stored{f, SegmentKey(id, rendition, e)}
	}
}
