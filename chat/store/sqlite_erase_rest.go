package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"time"

	"github.com/globalfandom/lightstick/chat/store/statements"
)

// rooms takes them from the rooms' settings, such as a pinned message. The revision
// grows: who has the settings in memory can't write them back as they were.
func (e *eraser) rooms(ctx context.Context) error {
	all, err := e.read.AllRoomSettings(ctx)
	if err != nil {
		return fault(err)
	}
	for _, room := range all {
		err := e.step(ctx, func(write *statements.Queries) error {
			now, err := write.RoomSettings(ctx, room.Room)
			if errors.Is(err, sql.ErrNoRows) {
				return nil
			} else if err != nil {
				return err
			}
			data, found, err := scrub([]byte(now.Data), is(e.user))
			if err != nil || !found {
				return err
			}
			if data == nil {
				data = []byte("null")
			}
			e.report.Rewritten++
			return write.RewriteRoom(ctx, string(data), room.Room)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// auditLog takes them from actions: those against them or a message of theirs keep neither
// reason nor details, which are about them. It comes while their messages are there.
func (e *eraser) auditLog(ctx context.Context) error {
	id, err := json.Marshal(e.user)
	if err != nil {
		return err
	}
	for last, done := int64(0), false; !done; {
		err := e.step(ctx, func(write *statements.Queries) error {
			acts, err := write.AuditTraces(ctx, statements.AuditTracesParams{User: e.user, After: last, Quoted: string(id), Count: stepRows})
			done = len(acts) < stepRows
			if err != nil {
				return err
			}
			for i := range acts {
				last = acts[i].ID
				if err := e.scrubAct(ctx, write, &acts[i]); err != nil {
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

func (e *eraser) scrubAct(ctx context.Context, write *statements.Queries, a *statements.AuditTracesRow) error {
	theirs := a.Theirs != 0 // it is about a message that they wrote
	found := a.Actor == e.user || a.User == e.user || theirs
	if a.Detail != "" {
		detail, inDetail, err := scrub([]byte(a.Detail), is(e.user))
		if err != nil {
			return err
		}
		a.Detail, found = string(detail), found || inDetail
	}
	if !found {
		return nil
	}
	e.report.Audit++
	if a.Actor == e.user {
		if err := write.RenameActor(ctx, e.report.Pseudonym, a.Detail, a.ID); err != nil {
			return err
		}
	}
	if a.User == e.user || theirs {
		return write.BlankAudit(ctx, e.user, e.report.Pseudonym, a.ID)
	}
	return write.RewriteAuditDetail(ctx, a.Detail, a.ID)
}

// sanctions puts the pseudonym into those that hold, and deletes the others and the
// account.
func (e *eraser) sanctions(ctx context.Context) error {
	return e.step(ctx, func(write *statements.Queries) error {
		if err := write.DeleteEndedSanctionsOfUser(ctx, e.user, time.Now().UnixMilli()); err != nil {
			return err
		}
		n, err := write.RenameSanctions(ctx, e.report.Pseudonym, e.user)
		if err != nil {
			return err
		}
		e.report.Sanctions += int(n)
		if err := write.RenameSanctionsBy(ctx, e.report.Pseudonym, e.user); err != nil {
			return err
		}
		n, err = write.DeleteAccount(ctx, e.user)
		e.report.Account = e.report.Account || n > 0
		return err
	})
}

// complete puts the report among those to settle, if there is anything to.
func (e *eraser) complete(ctx context.Context) error {
	if len(e.report.Spans) == 0 {
		return fault(e.write.DeleteErasure(ctx, e.report.ID))
	}
	return fault(e.write.CompleteErasure(ctx, e.report.ID))
}

// clearLog moves what was written into the database and empties the log, which holds
// old pages until then. It tells whether that was possible: readers may need the log.
func (d *database) clearLog(ctx context.Context) bool {
	var busy, frames, moved int
	err := d.writer.QueryRowContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)").Scan(&busy, &frames, &moved)
	return err == nil && busy == 0
}

// Erasures implements Store.
func (u upkeep) Erasures(ctx context.Context) ([]Erasure, error) {
	rows, err := u.read.Erasures(ctx)
	return convert(rows, err, erasureOf)
}

func erasureOf(row *statements.Erasure) (Erasure, error) {
	var e Erasure
	err := json.Unmarshal([]byte(row.Report), &e)
	e.ID = row.ID
	return e, err
}

// SettleErasure implements Store.
func (u upkeep) SettleErasure(ctx context.Context, id int64) error {
	return affected(u.write.SettleErasure(ctx, id))
}
