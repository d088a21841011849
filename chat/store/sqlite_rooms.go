package store

import (
	"context"
	"fmt"
)

// Room implements Store.
func (s *SQLite) Room(ctx context.Context, room string) (Settings, error) {
	settings, err := scanSettings(s.reader.QueryRowContext(ctx, "SELECT room, data, revision FROM rooms WHERE room = ?", room))
	return settings, fault(err)
}

// Rooms implements Store.
func (s *SQLite) Rooms(ctx context.Context) ([]Settings, error) {
	return collect(ctx, s.reader, scanSettings, "SELECT room, data, revision FROM rooms ORDER BY room")
}

func scanSettings(row scanner) (s Settings, err error) {
	return s, row.Scan(&s.Room, (*[]byte)(&s.Data), &s.Revision)
}

// SaveRoom implements Store.
func (s *SQLite) SaveRoom(ctx context.Context, settings Settings) error {
	if err := required(field{"room", settings.Room, MaxSubject}, field{"settings", string(settings.Data), MaxSettings}); err != nil {
		return err
	}
	if err := jsonValue("settings", settings.Data, MaxSettings); err != nil {
		return err
	}
	n, err := changed(s.writer.ExecContext(ctx, `INSERT INTO rooms (room, data, revision) VALUES (?, ?, ?)
		ON CONFLICT DO UPDATE SET data = excluded.data, revision = excluded.revision WHERE excluded.revision > revision`,
		settings.Room, string(settings.Data), settings.Revision))
	if err == nil && n == 0 {
		return fmt.Errorf("room %s: %w", settings.Room, ErrConflict)
	}
	return fault(err)
}

// DeleteRoom implements Store.
func (s *SQLite) DeleteRoom(ctx context.Context, room string) error {
	for _, table := range []string{"rooms", "sanctions", "tombstones", "audit", "entries"} {
		// The limit stands in a subquery: SQLite is often built without DELETE … LIMIT.
		query := "DELETE FROM " + table + " WHERE rowid IN (SELECT rowid FROM " + table + " WHERE room = ? LIMIT ?)"
		if table == "tombstones" { // has no row IDs, and few rows
			query = "DELETE FROM tombstones WHERE room = ? AND ? > 0"
		}
		if _, err := s.inSteps(ctx, -1, query, room); err != nil {
			return err
		}
	}
	return nil
}
