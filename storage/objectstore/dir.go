package objectstore

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"sync/atomic"
	"syscall"
	"time"
)

// oldTemp is the age at which a temporary file is taken for one that a crash left.
// No upload takes so long, and another process may be writing to the same place.
const oldTemp = time.Hour

// renameAttempts bounds how often a Put makes its directory anew. It takes two, or
// three among many Deletes; a file in the way stays there.
const renameAttempts = 100

// Dir keeps objects in files below one directory, with their keys as paths. It has
// no attributes: a server of the files finds the type by the name. Files are not
// synced; after a power cut the last seconds may be gone.
//
// A key can't be the directory of another one: where "a" is, "a/b" fails.
type Dir struct {
	path string
	root *os.Root // no path leaves it, not by a symbolic link either
	run  string   // distinguishes the temporary files of processes
	puts atomic.Uint64
}

// NewDir uses the directory, which it makes if need be. What an interrupted Put
// left there over an hour ago is removed.
func NewDir(path string) (*Dir, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("objectstore: %w", err)
	}
	if err := os.MkdirAll(filepath.Join(abs, tempDir), 0o750); err != nil {
		return nil, fmt.Errorf("objectstore: %w", err)
	}
	root, err := os.OpenRoot(abs)
	if err != nil {
		return nil, fmt.Errorf("objectstore: %w", err)
	}
	run := strconv.Itoa(os.Getpid()) + "-" + strconv.FormatInt(time.Now().UnixNano(), 36)
	d := &Dir{path: abs, root: root, run: run}
	return d, d.removeOldTemps()
}

// Close closes the directory. Objects that are open stay readable.
func (d *Dir) Close() error { return d.root.Close() }

// Path returns where an object's file is, or "" for a key that is none.
func (d *Dir) Path(key string) string {
	if CheckKey(key) != nil {
		return ""
	}
	return filepath.Join(d.path, filepath.FromSlash(key))
}

// Put implements Store.
func (d *Dir) Put(ctx context.Context, key string, body io.ReadSeeker, _ Attributes) error {
	if err := errorOf(ctx, key); err != nil {
		return err
	}
	temp := path.Join(tempDir, d.run+"-"+strconv.FormatUint(d.puts.Add(1), 36))
	err := d.write(ctx, temp, body)
	if err == nil {
		err = d.rename(temp, key)
	}
	if err != nil {
		_ = d.root.Remove(temp) // half an object is of no use, and may free the disk
		return fmt.Errorf("objectstore: put %s: %w", key, err)
	}
	return nil
}

func (d *Dir) write(ctx context.Context, name string, body io.ReadSeeker) error {
	if _, err := body.Seek(0, io.SeekStart); err != nil {
		return err
	}
	f, err := d.root.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o640)
	if err != nil {
		return err
	}
	// A body with a WriteTo, as segments have, writes its own slices.
	_, err = io.Copy(&contextWriter{ctx, f}, body)
	return errors.Join(err, f.Close())
}

// rename makes the directories too. Deletes beside it may remove them in between, as
// they are empty, or while they are made: then once more.
func (d *Dir) rename(temp, key string) error {
	var err error
	for range renameAttempts {
		if err = d.root.MkdirAll(path.Dir(key), 0o750); err == nil {
			err = d.root.Rename(temp, key)
		}
		if !errors.Is(err, os.ErrNotExist) && !errors.Is(err, os.ErrExist) {
			return err
		}
	}
	return err
}

// Get implements Store. Without a range, the reader is the *os.File.
func (d *Dir) Get(ctx context.Context, key string, r Range) (io.ReadCloser, Info, error) {
	if err := errorOf(ctx, key); err != nil {
		return nil, Info{}, err
	}
	f, err := d.root.Open(key)
	if isMissing(err) {
		return nil, Info{}, fmt.Errorf("%w: %s", ErrNotFound, key)
	}
	if err != nil {
		return nil, Info{}, fmt.Errorf("objectstore: get %s: %w", key, err)
	}
	body, info, err := openRange(f, key, r)
	if err != nil {
		return nil, Info{}, errors.Join(err, f.Close())
	}
	return body, info, nil
}

func openRange(f *os.File, key string, r Range) (io.ReadCloser, Info, error) {
	stat, err := f.Stat()
	if err != nil {
		return nil, Info{}, fmt.Errorf("objectstore: get %s: %w", key, err)
	}
	if !stat.Mode().IsRegular() {
		return nil, Info{}, fmt.Errorf("%w: %s", ErrNotFound, key)
	}
	n, err := r.within(stat.Size())
	if err != nil {
		return nil, Info{}, err
	}
	info := Info{Key: key, Size: stat.Size(), Modified: stat.ModTime()}
	if n == info.Size {
		return f, info, nil
	}
	return readCloser{io.NewSectionReader(f, r.Offset, n), f}, info, nil
}

// Delete implements Store. Directories that become empty go too.
func (d *Dir) Delete(ctx context.Context, keys ...string) error {
	var errs []error
	for _, key := range keys {
		err := errorOf(ctx, key)
		if err == nil {
			err = d.remove(key)
		}
		if err != nil {
			errs = append(errs, err)
		}
		if ctx.Err() != nil {
			break
		}
	}
	return errors.Join(errs...)
}

func (d *Dir) remove(key string) error {
	stat, err := d.root.Lstat(key)
	if isMissing(err) || (err == nil && stat.IsDir()) {
		return nil // a directory is no object
	}
	if err == nil {
		err = d.root.Remove(key)
	}
	if err != nil && !isMissing(err) {
		return fmt.Errorf("objectstore: delete %s: %w", key, err)
	}
	for dir := path.Dir(key); dir != "."; dir = path.Dir(dir) {
		if d.root.Remove(dir) != nil {
			break // it isn't empty
		}
	}
	return nil
}

// removeOldTemps removes what crashes left.
func (d *Dir) removeOldTemps() error {
	entries, err := os.ReadDir(filepath.Join(d.path, tempDir))
	if err != nil {
		return fmt.Errorf("objectstore: %w", err)
	}
	for _, e := range entries {
		if info, err := e.Info(); err == nil && time.Since(info.ModTime()) > oldTemp {
			_ = d.root.Remove(path.Join(tempDir, e.Name()))
		}
	}
	return nil
}

// isMissing tells errors that mean: no such object. A file where the key has a
// directory is one of them.
func isMissing(err error) bool {
	return errors.Is(err, os.ErrNotExist) || errors.Is(err, syscall.ENOTDIR)
}

// contextWriter fails once its context has ended.
type contextWriter struct {
	ctx context.Context
	w   io.Writer
}

func (w *contextWriter) Write(p []byte) (int, error) {
	if err := w.ctx.Err(); err != nil {
		return 0, err
	}
	return w.w.Write(p)
}

// readCloser reads from one and closes the other.
type readCloser struct {
	io.Reader
	io.Closer
}
