package control

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/globalfandom/lightstick/cdn/cdnlog"
	"github.com/globalfandom/lightstick/cdn/cost"
	"github.com/globalfandom/lightstick/control/statements"
	"github.com/globalfandom/lightstick/internal/sqlite"
)

// The store is the journal of the bill (cost.Journal), and knows the logs that were
// read (cdnlog.ImportLedger).

// keepUsage is for how long usage and the logs that were read are kept.
const keepUsage = 400 * 24 * time.Hour

// AddUsage implements cost.Journal.
func (s *Store) AddUsage(ctx context.Context, rows []cost.Row) error {
	return sqlite.Transaction(ctx, s.db, func(tx *sqlite.Tx) error { return addUsage(ctx, statements.New(tx), rows) })
}

func addUsage(ctx context.Context, write *statements.Queries, rows []cost.Row) error {
	for _, r := range rows {
		err := write.AddUsage(ctx, statements.AddUsageParams{
			Hour: r.Hour.Unix(), Cdn: r.CDN, Via: r.Via, Stream: r.Stream, Country: r.Country,
			Requests: r.Requests, Bytes: r.Bytes, WatchedMs: r.Watched,
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// Usage implements cost.Journal.
func (s *Store) Usage(ctx context.Context, from, to time.Time) ([]cost.Row, error) {
	rows, err := s.statements.Usage(ctx, from.Unix(), to.Unix())
	var list []cost.Row
	for _, r := range rows {
		list = append(list, cost.Row{
			Hour: time.Unix(r.Hour, 0).UTC(),
			Key:  cost.Key{CDN: r.Cdn, Stream: r.Stream, Country: r.Country, Via: r.Via},
			Use:  cost.Use{Requests: r.Requests, Bytes: r.Bytes, Watched: r.WatchedMs},
		})
	}
	return list, err
}

const alertsSetting = "cost_alerts"

// SaveAlerts implements cost.Journal.
func (s *Store) SaveAlerts(ctx context.Context, state string) error {
	return s.statements.PutSetting(ctx, alertsSetting, []byte(state))
}

// Alerts implements cost.Journal.
func (s *Store) Alerts(ctx context.Context) (state string, err error) {
	value, err := s.statements.Setting(ctx, alertsSetting)
	if errors.Is(err, sql.ErrNoRows) {
		err = nil
	}
	return string(value), err
}

// PruneUsage forgets what is older than a year and a month.
func (s *Store) PruneUsage(ctx context.Context) error {
	oldest := time.Now().Add(-keepUsage).Unix()
	return sqlite.Transaction(ctx, s.db, func(tx *sqlite.Tx) error {
		write := statements.New(tx)
		return errors.Join(write.DeleteUsageBefore(ctx, oldest), write.DeleteLogImportsBefore(ctx, oldest))
	})
}

// LogPieces implements cdnlog.ImportLedger.
func (s *Store) LogPieces(ctx context.Context, cdn string) ([]cdnlog.Piece, error) {
	rows, err := s.statements.LogImports(ctx, cdn)
	var pieces []cdnlog.Piece
	for _, row := range rows {
		p := cdnlog.Piece{Length: row.Length}
		copy(p.Hash[:], row.Hash)
		pieces = append(pieces, p)
	}
	return pieces, err
}

// AddLog implements cdnlog.ImportLedger. It fails if the log was added before.
func (s *Store) AddLog(ctx context.Context, cdn string, p cdnlog.Piece, usages []cost.Usage) error {
	return sqlite.Transaction(ctx, s.db, func(tx *sqlite.Tx) error {
		write := statements.New(tx)
		err := write.InsertLogImport(ctx, statements.InsertLogImportParams{
			Cdn: cdn, Length: p.Length, Hash: p.Hash[:], ImportedAt: time.Now().Unix(),
		})
		if err != nil {
			return err
		}
		return addUsage(ctx, write, cost.Rows(usages))
	})
}
