// Package atomicfile writes files that readers see whole or not at all: into a temporary
// file beside the target, which is renamed when it is complete.
package atomicfile

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/globalfandom/lightstick/internal/randomid"
)

// tempPrefix begins the names of temporary files. A process that is killed leaves them.
const tempPrefix = ".new-"

// WriteNew makes the file at path, and fails with fs.ErrExist if there is one. Of several
// processes that call it at once one succeeds. After a power cut the file is whole or missing.
// The process's umask applies to mode.
func WriteNew(path string, content []byte, mode fs.FileMode) error {
	f, err := Create(path, mode)
	if err != nil {
		return err
	}
	defer f.Discard()
	if _, err := f.Write(content); err != nil {
		return err
	}
	return f.commitNew()
}

// File is a temporary file. A commit makes it the target; Discard must be called
// in any case.
type File struct {
	*os.File
	path string
}

// Create makes a temporary file in the directory of path, which must exist.
func Create(path string, mode fs.FileMode) (*File, error) {
	name := filepath.Join(filepath.Dir(path), tempPrefix+randomid.Hex(16))
	f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return nil, err
	}
	return &File{f, path}, nil
}

// Commit closes the file and replaces the target by it. When it returns nil, a power cut
// does not take the file away again.
func (f *File) Commit() error {
	if err := errors.Join(f.Sync(), f.Close()); err != nil {
		return err
	}
	return errors.Join(os.Rename(f.Name(), f.path), f.syncDir())
}

// CommitUnsynced does the same without waiting for the disk: after a power cut the file
// may be missing, old or incomplete. It is for what can be made again, such as a cache.
func (f *File) CommitUnsynced() error {
	if err := f.Close(); err != nil {
		return err
	}
	return os.Rename(f.Name(), f.path)
}

// commitNew gives the file its name if no other has it.
func (f *File) commitNew() error {
	if err := errors.Join(f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Link(f.Name(), f.path); err != nil {
		return err
	}
	return f.syncDir()
}

// Discard closes the file and removes it. After Commit and CommitUnsynced it does nothing.
func (f *File) Discard() {
	_ = f.Close()
	_ = os.Remove(f.Name())
}

// syncDir waits until the directory's new entry is on the disk.
func (f *File) syncDir() error {
	dir, err := os.Open(filepath.Dir(f.path))
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}
