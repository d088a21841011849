package record

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/globalfandom/lightstick/media"
	"github.com/globalfandom/lightstick/origin/store"
	"github.com/globalfandom/lightstick/packager"
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
	if errors.Is(err, store.ErrNotFound) {
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
	open := func() (*os.File, error) { return os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o640) }
	f, err := open()
	if errors.Is(err, os.ErrNotExist) {
		if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
			return 0, err
		}
		f, err = open()
	}
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

func ignoreMissing(err error) error {
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	return err
}

// writeAtomically writes a file so that readers see the old one or the new one.
func writeAtomically(path string, content []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".new-*")
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	if err = errors.Join(err, f.Chmod(0o640), f.Close()); err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		_ = os.Remove(f.Name())
		return fmt.Errorf("record: %w", err)
	}
	return nil
}
