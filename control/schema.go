package control

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
)

// steps holds N.sql, which takes the schema from version N-1 to N. A step that was
// released is never changed: databases have it.
//
//go:embed schema/*.sql
var steps embed.FS

// schemaVersion is what PRAGMA user_version says after the last step.
const schemaVersion = 4

// migrate brings the database to schemaVersion, wholly or not at all.
func (s *Store) migrate(ctx context.Context) error {
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	var version int
	if err := tx.QueryRowContext(ctx, "PRAGMA user_version").Scan(&version); err != nil {
		return err
	}
	switch {
	case version == schemaVersion:
		return nil
	case version > schemaVersion:
		return fmt.Errorf("%w (schema %d, this one knows %d)", ErrNewer, version, schemaVersion)
	}
	for v := version + 1; v <= schemaVersion; v++ {
		if err := step(ctx, tx, v); err != nil {
			return fmt.Errorf("schema %d: %w", v, err)
		}
	}
	return tx.Commit()
}

// step takes the schema to the version from the one before it.
func step(ctx context.Context, tx *sql.Tx, version int) error {
	text, err := steps.ReadFile(fmt.Sprintf("schema/%d.sql", version))
	if err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, string(text)); err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, fmt.Sprintf("PRAGMA user_version = %d", version))
	return err
}
