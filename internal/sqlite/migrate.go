package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
)

// ErrNewer reports a database that this version can't read. Go on with the newer
// one, or bring back a copy of the database from before.
var ErrNewer = errors.New("was written by a newer Lightstick")

// Migrate brings the database to the last of the steps, wholly or not at all. Steps
// are the files 1.sql, 2.sql, … without a gap; N.sql takes the schema from version
// N-1 to N, and PRAGMA user_version says N then. A step that was released is never
// changed: databases have it. It fails with ErrNewer.
func Migrate(ctx context.Context, db *sql.DB, steps fs.FS) error {
	last, err := lastStep(steps)
	if err != nil {
		return err
	}
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	var version int
	if err := tx.QueryRowContext(ctx, "PRAGMA user_version").Scan(&version); err != nil {
		return err
	}
	switch {
	case version == last:
		return nil
	case version > last:
		return fmt.Errorf("%w (schema %d, this one knows %d)", ErrNewer, version, last)
	}
	for v := version + 1; v <= last; v++ {
		if err := step(ctx, tx, steps, v); err != nil {
			return fmt.Errorf("schema %d: %w", v, err)
		}
	}
	return tx.Commit()
}

// lastStep is the number of the last step.
func lastStep(steps fs.FS) (int, error) {
	names, err := fs.Glob(steps, "*.sql")
	return len(names), err
}

// step takes the schema to the version from the one before it.
func step(ctx context.Context, tx *sql.Tx, steps fs.FS, version int) error {
	text, err := fs.ReadFile(steps, fmt.Sprintf("%d.sql", version))
	if err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, string(text)); err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, fmt.Sprintf("PRAGMA user_version = %d", version))
	return err
}
