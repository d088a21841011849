package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"time"
)

// eraser takes one person out of the database, in steps between which others write.
// Each transaction saves the report as far as it has come, so that an erasure that is
// begun again reports what was erased before, too.
type eraser struct {
	*SQLite
	user   string
	report Erasure
	spans  spans
}

// Erase implements Store.
func (s *SQLite) Erase(ctx context.Context, user string) (Erasure, error) {
	if err := required(field{"user", user, MaxSubject}); err != nil {
		return Erasure{}, err
	}
	e := &eraser{SQLite: s, user: user}
	if err := e.begin(ctx); err != nil {
		return Erasure{}, err
	}
	for _, step := range []func(context.Context) error{
		e.auditLog, e.messages, e.traces, e.rooms, e.sanctions, e.complete,
	} {
		if err := step(ctx); err != nil {
			return Erasure{}, err
		}
	}
	e.report.LogKept = !s.clearLog(ctx)
	return e.report, nil
}

// begin makes the report, or finds that of an erasure that was not completed. From
// now on Append keeps nothing that they have sent up to now.
func (e *eraser) begin(ctx context.Context) error {
	now := time.Now().Truncate(time.Millisecond)
	e.report = Erasure{At: now, Pseudonym: e.Pseudonym(e.user)}
	return e.write(ctx, func(tx *sql.Tx) error {
		if err := putTombstone(ctx, tx, "", "", e.report.Pseudonym, true, Deletion{At: now}); err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, "DELETE FROM tombstones WHERE user = ? AND NOT erased", e.user); err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, "UPDATE tombstones SET by = ? WHERE by = ?", e.report.Pseudonym, e.user); err != nil {
			return err
		}
		begun, err := scanErasure(tx.QueryRowContext(ctx,
			"SELECT id, report FROM erasures WHERE pseudonym = ? AND NOT complete", e.report.Pseudonym))
		if err == nil {
			e.report, e.spans.list = begun, begun.Spans
			return nil
		}
		if err != sql.ErrNoRows {
			return err
		}
		text, err := json.Marshal(&e.report)
		if err != nil {
			return err
		}
		result, err := tx.ExecContext(ctx, "INSERT INTO erasures (pseudonym, complete, report) VALUES (?, FALSE, ?)", e.report.Pseudonym, string(text))
		if err != nil {
			return err
		}
		e.report.ID, err = result.LastInsertId()
		return err
	})
}

// step is one transaction, with the report in it.
func (e *eraser) step(ctx context.Context, f func(*sql.Tx) error) error {
	began := time.Now()
	err := e.write(ctx, func(tx *sql.Tx) error {
		if err := f(tx); err != nil {
			return err
		}
		e.report.Spans = e.spans.list
		text, err := json.Marshal(&e.report)
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, "UPDATE erasures SET report = ? WHERE id = ?", string(text), e.report.ID)
		return err
	})
	if err != nil {
		return err
	}
	return rest(ctx, time.Since(began))
}

// messages deletes what they wrote, and takes them from the events that they caused:
// messages that they deleted as a moderator must not come back.
func (e *eraser) messages(ctx context.Context) error {
	for done := false; !done; {
		err := e.step(ctx, func(tx *sql.Tx) error {
			rows, err := readTraces(ctx, tx, "user = ? LIMIT ?", e.user, stepRows)
			done = len(rows) < stepRows
			if err != nil {
				return err
			}
			for _, row := range rows {
				if err := e.takeAway(ctx, tx, &row); err != nil {
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

// trace is an entry that has to do with them.
type trace struct {
	seq             int64
	room, kind      string
	at, sent        int64
	user, deletedBy string
	body            []byte
}

func readTraces(ctx context.Context, tx *sql.Tx, condition string, args ...any) ([]trace, error) {
	rows, err := tx.QueryContext(ctx, "SELECT seq, room, kind, at, sent, user, deleted_by, body FROM entries WHERE "+condition, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var traces []trace
	for rows.Next() {
		var t trace
		if err := rows.Scan(&t.seq, &t.room, &t.kind, &t.at, &t.sent, &t.user, &t.deletedBy, &t.body); err != nil {
			return nil, err
		}
		traces = append(traces, t)
	}
	return traces, rows.Err()
}

// takeAway deletes an entry that is theirs, or what is theirs in it.
func (e *eraser) takeAway(ctx context.Context, tx *sql.Tx, t *trace) error {
	body, found, err := scrub(t.body, is(e.user))
	if err != nil {
		return err
	}
	if t.kind == "" && t.user == e.user || found && body == nil {
		e.report.Messages++
		e.spans.add(t.room, t.at, t.sent)
		_, err := tx.ExecContext(ctx, "DELETE FROM entries WHERE seq = ?", t.seq)
		return err
	}
	if !found && t.user != e.user && t.deletedBy != e.user {
		return nil
	}
	if found {
		e.report.Rewritten++
		e.spans.add(t.room, t.at, t.sent)
	}
	_, err = tx.ExecContext(ctx, `UPDATE entries SET body = ?1,
		address = CASE user WHEN ?2 THEN '' ELSE address END,
		user = CASE user WHEN ?2 THEN '' ELSE user END,
		deleted_by = CASE deleted_by WHEN ?2 THEN ?3 ELSE deleted_by END WHERE seq = ?4`,
		string(body), e.user, e.report.Pseudonym, t.seq)
	return err
}

// traceRows is how many entries are looked through at a time: about 10 ms.
const traceRows = 5000

// traces looks through all entries for what others wrote with them in it. No index
// helps, but reading hinders nobody.
func (e *eraser) traces(ctx context.Context) error {
	id, err := json.Marshal(e.user) // as it stands in messages; events may write it differently
	if err != nil {
		return err
	}
	for from := int64(0); ; from += traceRows {
		var last sql.NullInt64
		if err := e.reader.QueryRowContext(ctx, "SELECT max(seq) FROM entries").Scan(&last); err != nil || from >= last.Int64 {
			return fault(err)
		}
		const condition = "seq > ? AND seq <= ? AND (kind <> '' OR deleted_by = ? OR instr(body, ?) > 0)"
		args := []any{from, from + traceRows, e.user, string(id)}
		var some bool
		if err := e.reader.QueryRowContext(ctx, "SELECT EXISTS (SELECT 1 FROM entries WHERE "+condition+")", args...).Scan(&some); err != nil {
			return fault(err)
		}
		if !some {
			continue
		}
		err := e.step(ctx, func(tx *sql.Tx) error {
			rows, err := readTraces(ctx, tx, condition, args...)
			if err != nil {
				return err
			}
			for _, row := range rows {
				if err := e.takeAway(ctx, tx, &row); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
}
