package store

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/globalfandom/lightstick/chat/message"
	"github.com/globalfandom/lightstick/chat/moderation"
)

func openFile(t testing.TB, dir string) *SQLite {
	t.Helper()
	s, err := Open(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// entries are messages of a user in a room, from the nth on.
func entries(room, user string, from, count int) []Entry {
	list := make([]Entry, count)
	for i := range list {
		n := from + i
		sent := int64(1_795_000_000_000 + 100*n)
		list[i] = Entry{Room: room, Message: message.Message{
			ID: fmt.Sprintf("m%010d", n), At: sent - 8000, Sent: sent, User: message.User{ID: user, Name: "Name of " + user, Role: message.Member},
			Text: fmt.Sprintf("message %d of %s, which is about a hundred bytes long, as they are when a show is on the air", n, user),
		}}
	}
	return list
}

func TestFilesAreTheOwnersAlone(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, FileName), nil, 0o644); err != nil { // of a careless copy
		t.Fatal(err)
	}
	s := openFile(t, dir)
	if err := s.Append(t.Context(), entries("show", "mina", 0, 1)); err != nil {
		t.Fatal(err)
	}
	names, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil || len(names) != 3 { // -wal and -shm
		t.Fatal(names, err)
	}
	for _, name := range names {
		if info, err := os.Stat(name); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", name, info.Mode(), err)
		}
	}
}

// TestErasedTextIsNotInTheFiles: nor in what the pages have no use for any more.
func TestErasedTextIsNotInTheFiles(t *testing.T) {
	dir := t.TempDir()
	s := openFile(t, dir)
	for n := range 6 { // among each other, over many pages
		for _, user := range []string{"mina-4711", "jun"} {
			if err := s.Append(t.Context(), entries("show", user, 1000*n+map[string]int{"jun": 500}[user], 100)); err != nil {
				t.Fatal(err)
			}
		}
	}
	if _, err := s.AppendAudit(t.Context(), moderation.Entry{
		At: time.Now().UnixMilli(), Room: "show", Name: "Name of mina-4711", Action: moderation.Action{Kind: "ban", User: "mina-4711"},
	}); err != nil {
		t.Fatal(err)
	}
	if n := inFiles(t, dir, "mina-4711"); n < 600 {
		t.Fatalf("found %d times, so the test would find nothing", n)
	}
	report, err := s.Erase(t.Context(), "mina-4711")
	if err != nil || report.Messages != 600 || report.LogKept {
		t.Fatalf("%+v, %v", report, err)
	}
	if n := inFiles(t, dir, "mina-4711"); n != 0 {
		t.Errorf("the files hold it %d times", n)
	}
	// A page that is pruned is as empty.
	if _, err := s.Prune(t.Context(), time.Now().Add(24*time.Hour), 10_000); err != nil {
		t.Fatal(err)
	}
	if !s.clearLog(t.Context()) {
		t.Fatal("the log is in use")
	}
	if n := inFiles(t, dir, "Name of jun"); n != 0 {
		t.Errorf("the files hold it %d times", n)
	}
}

func inFiles(t *testing.T, dir, text string) (n int) {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		n += bytes.Count(data, []byte(text))
	}
	return n
}

func TestOpenRefuses(t *testing.T) {
	whole := t.TempDir()
	s := openFile(t, whole)
	if err := s.Append(t.Context(), entries("show", "mina", 0, 500)); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(filepath.Join(whole, FileName))
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name string
		data []byte
		want error
	}{
		{"text", bytes.Repeat([]byte("this is no database. "), 300), ErrCorrupt},
		{"schema is lost", append(append([]byte{}, data[:100]...), bytes.Repeat([]byte{0xa5}, len(data)-100)...), ErrCorrupt},
		{"newer", newer(t, data), ErrNewer},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			if err := os.WriteFile(filepath.Join(dir, FileName), tt.data, 0o600); err != nil {
				t.Fatal(err)
			}
			_, err := Open(t.Context(), dir)
			if !errors.Is(err, tt.want) {
				t.Errorf("%v; want %v", err, tt.want)
			}
			if after, err := os.ReadFile(filepath.Join(dir, FileName)); err != nil || !bytes.Equal(after, tt.data) && tt.want == ErrCorrupt {
				t.Errorf("the file was changed, %v", err)
			}
		})
	}
	t.Run("no directory", func(t *testing.T) {
		if _, err := Open(t.Context(), filepath.Join(whole, "none")); !errors.Is(err, ErrUnavailable) {
			t.Error(err)
		}
	})
	t.Run("damaged in the middle", func(t *testing.T) {
		dir := t.TempDir()
		torn := append([]byte{}, data...)
		for i := len(torn) / 2; i < len(torn); i++ {
			torn[i] = 0xa5
		}
		if err := os.WriteFile(filepath.Join(dir, FileName), torn, 0o600); err != nil {
			t.Fatal(err)
		}
		s := openFile(t, dir)
		if _, err := s.Messages(t.Context(), "show", Query{Limit: MaxPage}); !errors.Is(err, ErrCorrupt) {
			t.Error(err)
		}
	})
}

