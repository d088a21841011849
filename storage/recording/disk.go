package recording

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/globalfandom/lightstick/internal/atomicfile"
)

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

// timedObjectsIn are the names of the timed objects that have an index in a directory.
func timedObjectsIn(dir string) (names []string) {
	for _, name := range filesIn(dir, "") {
		if _, err := os.Stat(filepath.Join(dir, name, timedObjectIndex)); err == nil {
			names = append(names, name)
		}
	}
	return names
}

// filesIn are the names in a directory that end so, in order.
func filesIn(dir, suffix string) (names []string) {
	entries, _ := os.ReadDir(dir)
	for _, e := range entries {
		if strings.HasSuffix(e.Name(), suffix) {
			names = append(names, e.Name())
		}
	}
	return names
}
