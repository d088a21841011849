package store

import (
	"context"
	"crypto/rand"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/globalfandom/lightstick/internal/sqlite"
)

// FileName is the database's name in the data directory. It is a file of its own so
// that the chat's writes never wait for those of streams and keys.
const FileName = "chat.db"

//go:embed schema/*.sql
var steps embed.FS

// readers is how many connections read at once. Reading is bound by the processor.
const readers = 4

// SQLite is a Store in one file. One connection writes, so that writers in this
// process wait for each other in order, and several read beside it.
type SQLite struct {
	path   string
	writer *sql.DB // one connection
	reader *sql.DB
	insert *sql.Stmt
	key    []byte // of pseudonyms
}

var _ Store = (*SQLite)(nil)

// Open opens, and if needed makes, the database in the directory. Only its owner may
// read the file. It fails with ErrNewer, ErrCorrupt or ErrUnavailable.
func Open(ctx context.Context, dir string) (*SQLite, error) {
	s := &SQLite{path: filepath.Join(dir, FileName)}
	if err := s.open(ctx); err != nil {
		_ = s.Close()
		return nil, fmt.Errorf("%s: %w", s.path, fault(err))
	}
	return s, nil
}

func (s *SQLite) open(ctx context.Context) (err error) {
	if err := private(s.path); err != nil {
		return err
	}
	// Deleted text is overwritten with zeros: without, it stays in the file until its
	// place is needed.
	if s.writer, err = sqlite.Open(s.path, "secure_delete(ON)"); err != nil {
		return err
	}
	s.writer.SetMaxOpenConns(1)
	if s.reader, err = sqlite.Open(s.path, "query_only(ON)"); err != nil {
		return err
	}
	s.reader.SetMaxOpenConns(readers)
	s.reader.SetMaxIdleConns(readers)
	schema, err := fs.Sub(steps, "schema")
	if err != nil {
		return err
	}
	if err := sqlite.Migrate(ctx, s.writer, schema); err != nil {
		return err
	}
	if s.key, err = s.secret(ctx, "pseudonym"); err != nil {
		return err
	}
	s.insert, err = s.writer.PrepareContext(ctx, insertEntry)
	return err
}

// private makes the file, and takes it from others than its owner. SQLite gives the
// files beside it the same mode.
func private(path string) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err == nil && info.Mode().IsRegular() && info.Mode().Perm()&0o077 != 0 {
		err = f.Chmod(0o600)
	}
	if err != nil {
		return fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	return nil
}

// secret is the random value of the name, made at first.
func (s *SQLite) secret(ctx context.Context, name string) ([]byte, error) {
	made := make([]byte, 32)
	_, _ = rand.Read(made) // never fails (crypto/rand)
	if _, err := s.writer.ExecContext(ctx, "INSERT INTO secrets (name, value) VALUES (?, ?) ON CONFLICT DO NOTHING", name, made); err != nil {
		return nil, err
	}
	var value []byte
	err := s.writer.QueryRowContext(ctx, "SELECT value FROM secrets WHERE name = ?", name).Scan(&value)
	return value, err
}

// Close implements Store.
func (s *SQLite) Close() error {
	var errs []error
	if s.insert != nil {
		errs = append(errs, s.insert.Close())
	}
	// The writer comes last: the last connection to close clears the log, and readers
	// may not.
	for _, db := range []*sql.DB{s.reader, s.writer} {
		if db != nil {
			errs = append(errs, db.Close())
		}
	}
	return errors.Join(errs...)
}

// write runs f in one transaction.
func (s *SQLite) write(ctx context.Context, f func(*sql.Tx) error) error {
	tx, err := s.writer.BeginTx(ctx, nil)
	if err != nil {
		return fault(err)
	}
	defer tx.Rollback()
	if err := f(tx); err != nil {
		return fault(err)
	}
	return fault(tx.Commit())
}

// fault adds the error of this package that says what to do.
func fault(err error) error {
	switch {
	case err == nil:
		return nil
	case sqlite.Unavailable(err):
		return fmt.Errorf("%w: %w", ErrUnavailable, err)
	case sqlite.Damaged(err):
		return fmt.Errorf("%w: %w", ErrCorrupt, err)
	case errors.Is(err, sqlite.ErrNewer):
		return fmt.Errorf("%w: %w", ErrNewer, err)
	case errors.Is(err, sql.ErrNoRows):
		return ErrNotFound
	}
	return err
}

// affected is ErrNotFound if a statement has changed nothing.
func affected(result sql.Result, err error) error {
	if err != nil {
		return fault(err)
	}
	if n, err := result.RowsAffected(); err != nil || n == 0 {
		return errors.Join(ErrNotFound, err)
	}
	return nil
}

// collect reads all rows of a query.
func collect[T any](ctx context.Context, db *sql.DB, scan func(scanner) (T, error), query string, args ...any) ([]T, error) {
	rows, err := db.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, fault(err)
	}
	defer rows.Close()
	var list []T
	for rows.Next() {
		v, err := scan(rows)
		if err != nil {
			return nil, fault(err)
		}
		list = append(list, v)
	}
	return list, fault(rows.Err())
}

// scanner is a row.
type scanner interface{ Scan(...any) error }

// where gathers the conditions of a query.
type where struct {
	conditions []string
	args       []any
}

func (w *where) add(condition string, args ...any) {
	w.conditions = append(w.conditions, condition)
	w.args = append(w.args, args...)
}