// newer is a database of a schema that this version doesn't know.
func newer(t *testing.T, data []byte) []byte {
	t.Helper()
	path := filepath.Join(t.TempDir(), "newer.db")
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec("PRAGMA user_version = 99"); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil { // which moves it from the log into the file
		t.Fatal(err)
	}
	if data, err = os.ReadFile(path); err != nil {
		t.Fatal(err)
	}
	return data
}

func TestFullDisk(t *testing.T) {
	s := openFile(t, t.TempDir())
	if err := s.Append(t.Context(), entries("show", "mina", 0, 100)); err != nil {
		t.Fatal(err)
	}
	var pages int
	if err := s.writer.QueryRow("PRAGMA page_count").Scan(&pages); err != nil {
		t.Fatal(err)
	}
	if _, err := s.writer.Exec(fmt.Sprintf("PRAGMA max_page_count = %d", pages)); err != nil { // SQLITE_FULL, as from a disk
		t.Fatal(err)
	}
	if err := s.Append(t.Context(), entries("show", "mina", 100, 500)); !errors.Is(err, ErrUnavailable) {
		t.Error(err)
	}
	if got, err := s.Messages(t.Context(), "show", Query{Limit: MaxPage}); err != nil || len(got) != 100 {
		t.Errorf("%d messages, %v", len(got), err)
	}
	if _, err := s.writer.Exec("PRAGMA max_page_count = 1000000"); err != nil {
		t.Fatal(err)
	}
	if err := s.Append(t.Context(), entries("show", "mina", 100, 500)); err != nil {
		t.Error(err)
	}
}

func TestLockedByAnother(t *testing.T) {
	dir := t.TempDir()
	s, other := openFile(t, dir), openFile(t, dir)
	tx, err := other.writer.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	began := time.Now()
	err = s.Append(ctx, entries("show", "mina", 0, 1))
	if !errors.Is(err, ErrUnavailable) && !errors.Is(err, context.DeadlineExceeded) {
		t.Error(err)
	}
	t.Log("waited", time.Since(began), err)
	if _, err := s.Messages(t.Context(), "show", Query{}); err != nil {
		t.Errorf("readers must not wait: %v", err)
	}
	if err := tx.Rollback(); err != nil {
		t.Fatal(err)
	}
	if err := s.Append(t.Context(), entries("show", "mina", 0, 1)); err != nil {
		t.Error(err)
	}
}

// TestKilled: what Append has kept is there after the process was killed, and nothing
// of what it was about to keep is there by half.
func TestKilled(t *testing.T) {
	if dir := os.Getenv("LIGHTSTICK_TEST_KILLED"); dir != "" {
		s := openFile(t, dir)
		for n := 0; ; n++ {
			if err := s.Append(t.Context(), entries("show", "mina", 100*n, 100)); err != nil {
				t.Fatal(err)
			}
			fmt.Println("kept")
		}
	}
	dir := t.TempDir()
	child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestKilled$")
	child.Env = append(os.Environ(), "LIGHTSTICK_TEST_KILLED="+dir)
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	var told []byte
	buffer := make([]byte, 100)
	for strings.Count(string(told), "kept") < 10 {
		n, err := out.Read(buffer)
		if told = append(told, buffer[:n]...); err != nil {
			t.Fatalf("%v: %s", err, told)
		}
	}
	if err := child.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = child.Wait() // it was killed
	s := openFile(t, dir)
	var count, last int
	if err := s.reader.QueryRow("SELECT count(*), max(seq) FROM entries").Scan(&count, &last); err != nil {
		t.Fatal(err)
	}
	if kept := strings.Count(string(told), "kept"); count < 100*kept || count%100 != 0 {
		t.Errorf("%d entries; %d batches were kept", count, kept)
	}
	var whole string
	if err := s.reader.QueryRow("PRAGMA integrity_check").Scan(&whole); err != nil || whole != "ok" {
		t.Error(whole, err)
	}
	if err := s.Append(t.Context(), entries("show", "mina", 100*count, 100)); err != nil {
		t.Error(err)
	}
}

