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

// upkeep deletes what must not stay.
type upkeep struct{ *database }

// Prune implements Store.
func (u upkeep) Prune(ctx context.Context, before time.Time, limit int) (int, error) {
	if before.IsZero() || limit < 1 {
		return 0, fmt.Errorf("%w: prune needs a time and a limit", ErrInvalid)
	}
	total := 0
	for _, remove := range []func(context.Context, int64, int64) (int64, error){
		u.write.DeleteEntriesBefore, u.write.DeleteAuditBefore, u.write.DeleteSanctionsEndedBefore,
	} {
		n, err := inSteps(ctx, limit-total, func(rows int64) (int64, error) { return remove(ctx, before.UnixMilli(), rows) })
		if total += n; err != nil {
			return total, err
		}
	}
	return total, fault(u.write.DeleteTombstonesBefore(ctx, time.Now().UnixMilli()))
}

// inSteps repeats a statement, which is given how many rows it may change, until it has
// changed limit rows or finds no more. A limit below 0 is none.
func inSteps(ctx context.Context, limit int, statement func(rows int64) (int64, error)) (int, error) {
	total := 0
	for limit != total {
		rows := stepRows
		if limit >= 0 {
			rows = min(rows, limit-total)
		}
		began := time.Now()
		n, err := statement(int64(rows))
		if total += int(n); err != nil || int(n) < rows {
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
func (d *database) Compact(ctx context.Context) (before, after int64, err error) {
	if before, err = d.size(ctx); err != nil {
		return 0, 0, err
	}
	if _, err := d.writer.ExecContext(ctx, "VACUUM"); err != nil {
		return before, before, fault(err)
	}
	d.clearLog(ctx) // else the file shrinks with the next checkpoint
	after, err = d.size(ctx)
	return before, after, err
}

func (d *database) size(ctx context.Context) (int64, error) {
	var pages, size int64
	if err := d.writer.QueryRowContext(ctx, "SELECT page_count, page_size FROM pragma_page_count, pragma_page_size").Scan(&pages, &size); err != nil {
		return 0, fault(err)
	}
	return pages * size, nil
}
