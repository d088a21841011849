package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"io/fs"

	"github.com/pressly/goose/v3/database"
)

// userVersion tells goose which migrations a database has: a database.Store. It keeps
// the number of the last one in PRAGMA user_version, where Lightstick has kept it before
// it used goose: older versions go on to refuse a newer database, and databases of theirs
// need no conversion.
type userVersion struct{}

// Tablename is only there because goose asks for one.
func (userVersion) Tablename() string { return "user_version" }

// TableExists implements database.StoreExtender: every database has the pragma.
func (userVersion) TableExists(context.Context, database.DBTxConn) (bool, error) { return true, nil }

// CreateVersionTable implements database.Store.
func (userVersion) CreateVersionTable(context.Context, database.DBTxConn) error { return nil }

// Insert implements database.Store. It fails with fs.ErrNotExist where a migration is
// missing before this one.
func (userVersion) Insert(ctx context.Context, db database.DBTxConn, request database.InsertRequest) error {
	version, err := readVersion(ctx, db)
	if err != nil {
		return err
	}
	if request.Version != version+1 {
		return fmt.Errorf("migration %d before %d: %w", version+1, request.Version, fs.ErrNotExist)
	}
	_, err = db.ExecContext(ctx, fmt.Sprintf("PRAGMA user_version = %d", request.Version))
	return err
}

// Delete implements database.Store. Nothing migrates down.
func (userVersion) Delete(context.Context, database.DBTxConn, int64) error {
	return database.ErrNotImplemented
}

// GetMigration implements database.Store.
func (userVersion) GetMigration(ctx context.Context, db database.DBTxConn, version int64) (*database.GetMigrationResult, error) {
	last, err := readVersion(ctx, db)
	if err == nil && version > last {
		err = database.ErrVersionNotFound
	}
	if err != nil {
		return nil, err
	}
	return &database.GetMigrationResult{IsApplied: true}, nil
}

// GetLatestVersion implements database.Store.
func (userVersion) GetLatestVersion(ctx context.Context, db database.DBTxConn) (int64, error) {
	return readVersion(ctx, db)
}

// ListMigrations implements database.Store, the last migration first.
func (userVersion) ListMigrations(ctx context.Context, db database.DBTxConn) ([]*database.ListMigrationsResult, error) {
	last, err := readVersion(ctx, db)
	if err != nil {
		return nil, err
	}
	list := make([]*database.ListMigrationsResult, 0, last+1)
	for version := last; version >= 0; version-- {
		list = append(list, &database.ListMigrationsResult{Version: version, IsApplied: true})
	}
	return list, nil
}

func readVersion(ctx context.Context, db interface {
	QueryRowContext(context.Context, string, ...any) *sql.Row
}) (version int64, err error) {
	err = db.QueryRowContext(ctx, "PRAGMA user_version").Scan(&version)
	return version, err
}
