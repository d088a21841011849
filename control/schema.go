package control

import (
	"context"
	"embed"
	"io/fs"

	"github.com/globalfandom/lightstick/internal/sqlite"
)

// migrations holds the schema: see sqlite.Migrate.
//
//go:embed schema/*.sql
var migrations embed.FS

// migrate brings the database to the last step, wholly or not at all.
func (s *Store) migrate(ctx context.Context) error {
	schema, err := fs.Sub(migrations, "schema")
	if err != nil {
		return err
	}
	return sqlite.Migrate(ctx, s.db, schema)
}
