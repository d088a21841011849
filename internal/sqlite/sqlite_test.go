package sqlite

import (
	"errors"
	"io/fs"
	"path/filepath"
	"testing"
	"testing/fstest"

	"golang.org/x/sync/errgroup"
)

func steps(texts ...string) fstest.MapFS {
	files := fstest.MapFS{}
	for i, text := range texts {
		files[string(rune('1'+i))+"_step.sql"] = migration(text)
	}
	return files
}

func migration(text string) *fstest.MapFile {
	return &fstest.MapFile{Data: []byte("-- +goose NO TRANSACTION\n-- +goose Up\n" + text)}
}

const (
	first  = "CREATE TABLE a (x INTEGER) STRICT;"
	second = "ALTER TABLE a ADD COLUMN y TEXT;"
	broken = "CREATE TABLE b (x INTEGER) STRICT; CREATE TABLE b (x INTEGER) STRICT;"
)

func TestMigrate(t *testing.T) {
	tests := []struct {
		name    string
		before  fs.FS
		after   fs.FS
		version int // of the schema in the end
		err     bool
		is      error
	}{
		{"new", nil, steps(first, second), 2, false, nil},
		{"one step behind", steps(first), steps(first, second), 2, false, nil},
		{"up to date", steps(first, second), steps(first, second), 2, false, nil},
		{"newer", steps(first, second), steps(first), 2, true, ErrNewer},
		{"a step that fails undoes those before it", steps(first), steps(first, second, broken), 1, true, nil},
		{"a gap", steps(first), fstest.MapFS{"1_step.sql": migration(first), "3_step.sql": migration(second)}, 1, true, fs.ErrNotExist},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			// A directory with what must be escaped in a URL.
			db, err := Open(filepath.Join(t.TempDir(), "a?b%20 c#.db"), "secure_delete(ON)")
			if err != nil {
				t.Fatal(err)
			}
			defer db.Close()
			if tt.before != nil {
				if err := Migrate(t.Context(), db, tt.before); err != nil {
					t.Fatal(err)
				}
			}
			if err := Migrate(t.Context(), db, tt.after); (err != nil) != tt.err || !errors.Is(err, tt.is) && tt.is != nil {
				t.Errorf("%v", err)
			}
			for pragma, want := range map[string]string{
				"user_version": string(rune('0' + tt.version)), "journal_mode": "wal", "busy_timeout": "5000", "secure_delete": "1",
			} {
				var got string
				if err := db.QueryRow("PRAGMA " + pragma).Scan(&got); err != nil || got != want {
					t.Errorf("%s is %q, %v; want %q", pragma, got, err, want)
				}
			}
		})
	}
}

// TestMigrateAtOnce: whoever comes second waits, and finds the migrations done.
func TestMigrateAtOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.db")
	var group errgroup.Group
	for range 8 {
		db, err := Open(path)
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		group.Go(func() error { return Migrate(t.Context(), db, steps(first, second)) })
	}
	if err := group.Wait(); err != nil {
		t.Error(err)
	}
}
