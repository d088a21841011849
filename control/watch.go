package control

import (
	"context"
	"fmt"
	"time"
)

// watchEvery is how soon Watch notices a change: docs/playback-tokens.md promises 2 s.
const watchEvery = 1800 * time.Millisecond

// Watch calls changed when the database may have been written to, by this process or
// another: at once, and then within two seconds of each change. It returns nil when ctx
// ends, or the error by which it can't go on watching.
func (s *Store) Watch(ctx context.Context, changed func()) error {
	if err := s.watch(ctx, changed); err != nil && ctx.Err() == nil {
		return fmt.Errorf("watching the database: %w", err)
	}
	return nil
}

// watch compares SQLite's data_version, which is a counter in memory that all processes
// share: the question reads no page of the file. Versions mean something only to the
// connection that told them (https://sqlite.org/pragma.html#pragma_data_version).
func (s *Store) watch(ctx context.Context, changed func()) error {
	conn, err := s.db.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	query, err := conn.PrepareContext(ctx, "PRAGMA data_version")
	if err != nil {
		return err
	}
	defer query.Close()
	ask := context.WithoutCancel(ctx) // the driver starts a goroutine for each question that can be cancelled
	ticker := time.NewTicker(watchEvery)
	defer ticker.Stop()
	for last := int64(-1); ; {
		var version int64
		if err := query.QueryRowContext(ask).Scan(&version); err != nil {
			return err
		}
		if version != last {
			last = version
			changed()
		}
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
	}
}
