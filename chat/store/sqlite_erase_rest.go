package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"time"
)

// rooms takes them from the rooms' settings, such as a pinned message. The revision
// grows: who has the settings in memory can't write them back as they were.
func (e *eraser) rooms(ctx context.Context) error {
	all, err := e.Rooms(ctx)
	if err != nil {
		return err
	}
	for _, room := range all {
		err := e.step(ctx, func(tx *sql.Tx) error {
			now, err := scanSettings(tx.QueryRowContext(ctx, "SELECT room, data, revision FROM rooms WHERE room = ?", room.Room))
			if err == sql.ErrNoRows {
				return nil
			} else if err != nil {
				return err
			}
			data, found, err := scrub(now.Data, is(e.user))
			if err != nil || !found {
				return err
			}
			if data == nil {
				data = []byte("null")
			}
			e.report.Rewritten++
			_, err = tx.ExecContext(ctx, "UPDATE rooms SET data = ?, revision = revision + 1 WHERE room = ?", string(data), room.Room)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// act is what there may be of them in an action.
type act struct {
	id          int64
	actor, user string
	theirs      bool // it is about a message that they wrote
	detail      []byte
}

// auditLog takes them from actions: those against them or a message of theirs keep neither
// reason nor details, which are about them. It comes while their messages are there.
func (e *eraser) auditLog(ctx context.Context) error {
	id, err := json.Marshal(e.user)
	if err != nil {
		return err
	}
	for last, done := int64(0), false; !done; {
		err := e.step(ctx, func(tx *sql.Tx) error {
			acts, err := readActs(ctx, tx, last, e.user, string(id))
			done = len(acts) < stepRows
			if err != nil {
				return err
			}
			for _, a := range acts {
				last = a.id
				if err := e.scrubAct(ctx, tx, &a); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func readActs(ctx context.Context, tx *sql.Tx, after int64, user, id string) ([]act, error) {
	rows, err := tx.QueryContext(ctx, `SELECT id, actor, user, theirs, detail FROM (
			SELECT *, message <> '' AND EXISTS (
				SELECT 1 FROM entries e WHERE e.room = audit.room AND e.id = audit.message AND e.user = ?1 AND e.kind = '') AS theirs
			FROM audit WHERE id > ?2)
		WHERE actor = ?1 OR user = ?1 OR theirs OR instr(detail, ?3) > 0 ORDER BY id LIMIT ?4`, user, after, id, stepRows)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var acts []act
	for rows.Next() {
		var a act
		if err := rows.Scan(&a.id, &a.actor, &a.user, &a.theirs, &a.detail); err != nil {
			return nil, err
		}
		acts = append(acts, a)
	}
	return acts, rows.Err()
}

func (e *eraser) scrubAct(ctx context.Context, tx *sql.Tx, a *act) error {
	found := a.actor == e.user || a.user == e.user || a.theirs
	if len(a.detail) > 0 {
		detail, inDetail, err := scrub(a.detail, is(e.user))
		if err != nil {
			return err
		}
		a.detail, found = detail, found || inDetail
	}
	if !found {
		return nil
	}
	e.report.Audit++
	if a.actor == e.user {
		if _, err := tx.ExecContext(ctx, "UPDATE audit SET actor = ?, actor_name = '', detail = ? WHERE id = ?",
			e.report.Pseudonym, string(a.detail), a.id); err != nil {
			return err
		}
	}
	if a.user == e.user || a.theirs {
		_, err := tx.ExecContext(ctx, `UPDATE audit SET user = CASE user WHEN ? THEN ? ELSE user END,
			user_name = '', network = '', reason = '', detail = '' WHERE id = ?`, e.user, e.report.Pseudonym, a.id)
		return err
	}
	_, err := tx.ExecContext(ctx, "UPDATE audit SET detail = ? WHERE id = ?", string(a.detail), a.id)
	return err
}

// sanctions puts the pseudonym into those that hold, and deletes the others and the
// account.
func (e *eraser) sanctions(ctx context.Context) error {
	return e.step(ctx, func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, "DELETE FROM sanctions WHERE user = ? AND until > 0 AND until <= ?",
			e.user, time.Now().UnixMilli()); err != nil {
			return err
		}
		n, err := changed(tx.ExecContext(ctx, "UPDATE OR REPLACE sanctions SET user = ?, name = '', reason = '' WHERE user = ?",
			e.report.Pseudonym, e.user))
		if err != nil {
			return err
		}
		e.report.Sanctions += n
		if _, err := tx.ExecContext(ctx, "UPDATE sanctions SET by = ? WHERE by = ?", e.report.Pseudonym, e.user); err != nil {
			return err
		}
		n, err = changed(tx.ExecContext(ctx, "DELETE FROM accounts WHERE id = ?", e.user))
		e.report.Account = e.report.Account || n > 0
		return err
	})
}

// complete puts the report among those to settle, if there is anything to.
func (e *eraser) complete(ctx context.Context) error {
	return e.write(ctx, func(tx *sql.Tx) error {
		query := "UPDATE erasures SET complete = TRUE WHERE id = ?"
		if len(e.report.Spans) == 0 {
			query = "DELETE FROM erasures WHERE id = ?"
		}
		_, err := tx.ExecContext(ctx, query, e.report.ID)
		return err
	})
}

// clearLog moves what was written into the database and empties the log, which holds
// old pages until then. It tells whether that was possible: readers may need the log.
func (s *SQLite) clearLog(ctx context.Context) bool {
	var busy, frames, moved int
	err := s.writer.QueryRowContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)").Scan(&busy, &frames, &moved)
	return err == nil && busy == 0
}

// Erasures implements Store.
func (s *SQLite) Erasures(ctx context.Context) ([]Erasure, error) {
	return collect(ctx, s.reader, scanErasure, "SELECT id, report FROM erasures WHERE complete ORDER BY id")
}

func scanErasure(row scanner) (Erasure, error) {
	var id int64
	var report []byte
	if err := row.Scan(&id, &report); err != nil {
		return Erasure{}, err
	}
	var e Erasure
	err := json.Unmarshal(report, &e)
	e.ID = id
	return e, err
}

// SettleErasure implements Store.
func (s *SQLite) SettleErasure(ctx context.Context, id int64) error {
	return affected(s.writer.ExecContext(ctx, "DELETE FROM erasures WHERE id = ? AND complete", id))
}