// TestIndexes: no query of messages sorts or reads more than it answers.
func TestIndexes(t *testing.T) {
	s := openFile(t, t.TempDir())
	now := time.Now()
	for name, q := range map[string]Query{
		"newest": {}, "before": {Before: "x"}, "after": {After: "x", Forward: true}, "from": {From: now}, "to": {To: now},
		"next by time": {From: now, To: now, After: "x", Forward: true}, "user": {User: "mina", Before: "x"},
	} {
		q.Limit = 50
		text, args := q.statement("show")
		var ignored int
		plan, err := collect(t.Context(), s.reader, "EXPLAIN QUERY PLAN "+text, args, func(line *string) []any {
			return []any{&ignored, &ignored, &ignored, line}
		})
		if err != nil || len(plan) != 1 || !strings.HasPrefix(plan[0], "SEARCH entries USING INDEX") {
			t.Errorf("%s: %q, %v", name, plan, err)
		}
		t.Log(name, plan)
	}
}

func TestCompact(t *testing.T) {
	dir := t.TempDir()
	s, other := openFile(t, dir), openFile(t, dir)
	if err := s.Append(t.Context(), entries("show", "mina", 0, 500)); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Prune(t.Context(), time.UnixMilli(1_795_000_000_000+100*490), 500); err != nil {
		t.Fatal(err)
	}
	before, after, err := s.Compact(t.Context())
	if err != nil || after > before/2 {
		t.Errorf("%d became %d, %v", before, after, err)
	}
	if info, err := os.Stat(filepath.Join(dir, FileName)); err != nil || info.Size() != after {
		t.Errorf("%d bytes, %v; want %d", info.Size(), err, after)
	}
	if got, err := other.Messages(t.Context(), "show", Query{}); err != nil || len(got) != 10 {
		t.Errorf("%d messages, %v", len(got), err)
	}
	if err := other.Append(t.Context(), entries("show", "mina", 500, 1)); err != nil {
		t.Error(err)
	}
}

// TestTakesOverDatabasesOfVersion1: of versions before goose, whose migrations were the
// same statements, and PRAGMA user_version the number of the last one.
func TestTakesOverDatabasesOfVersion1(t *testing.T) {
	dir := t.TempDir()
	old, err := sql.Open("sqlite", filepath.Join(dir, FileName))
	if err != nil {
		t.Fatal(err)
	}
	text, err := steps.ReadFile("schema/1_chat.sql")
	if err != nil {
		t.Fatal(err)
	}
	for _, statement := range []string{
		string(text), "PRAGMA user_version = 1",
		`INSERT INTO entries VALUES (1, 'show', 'm1', '', 5, 6, 'mina', '{"text":"hi"}', '', 0, 0, '')`,
		"INSERT INTO secrets VALUES ('pseudonym', x'00010203')",
	} {
		if _, err := old.Exec(statement); err != nil {
			t.Fatal(err)
		}
	}
	if err := old.Close(); err != nil {
		t.Fatal(err)
	}
	for range 2 { // the second time there is nothing to migrate
		s := openFile(t, dir)
		if got, err := s.Message(t.Context(), "show", "m1"); err != nil || got.Message.Text != "hi" {
			t.Errorf("%+v, %v", got, err)
		}
		if !bytes.Equal(s.key, []byte{0, 1, 2, 3}) {
			t.Errorf("pseudonyms have another key")
		}
		if err := s.Append(t.Context(), entries("show", "mina", 0, 1)); err != nil {
			t.Error(err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// TestErasesWhatDetailsHold: the details of an action are JSON; what there is of a person
// goes, whatever wrote it.
func TestErasesWhatDetailsHold(t *testing.T) {
	s := openFile(t, t.TempDir())
	message := `{"id":"m1","text":"hi","user":{"id":"mina","name":"Mina","role":"member"}}`
	if _, err := s.writer.Exec(`INSERT INTO audit VALUES (1, 5, 'show', 'pin', 'lead', '', '', '', '', '', '', ?)`, `{"message": `+message+`, "seconds": 5}`); err != nil {
		t.Fatal(err)
	}
	report, err := s.Erase(t.Context(), "mina")
	if err != nil || report.Audit != 1 {
		t.Errorf("%+v, %v", report, err)
	}
	var detail string
	if err := s.reader.QueryRow("SELECT detail FROM audit").Scan(&detail); err != nil || detail != `{"seconds":5}` {
		t.Error(detail, err)
	}
}
