package store

import (
	"context"
	"fmt"
	"time"
)

const (
	// stepRows is how many rows one transaction deletes: about 10 ms.
	stepRows = 500
	// restAtLeast is the time between two of these transactions. Writers in other
	// processes poll for the lock, at most every 100 ms, and need a chance to meet it
	// free; hence the rest is never shorter than the transaction.
	restAtLeast = 2 * time.Millisecond
)

// Prune implements Store.
func (s *SQLite) Prune(ctx context.Context, before time.Time, limit int) (int, error) {
	if before.IsZero() || limit < 1 {
		return 0, fmt.Errorf("%w: prune needs a time and a limit", ErrInvalid)
	}
	total := 0
	for _, query := range []string{
		"DELETE FROM entries WHERE seq IN (SELECT seq FROM entries WHERE sent < ? ORDER BY sent LIMIT ?)",
		"DELETE FROM audit WHERE id IN (SELECT id FROM audit WHERE at < ? ORDER BY at LIMIT ?)",
		"DELETE FROM sanctions WHERE seq IN (SELECT seq FROM sanctions WHERE until > 0 AND until < ? ORDER BY until LIMIT ?)",
	} {
		n, err := s.inSteps(ctx, limit-total, query, before.UnixMilli())
		if total += n; err != nil {
			return total, err
		}
	}
	_, err := s.writer.ExecContext(ctx, "DELETE FROM tombstones WHERE expires < ?", time.Now().UnixMilli())
	return total, fault(err)
}

// inSteps repeats a statement, whose last argument is the number of rows, until it
// has changed limit rows or finds no more. A limit below 0 is none.
func (s *SQLite) inSteps(ctx context.Context, limit int, query string, args ...any) (int, error) {
	total := 0
	for limit != total {
		rows := stepRows
		if limit >= 0 {
			rows = min(rows, limit-total)
		}
		began := time.Now()
		n, err := changed(s.writer.ExecContext(ctx, query, append(args[:len(args):len(args)], rows)...))
		if total += n; err != nil || n < rows {
			return total, fault(err)
		}
		if err := rest(ctx, time.Since(began)); err != nil {
			return total, err
		}
	}
	return total, nil
}

// rest lets others write.
func rest(ctx context.Context, worked time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(max(worked, restAtLeast)):
		return nil
	}
}

// Compact gives back the room of what was deleted: it writes the database anew. That
// takes as much free disk again as the database has, and others can't write meanwhile.
// It returns the size before and after, in bytes. It can fail with ErrUnavailable
// while others write.
func (s *SQLite) Compact(ctx context.Context) (before, after int64, err error) {
	if before, err = s.size(ctx); err != nil {
		return 0, 0, err
	}
	if _, err := s.writer.ExecContext(ctx, "VACUUM"); err != nil {
		return before, before, fault(err)
	}
	s.clearLog(ctx) // else the file shrinks with the next checkpoint
	after, err = s.size(ctx)
	return before, after, err
}

func (s *SQLite) size(ctx context.Context) (int64, error) {
	var pages, size int64
	if err := s.writer.QueryRowContext(ctx, "SELECT page_count, page_size FROM pragma_page_count, pragma_page_size").Scan(&pages, &size); err != nil {
		return 0, fault(err)
	}
	return pages * size, nil
}
