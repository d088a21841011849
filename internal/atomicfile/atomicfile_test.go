package atomicfile

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// Each way to end a file leaves the right content, and no temporary file.
func TestFile(t *testing.T) {
	write := func(end func(*File) error) func(string) error {
		return func(path string) error {
			f, err := Create(path, 0o640)
			if err != nil {
				return err
			}
			defer f.Discard()
			if _, err := f.WriteString("new"); err != nil {
				return err
			}
			if old, err := os.ReadFile(path); err == nil && string(old) != "old" {
				t.Errorf("before the end the file holds %q", old)
			}
			return end(f)
		}
	}
	tests := []struct {
		name          string
		write         func(path string) error
		absent, there string // content after it
		err           error  // if there is a file
	}{
		{"commit", write((*File).Commit), "new", "new", nil},
		{"commit unsynced", write((*File).CommitUnsynced), "new", "new", nil},
		{"write new", func(path string) error { return WriteNew(path, []byte("new"), 0o640) }, "new", "old", fs.ErrExist},
		{"discard", write(func(*File) error { return nil }), "", "old", nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for _, before := range []string{"", "old"} {
				path := filepath.Join(t.TempDir(), "file")
				want, wantErr := tt.absent, error(nil)
				if before != "" {
					want, wantErr = tt.there, tt.err
					if err := os.WriteFile(path, []byte(before), 0o640); err != nil {
						t.Fatal(err)
					}
				}
				if err := tt.write(path); !errors.Is(err, wantErr) {
					t.Errorf("%v, want %v", err, wantErr)
				}
				if got, _ := os.ReadFile(path); string(got) != want {
					t.Errorf("the file holds %q, want %q", got, want)
				}
				var left []string
				if want != "" {
					left = []string{"file"}
				}
				if got := names(t, filepath.Dir(path)); !slices.Equal(got, left) {
					t.Errorf("the directory has %q", got)
				}
			}
		})
	}
}

// A file that can't be put in its place leaves nothing behind.
func TestWriteFails(t *testing.T) {
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, "target", "full"), 0o750); err != nil {
		t.Fatal(err)
	}
	f, err := Create(filepath.Join(dir, "target"), 0o640)
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Commit(); err == nil {
		t.Error("a directory was replaced")
	}
	f.Discard()
	if got := names(t, dir); !slices.Equal(got, []string{"target"}) {
		t.Errorf("the directory has %q", got)
	}
	if err := WriteNew(filepath.Join(dir, "none", "file"), nil, 0o640); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%v", err)
	}
}

func TestMode(t *testing.T) {
	for _, mode := range []fs.FileMode{0o600, 0o400} {
		path := filepath.Join(t.TempDir(), "file")
		if err := WriteNew(path, []byte("new"), mode); err != nil {
			t.Fatal(err)
		}
		if info, err := os.Stat(path); err != nil || info.Mode() != mode {
			t.Errorf("%v, %v; want %v", info, err, mode)
		}
	}
}

func names(t *testing.T, dir string) (all []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		all = append(all, e.Name())
	}
	return all
}
