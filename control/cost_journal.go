package control

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/globalfandom/lightstick/cdn/cdnlog"
	"github.com/globalfandom/lightstick/cdn/cost"
)

// The store is the journal of the bill (cost.Journal), and knows the logs that were
// read (cdnlog.Book).

// keepUsage is for how long usage and the logs that were read are kept.
const keepUsage = 400 * 24 * time.Hour

// addUsage adds without running over: SQLite makes a floating-point number of a sum that
// is too large, which the table refuses, and with it everything that is saved beside it.
var addUsage = `INSERT INTO cost_usage (hour, cdn, via, stream, country, requests, bytes, watched_ms)
VALUES (?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT DO UPDATE SET ` + saturated("requests") + ", " + saturated("bytes") + ", " + saturated("watched_ms")

// saturated is the assignment that adds to a column up to the largest integer.
func saturated(column string) string {
	return fmt.Sprintf("%[1]s = %[1]s + min(excluded.%[1]s, %[2]d - %[1]s)", column, int64(math.MaxInt64))
}

// AddUsage implements cost.Journal.
func (s *Store) AddUsage(ctx context.Context, rows []cost.Row) error {
	return s.inTransaction(ctx, func(tx *sql.Tx) error { return insertUsage(ctx, tx, rows) })
}

func (s *Store) inTransaction(ctx context.Context, f func(*sql.Tx) error) error {
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	if err := f(tx); err != nil {
		return err
	}
	return tx.Commit()
}

func insertUsage(ctx context.Context, tx *sql.Tx, rows []cost.Row) error {
	statement, err := tx.PrepareContext(ctx, addUsage)
	if err != nil {
		return err
	}
	defer statement.Close()
	for _, r := range rows {
		_, err := statement.ExecContext(ctx, r.Hour.Unix(), r.CDN, string(r.Via), r.Stream, r.Country, r.Requests, r.Bytes, int64(r.Watched))
		if err != nil {
			return err
		}
	}
	return nil
}

// Usage implements cost.Journal.
func (s *Store) Usage(ctx context.Context, from, to time.Time) ([]cost.Row, error) {
	rows, err := s.db.QueryContext(ctx, `SELECT hour, cdn, via, stream, country, requests, bytes, watched_ms
		FROM cost_usage WHERE hour >= ? AND hour < ?`, from.Unix(), to.Unix())
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var list []cost.Row
	for rows.Next() {
		var r cost.Row
		var hour int64
		if err := rows.Scan(&hour, &r.CDN, (*string)(&r.Via), &r.Stream, &r.Country, &r.Requests, &r.Bytes, (*int64)(&r.Watched)); err != nil {
			return nil, err
		}
		r.Hour = time.Unix(hour, 0).UTC()
		list = append(list, r)
	}
	return list, rows.Err()
}

const alertsSetting = "cost_alerts"

// SaveAlerts implements cost.Journal.
func (s *Store) SaveAlerts(ctx context.Context, state string) error {
	_, err := s.db.ExecContext(ctx,
		"INSERT INTO settings (name, value) VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value", alertsSetting, []byte(state))
	return err
}

// Alerts implements cost.Journal.
func (s *Store) Alerts(ctx context.Context) (state string, err error) {
	err = s.db.QueryRowContext(ctx, "SELECT value FROM settings WHERE name = ?", alertsSetting).Scan(&state)
	if errors.Is(err, sql.ErrNoRows) {
		err = nil
	}
	return state, err
}

// PruneUsage forgets what is older than a year and a month.
func (s *Store) PruneUsage(ctx context.Context) error {
	oldest := time.Now().Add(-keepUsage).Unix()
	return s.inTransaction(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, "DELETE FROM cost_usage WHERE hour < ?", oldest)
		_, err2 := tx.ExecContext(ctx, "DELETE FROM cdn_log_imports WHERE imported_at < ?", oldest)
		return errors.Join(err, err2)
	})
}

// LogPieces implements cdnlog.Book.
func (s *Store) LogPieces(ctx context.Context, cdn string) ([]cdnlog.Piece, error) {
	rows, err := s.db.QueryContext(ctx, "SELECT length, hash FROM cdn_log_imports WHERE cdn = ?", cdn)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var pieces []cdnlog.Piece
	for rows.Next() {
		var p cdnlog.Piece
		var hash []byte
		if err := rows.Scan(&p.Length, &hash); err != nil {
			return nil, err
		}
		copy(p.Hash[:], hash)
		pieces = append(pieces, p)
	}
	return pieces, rows.Err()
}

// AddLog implements cdnlog.Book. It fails if the log was added before.
func (s *Store) AddLog(ctx context.Context, cdn string, p cdnlog.Piece, usages []cost.Usage) error {
	return s.inTransaction(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, "INSERT INTO cdn_log_imports (cdn, length, hash, imported_at) VALUES (?, ?, ?, ?)",
			cdn, p.Length, p.Hash[:], time.Now().Unix())
		if err != nil {
			return err
		}
		return insertUsage(ctx, tx, cost.Rows(usages))
	})
}
