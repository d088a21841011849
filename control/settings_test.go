package control

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"testing"
	"time"

	"github.com/globalfandom/lightstick/media"
)

// databaseOf makes a database as versions before goose have left it: their migrations
// were the same statements, and PRAGMA user_version the number of the last one.
func databaseOf(t *testing.T, version int, key string) (dir string) {
	t.Helper()
	dir = t.TempDir()
	old, err := sql.Open("sqlite", filepath.Join(dir, FileName))
	if err != nil {
		t.Fatal(err)
	}
	defer old.Close()
	exec := func(statement string, args ...any) {
		t.Helper()
		if _, err := old.Exec(statement, args...); err != nil {
			t.Fatal(err)
		}
	}
	names, err := fs.Glob(migrations, "schema/*.sql")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names[:version] {
		text, err := migrations.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		exec(string(text))
	}
	exec(fmt.Sprintf("PRAGMA user_version = %d", version))
	exec("INSERT INTO streams (id, name, key_lookup, key_hash, created_at) VALUES ('main', 'Main', ?, ?, 1000)", lookupPart(key), hash(key))
	if version >= 3 {
		exec("INSERT INTO cost_usage VALUES (3600, 'c', 'http', 'main', 'KR', 1, 2, 3)")
	}
	return dir
}

// columnsOf are the columns of all tables.
func columnsOf(t *testing.T, s *Store) (columns string) {
	t.Helper()
	err := s.db.QueryRow(`SELECT group_concat(m.name || '.' || p.name || ' ' || p.type || p."notnull" || ifnull(p.dflt_value, '') || p.pk, char(10))
		FROM sqlite_schema m, pragma_table_info(m.name) p WHERE m.type = 'table' ORDER BY m.name, p.cid`).Scan(&columns)
	if err != nil || columns == "" {
		t.Fatal(err)
	}
	return columns
}

func TestTakesOverDatabasesOfEveryVersion(t *testing.T) {
	ctx := context.Background()
	fresh, _ := open(t)
	for version := 1; version <= 4; version++ {
		key := newKey()
		dir := databaseOf(t, version, key)
		for range 2 { // the second time there is nothing to migrate
			s, err := Open(ctx, dir)
			if err != nil {
				t.Fatalf("version %d: %v", version, err)
			}
			stream, err := s.Stream(ctx, "main")
			if err != nil || stream.Name != "Main" || stream.Settings != (StreamSettings{Record: RecordDefault, Access: AccessDefault}) {
				t.Errorf("version %d: %+v, %v", version, stream, err)
			}
			if id, err := s.Authorise(ctx, key); id != "main" || err != nil {
				t.Errorf("version %d: %q, %v", version, id, err)
			}
			usage, err := s.Usage(ctx, time.Unix(0, 0), time.Unix(7200, 0))
			if err != nil || (len(usage) == 1) != (version >= 3) {
				t.Errorf("version %d: %+v, %v", version, usage, err)
			}
			if got, want := columnsOf(t, s), columnsOf(t, fresh); got != want {
				t.Errorf("version %d has\n%s\nwant\n%s", version, got, want)
			}
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func TestRefusesADatabaseOfTheFuture(t *testing.T) {
	ctx := context.Background()
	s, dir := open(t)
	if _, err := s.db.ExecContext(ctx, "PRAGMA user_version = 99"); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(ctx, dir); !errors.Is(err, ErrNewer) {
		t.Error(err)
	}
}

func TestUpdateStream(t *testing.T) {
	ctx := context.Background()
	s, _ := open(t)
	for name, settings := range map[string]StreamSettings{"a": {}, "b": {Record: RecordOn, Retention: new(time.Hour)}} {
		if _, _, err := s.CreateStream(ctx, name, settings); err != nil {
			t.Fatal(err)
		}
	}
	tests := []struct {
		name   string
		id     string
		change StreamUpdate
		err    error
	}{
		{"nothing", "a", StreamUpdate{}, nil},
		{"all", "a", StreamUpdate{Name: new(" A "), Record: new(RecordOn), Retention: new("720h")}, nil},
		{"mode", "a", StreamUpdate{Record: new(RecordMode("maybe"))}, ErrSettings},
		{"retention", "a", StreamUpdate{Name: new("C"), Retention: new("-1h")}, ErrSettings},
		{"fraction", "a", StreamUpdate{Retention: new("1500ms")}, ErrSettings},
		{"no name", "a", StreamUpdate{Name: new("")}, ErrName},
		{"taken name", "a", StreamUpdate{Name: new("b"), Record: new(RecordOff)}, ErrExists},
		{"no stream", "c", StreamUpdate{Record: new(RecordOn)}, ErrNotFound},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := s.UpdateStream(ctx, media.StreamID(tt.id), tt.change); !errors.Is(err, tt.err) {
				t.Errorf("got %v, want %v", err, tt.err)
			}
		})
	}
	stream, err := s.Stream(ctx, "a")
	if err != nil || stream.Name != "A" || stream.Settings.Record != RecordOn || *stream.Settings.Retention != 720*time.Hour {
		t.Errorf("%+v, %v: a refused change changed something", stream, err)
	}
	if b, err := s.StreamSettings(ctx, "b"); err != nil || b.Record != RecordOn || *b.Retention != time.Hour {
		t.Errorf("%+v, %v", b, err)
	}
	if none, err := s.StreamSettings(ctx, "none"); err != nil || none != (StreamSettings{}) {
		t.Errorf("%+v, %v", none, err)
	}
	if _, _, err := s.CreateStream(ctx, "d", StreamSettings{Record: "x"}); !errors.Is(err, ErrSettings) {
		t.Errorf("created with a bad mode: %v", err)
	}
}

func TestSettingsOverDefaults(t *testing.T) {
	for _, tt := range []struct {
		record        RecordMode
		byDefault, on bool
	}{
		{"", true, true}, {"", false, false}, {RecordDefault, true, true},
		{RecordOn, false, true}, {RecordOff, true, false},
	} {
		if got := (StreamSettings{Record: tt.record}).Recorded(tt.byDefault); got != tt.on {
			t.Errorf("%q over %v: %v", tt.record, tt.byDefault, got)
		}
	}
	if (StreamSettings{}).Kept(time.Hour) != time.Hour || (StreamSettings{Retention: new(time.Duration(0))}).Kept(time.Hour) != 0 {
		t.Error("retention")
	}
}

func TestRetention(t *testing.T) {
	for text, want := range map[string]string{
		"default": "default", "forever": "forever", "720h": "720h", "720h0m0s": "720h",
		"10m": "10m", "90m": "1h30m", "30s": "30s", "100s": "1m40s", "20h10m": "20h10m",
	} {
		d, err := ParseRetention(text)
		if err != nil || FormatRetention(d) != want {
			t.Errorf("%q: %q, %v; want %q", text, FormatRetention(d), err, want)
		}
	}
	for _, text := range []string{"", "30 days", "0", "0s", "-1h", "1ms", "Forever"} {
		if d, err := ParseRetention(text); !errors.Is(err, ErrSettings) {
			t.Errorf("%q: %v, %v", text, d, err)
		}
	}
}
