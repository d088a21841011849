package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"

	"github.com/pressly/goose/v3"
)

// ErrNewer reports a database that this version can't read. Go on with the newer
// one, or bring back a copy of the database from before.
var ErrNewer = errors.New("was written by a newer Lightstick")

// Migrate brings the database to the last of the migrations, wholly or not at all.
// Migrations are files of goose, 1_NAME.sql, 2_NAME.sql, … without a gap, each with
// "-- +goose NO TRANSACTION", because the one transaction around all of them is made
// here. A migration that was released is never changed: databases have it. Migrate
// fails with ErrNewer.
func Migrate(ctx context.Context, db *sql.DB, migrations fs.FS) error {
	lock := &transaction{}
	provider, err := goose.NewProvider(goose.DialectCustom, db, migrations,
		goose.WithStore(userVersion{}), goose.WithSessionLocker(lock), goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return err
	}
	sources := provider.ListSources()
	lock.last = sources[len(sources)-1].Version
	version, err := readVersion(ctx, db)
	switch {
	case err != nil:
		return err
	case version == lock.last:
		return nil
	case version > lock.last:
		return fmt.Errorf("%w (schema %d, this one knows %d)", ErrNewer, version, lock.last)
	}
	_, err = provider.Up(ctx)
	return err
}

// transaction is one transaction around all migrations: a lock.SessionLocker of goose.
// Other processes that open the database wait for it.
type transaction struct{ last int64 }

// SessionLock begins the transaction.
func (*transaction) SessionLock(ctx context.Context, conn *sql.Conn) error {
	_, err := conn.ExecContext(ctx, "BEGIN IMMEDIATE")
	return err
}

// SessionUnlock commits if the last migration was done, else it rolls back.
func (t *transaction) SessionUnlock(ctx context.Context, conn *sql.Conn) error {
	version, err := readVersion(ctx, conn)
	if err == nil && version == t.last {
		if _, err = conn.ExecContext(ctx, "COMMIT"); err == nil {
			return nil
		}
	}
	_, rollbackErr := conn.ExecContext(ctx, "ROLLBACK")
	return errors.Join(err, rollbackErr)
}
