package objectstore

import (
	"cmp"
	"context"
	"fmt"
	"io/fs"
	"iter"
	"path"
	"slices"
	"strings"
)

// List implements Store. It reads one directory at a time; what vanishes while it
// does so is not listed.
func (d *Dir) List(ctx context.Context, prefix string) iter.Seq2[Info, error] {
	return func(yield func(Info, error) bool) {
		if err := checkPrefix(prefix); err != nil {
			yield(Info{}, err)
			return
		}
		dir, start := cutPrefix(prefix)
		d.walk(ctx, dir, start, yield)
	}
}

// walk yields what is in a directory, "" being the topmost, in names that begin
// with start. It tells whether to go on.
func (d *Dir) walk(ctx context.Context, dir, start string, yield func(Info, error) bool) bool {
	entries, err := d.entries(dir)
	if err != nil {
		yield(Info{}, fmt.Errorf("objectstore: list %s: %w", dir, err))
		return false
	}
	for _, e := range entries {
		if err := ctx.Err(); err != nil {
			yield(Info{}, err)
			return false
		}
		if !strings.HasPrefix(e.Name(), start) || (dir == "" && e.Name() == tempDir) {
			continue
		}
		if key := path.Join(dir, e.Name()); !d.visit(ctx, key, e, yield) {
			return false
		}
	}
	return true
}

func (d *Dir) visit(ctx context.Context, key string, e fs.DirEntry, yield func(Info, error) bool) bool {
	if e.IsDir() {
		return d.walk(ctx, key, "", yield)
	}
	if !e.Type().IsRegular() || CheckKey(key) != nil {
		return true // not put by us
	}
	stat, err := e.Info()
	switch {
	case isMissing(err):
		return true
	case err != nil:
		yield(Info{}, fmt.Errorf("objectstore: list %s: %w", key, err))
		return false
	}
	return yield(Info{Key: key, Size: stat.Size(), Modified: stat.ModTime()}, nil)
}

// entries reads a directory, in the order of the keys below it: "a-b" comes before
// "a/b", though "a" comes before "a-b".
func (d *Dir) entries(dir string) ([]fs.DirEntry, error) {
	f, err := d.root.Open(cmp.Or(dir, "."))
	if isMissing(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if stat, err := f.Stat(); err != nil || !stat.IsDir() {
		return nil, err
	}
	entries, err := f.ReadDir(-1)
	if err != nil && !isMissing(err) {
		return nil, err
	}
	slices.SortFunc(entries, func(a, b fs.DirEntry) int { return strings.Compare(sortName(a), sortName(b)) })
	return entries, nil
}

func sortName(e fs.DirEntry) string {
	if e.IsDir() {
		return e.Name() + "/"
	}
	return e.Name()
}
