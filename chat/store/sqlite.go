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

	"github.com/globalfandom/lightstick/chat/store/statements"
	"github.com/globalfandom/lightstick/internal/sqlite"
)

// FileName is the database's name in the data directory. It is a file of its own so
// that the chat's writes never wait for those of streams and keys.
const FileName = "chat.db"

//go:embed schema/*.sql
var steps embed.FS

// readers is how many connections read at once. Reading is bound by the processor.
const readers = 4

// SQLite is a Store in one file. What it keeps is in parts by their tables, which share
// the database.
type SQLite struct {
	*database
	entryTable
	roomTable
	sanctionTable
	auditTable
	accountTable
	upkeep
}

var _ Store = (*SQLite)(nil)

// Open opens, and if needed makes, the database in the directory. Only its owner may
// read the file. It fails with ErrNewer, ErrCorrupt or ErrUnavailable.
func Open(ctx context.Context, dir string) (*SQLite, error) {
	d := &database{path: filepath.Join(dir, FileName)}
	if err := d.open(ctx); err != nil {
		_ = d.Close()
		return nil, fmt.Errorf("%s: %w", d.path, fault(err))
	}
	return &SQLite{d, entryTable{d}, roomTable{d}, sanctionTable{d}, auditTable{d}, accountTable{d}, upkeep{d}}, nil
}

// database is the file. One connection writes, so that writers in this process wait for
// each other in order, and several read beside it.
type database struct {
	path   string
	writer *sql.DB // one connection
	reader *sql.DB
	write  *statements.Queries // by writer
	read   *statements.Queries // by reader
	key    []byte              // of pseudonyms
}

func (d *database) open(ctx context.Context) (err error) {
	if err := private(d.path); err != nil {
		return err
	}
	// Deleted text is overwritten with zeros: without, it stays in the file until its
	// place is needed.
	if d.writer, err = sqlite.Open(d.path, "secure_delete(ON)"); err != nil {
		return err
	}
	d.writer.SetMaxOpenConns(1)
	if d.reader, err = sqlite.Open(d.path, "query_only(ON)"); err != nil {
		return err
	}
	d.reader.SetMaxOpenConns(readers)
	d.reader.SetMaxIdleConns(readers)
	d.write, d.read = statements.New(d.writer), statements.New(d.reader)
	schema, err := fs.Sub(steps, "schema")
	if err != nil {
		return err
	}
	if err := sqlite.Migrate(ctx, d.writer, schema); err != nil {
		return err
	}
	d.key, err = d.secret(ctx, "pseudonym")
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
func (d *database) secret(ctx context.Context, name string) ([]byte, error) {
	made := make([]byte, 32)
	_, _ = rand.Read(made) // never fails (crypto/rand)
	if err := d.write.InsertSecret(ctx, name, made); err != nil {
		return nil, err
	}
	return d.write.Secret(ctx, name)
}

// Close implements Store.
func (d *database) Close() error {
	var errs []error
	// The writer comes last: the last connection to close clears the log, and readers
	// may not.
	for _, db := range []*sql.DB{d.reader, d.writer} {
		if db != nil {
			errs = append(errs, db.Close())
		}
	}
	return errors.Join(errs...)
}

// transaction runs f in one transaction. A statement that is repeated is prepared once.
func (d *database) transaction(ctx context.Context, f func(*statements.Queries) error) error {
	return fault(sqlite.Transaction(ctx, d.writer, func(tx *sqlite.Tx) error { return f(statements.New(tx)) }))
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

// affected is ErrNotFound if a statement has changed no row.
func affected(rows int64, err error) error {
	if err == nil && rows == 0 {
		return ErrNotFound
	}
	return fault(err)
}

// convert makes ours of a table's rows.
func convert[Row, T any](rows []Row, err error, one func(*Row) (T, error)) ([]T, error) {
	if err != nil || len(rows) == 0 {
		return nil, fault(err)
	}
	list := make([]T, len(rows))
	for i := range rows {
		if list[i], err = one(&rows[i]); err != nil {
			return nil, err
		}
	}
	return list, nil
}
