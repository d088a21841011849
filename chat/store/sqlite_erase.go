package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"time"

	"github.com/globalfandom/lightstick/chat/store/statements"
)

// eraser takes one person out of the database, in steps between which others write.
// Each transaction saves the report as far as it has come, so that an erasure that is
// begun again reports what was erased before, too.
type eraser struct {
	*database
	user   string
	report Erasure
	spans  spans
}

// Erase implements Store.
func (u upkeep) Erase(ctx context.Context, user string) (Erasure, error) {
	if err := required(field{"user", user, MaxSubject}); err != nil {
		return Erasure{}, err
	}
	e := &eraser{database: u.database, user: user}
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
	e.report.LogKept = !u.clearLog(ctx)
	return e.report, nil
}

// begin makes the report, or finds that of an erasure that was not completed. From
// now on Append keeps nothing that they have sent up to now.
func (e *eraser) begin(ctx context.Context) error {
	now := time.Now().Truncate(time.Millisecond)
	e.report = Erasure{At: now, Pseudonym: e.Pseudonym(e.user)}
	return e.transaction(ctx, func(write *statements.Queries) error {
		err := errors.Join(
			putTombstone(ctx, write, statements.PutTombstoneParams{User: e.report.Pseudonym, Erased: true}, Deletion{At: now}),
			write.DeleteTombstonesOfUser(ctx, e.user),
			write.RenameTombstones(ctx, e.report.Pseudonym, e.user),
		)
		if err != nil {
			return err
		}
		begun, err := write.BegunErasure(ctx, e.report.Pseudonym)
		switch {
		case err == nil:
			e.report, err = erasureOf(&begun)
			e.spans.list = e.report.Spans
			return err
		case !errors.Is(err, sql.ErrNoRows):
			return err
		}
		text, err := json.Marshal(&e.report)
		if err != nil {
			return err
		}
		e.report.ID, err = write.InsertErasure(ctx, e.report.Pseudonym, string(text))
		return err
	})
}

// step is one transaction, with the report in it.
func (e *eraser) step(ctx context.Context, f func(*statements.Queries) error) error {
	began := time.Now()
	err := e.transaction(ctx, func(write *statements.Queries) error {
		if err := f(write); err != nil {
			return err
		}
		e.report.Spans = e.spans.list
		text, err := json.Marshal(&e.report)
		if err != nil {
			return err
		}
		return write.SaveErasure(ctx, string(text), e.report.ID)
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
		err := e.step(ctx, func(write *statements.Queries) error {
			rows, err := write.EntriesOfUser(ctx, e.user, stepRows)
			done = len(rows) < stepRows
			if err != nil {
				return err
			}
			for _, row := range rows {
				if err := e.takeAway(ctx, write, statements.TracesRow(row)); err != nil {
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

// takeAway deletes an entry that is theirs, or what is theirs in it.
func (e *eraser) takeAway(ctx context.Context, write *statements.Queries, t statements.TracesRow) error {
	body, found, err := scrub([]byte(t.Body), is(e.user))
	if err != nil {
		return err
	}
	if t.Kind == "" && t.User == e.user || found && body == nil {
		e.report.Messages++
		e.spans.add(t.Room, t.At, t.Sent)
		return write.DeleteEntry(ctx, t.Seq)
	}
	if !found && t.User != e.user && t.DeletedBy != e.user {
		return nil
	}
	if found {
		e.report.Rewritten++
		e.spans.add(t.Room, t.At, t.Sent)
	}
	return write.RewriteEntry(ctx, statements.RewriteEntryParams{Body: string(body), User: e.user, Pseudonym: e.report.Pseudonym, Seq: t.Seq})
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
	for first := int64(0); ; first += traceRows {
		last, err := e.read.LastEntry(ctx)
		if err != nil || first >= last {
			return fault(err)
		}
		in := statements.TracesParams{First: first, Last: first + traceRows, User: e.user, Quoted: string(id)}
		some, err := e.read.TracesExist(ctx, statements.TracesExistParams(in))
		if err != nil {
			return fault(err)
		}
		if !some {
			continue
		}
		err = e.step(ctx, func(write *statements.Queries) error {
			rows, err := write.Traces(ctx, in)
			if err != nil {
				return err
			}
			for _, row := range rows {
				if err := e.takeAway(ctx, write, row); err != nil {
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
