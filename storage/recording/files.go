package recording

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/globalfandom/lightstick/internal/atomicfile"
	"github.com/globalfandom/lightstick/media"
	"github.com/globalfandom/lightstick/packager"
	"github.com/globalfandom/lightstick/storage/objectstore"
)

// stored is a segment in the archive: its key.
type stored struct {
	archive *Archive
	key     string
}

// openTimeout bounds the reading back of a segment.
const openTimeout = 20 * time.Second

// Open implements packager.Stored.
func (f stored) Open() (io.ReadSeekCloser, error) {
	ctx, cancel := context.WithTimeout(context.Background(), openTimeout)
	defer cancel()
	r, err := f.archive.Open(ctx, f.key)
	if errors.Is(err, objectstore.ErrNotFound) {
		return nil, packager.ErrGone
	}
	return r, err
}

func (a *Archive) locate(id media.StreamID) packager.Locate {
	return func(rendition string, e packager.Entry) packager.Stored {
		return stored{a, SegmentKey(id, rendition, e)}
	}
}

// writeFile writes chunks as one file.
func writeFile(path string, chunks [][]byte) (size int, err error) {
	f, err := create(path, func() (*os.File, error) { return os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o640) })
	if err != nil {
		return 0, err
	}
	for _, c := range chunks {
		n, err := f.Write(c)
		size += n
		if err != nil {
			return size, errors.Join(err, f.Close())
		}
	}
	return size, f.Close()
}

// create opens a new file at the path, and makes its directory if that is missing. An empty
// one may be removed by another goroutine (see removeEmpty) before the file is in it.
func create[F any](path string, open func() (F, error)) (f F, err error) {
	for range 5 {
		if f, err = open(); !errors.Is(err, os.ErrNotExist) {
			return f, err
		}
		if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
			return f, err
		}
	}
	return f, err
}

// removeEmpty removes what is empty of a stream's directory, its publications' directories
// and their renditions'.
func (a *Archive) removeEmpty(id media.StreamID) {
	dir := a.localPath(streamKey(id))
	for _, publication := range directoriesIn(dir) {
		for _, rendition := range directoriesIn(publication) {
			_ = os.Remove(rendition) // what is not empty stays: that is no error
		}
		_ = os.Remove(publication)
	}
	_ = os.Remove(dir)
}

// directoriesIn are the paths of the directories in a directory.
func directoriesIn(dir string) (paths []string) {
	entries, _ := os.ReadDir(dir)
	for _, e := range entries {
		if e.IsDir() {
			paths = append(paths, filepath.Join(dir, e.Name()))
		}
	}
	return paths
}

func ignoreMissing(err error) error {
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	return err
}

// writeAtomically writes a file so that readers see the old one or the new one.
func writeAtomically(path string, content []byte) error {
	f, err := createAtomically(path)
	if err != nil {
		return err
	}
	defer f.Discard()
	if _, err = f.Write(content); err == nil {
		err = f.CommitUnsynced()
	}
	if err != nil {
		return fmt.Errorf("recording: %w", err)
	}
	return nil
}

func createAtomically(path string) (*atomicfile.File, error) {
	return create(path, func() (*atomicfile.File, error) { return atomicfile.Create(path, 0o640) })
}
