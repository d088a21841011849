package sqlite

import (
	"context"
	"database/sql"
)

// Transaction runs f in one transaction, which is undone if f fails.
func Transaction(ctx context.Context, db *sql.DB, f func(*Tx) error) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	if err := f(&Tx{Tx: tx, prepared: make(map[string]*sql.Stmt)}); err != nil {
		return err
	}
	return tx.Commit()
}

// Tx is a transaction that prepares what it executes once, however often it is repeated.
// What it has prepared ends with it.
type Tx struct {
	*sql.Tx
	prepared map[string]*sql.Stmt
}

// ExecContext executes a statement that returns no rows.
func (t *Tx) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	statement := t.prepared[query]
	if statement == nil {
		var err error
		if statement, err = t.PrepareContext(ctx, query); err != nil {
			return nil, err
		}
		t.prepared[query] = statement
	}
	return statement.ExecContext(ctx, args...)
}
