package store

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io"
	"strconv"
	"time"

	"github.com/globalfandom/lightstick/chat/identity"
	"github.com/globalfandom/lightstick/chat/message"
)

// Line is a line of an export: a JSON object with one of message, event, act,
// sanction and account.
type Line struct {
	Room      string           `json:"room,omitempty"`
	Message   *message.Message `json:"message,omitempty"`
	Event     json.RawMessage  `json:"event,omitempty"`
	Shadow    bool             `json:"shadow,omitempty"`
	DeletedBy string           `json:"deleted_by,omitempty"`
	DeletedAt *time.Time       `json:"deleted_at,omitempty"`
	Address   string           `json:"address,omitempty"`
	Act       *ActLine         `json:"act,omitempty"`
	Sanction  *SanctionLine    `json:"sanction,omitempty"`
	Account   *AccountLine     `json:"account,omitempty"`
}

// ActLine is an action of the audit log.
type ActLine struct {
	At       time.Time       `json:"at"`
	Act      string          `json:"act"`
	Actor    string          `json:"actor,omitempty"`
	User     string          `json:"user,omitempty"`
	UserName string          `json:"user_name,omitempty"`
	Network  string          `json:"network,omitempty"`
	Message  string          `json:"message,omitempty"`
	Reason   string          `json:"reason,omitempty"`
	Detail   json.RawMessage `json:"detail,omitempty"`
}

// SanctionLine is a sanction.
type SanctionLine struct {
	Kind    string     `json:"kind"`
	User    string     `json:"user,omitempty"`
	Created time.Time  `json:"created"`
	Until   *time.Time `json:"until,omitempty"`
	Reason  string     `json:"reason,omitempty"`
}

// AccountLine is an account, without its password.
type AccountLine struct {
	ID      string       `json:"id"`
	Name    string       `json:"name"`
	Role    message.Role `json:"role"`
	Color   string       `json:"color,omitempty"`
	Created time.Time    `json:"created"`
}

// Export writes a room's entries as NDJSON, one Line each, and returns how many. It
// takes the order and the filters of q; Limit and Forward don't matter:
// all that match are written, the first first, without addresses. It reads a page at a
// time, so that nothing is held up by a slow w; entries that come meanwhile are
// written if they are in time.
func Export(ctx context.Context, s Entries, room string, q Query, w io.Writer) (int, error) {
	out := newLines(w)
	n, err := exportRoom(ctx, s, room, q, false, out)
	return n, errors.Join(err, out.Flush())
}

// lines writes NDJSON.
type lines struct {
	*bufio.Writer
	encoder *json.Encoder
}

func newLines(w io.Writer) *lines {
	l := &lines{Writer: bufio.NewWriterSize(w, 64<<10)}
	l.encoder = json.NewEncoder(l.Writer)
	l.encoder.SetEscapeHTML(false)
	return l
}

const exportPage = 500

func exportRoom(ctx context.Context, s Entries, room string, q Query, addresses bool, out *lines) (int, error) {
	q.Limit, q.Forward = exportPage, true
	for total := 0; ; {
		page, err := s.Messages(ctx, room, q)
		if err != nil {
			return total, err
		}
		for i := range page {
			if err := out.encoder.Encode(entryLine(&page[i], addresses)); err != nil {
				return total, err
			}
			total++
		}
		if len(page) < exportPage {
			return total, nil
		}
		q = q.Next(&page[len(page)-1])
	}
}

func entryLine(e *Entry, address bool) *Line {
	l := &Line{Room: e.Room, Event: e.Event, Shadow: e.Shadow}
	if e.Kind == "" {
		l.Message = &e.Message
	}
	if e.Deleted != nil {
		l.DeletedBy, l.DeletedAt = e.Deleted.By, &e.Deleted.At
	}
	if address && e.Address.IsValid() {
		l.Address = e.Address.String()
	}
	return l
}

// ExportUser writes what is kept about one person as NDJSON, one Line each: account,
// messages with addresses, actions that they did or that were about them, sanctions. What
// others wrote to them is theirs, and is not in it.
func ExportUser(ctx context.Context, s Store, user string, w io.Writer) (int, error) {
	out := newLines(w)
	total := 0
	for _, part := range []func() (int, error){
		func() (int, error) { return exportAccount(ctx, s, user, out) },
		func() (int, error) { return exportMessages(ctx, s, user, out) },
		func() (int, error) { return exportActs(ctx, s, user, out) },
		func() (int, error) { return exportSanctions(ctx, s, user, out) },
	} {
		n, err := part()
		if total += n; err != nil {
			return total, errors.Join(err, out.Flush())
		}
	}
	return total, out.Flush()
}

func exportAccount(ctx context.Context, s identity.Store, user string, out *lines) (int, error) {
	a, err := s.Account(ctx, user)
	if errors.Is(err, identity.ErrNoAccount) {
		return 0, nil
	} else if err != nil {
		return 0, err
	}
	return 1, out.encoder.Encode(&Line{Account: &AccountLine{a.ID, a.Name, a.Role, a.Color, a.Created}})
}

func exportMessages(ctx context.Context, s Entries, user string, out *lines) (int, error) {
	rooms, err := s.RoomsOf(ctx, user)
	if err != nil {
		return 0, err
	}
	total := 0
	for _, room := range rooms {
		n, err := exportRoom(ctx, s, room, Query{User: user, Deleted: true, Shadow: true, Events: true}, true, out)
		if total += n; err != nil {
			return total, err
		}
	}
	return total, nil
}

// exportActs writes the newest first. Other people's names are left out.
func exportActs(ctx context.Context, s AuditLog, user string, out *lines) (int, error) {
	total := 0
	for q := (AuditQuery{User: user, Limit: exportPage}); ; {
		acts, err := s.Audit(ctx, q)
		if err != nil {
			return total, err
		}
		for i := range acts {
			e, a := &acts[i], &acts[i].Action
			line := &ActLine{At: time.UnixMilli(e.At), Act: a.Kind, Actor: e.By.ID, User: a.User, UserName: e.Name,
				Network: a.Network, Message: a.Message, Reason: a.Reason, Detail: AuditDetail(e)}
			if err := out.encoder.Encode(&Line{Room: e.Room, Act: line}); err != nil {
				return total, err
			}
			total++
		}
		if len(acts) < exportPage {
			return total, nil
		}
		if q.Before, err = strconv.ParseInt(acts[len(acts)-1].ID, 10, 64); err != nil {
			return total, err
		}
	}
}

func exportSanctions(ctx context.Context, s Sanctions, user string, out *lines) (int, error) {
	list, err := s.Sanctions(ctx, SanctionQuery{User: user})
	if err != nil {
		return 0, err
	}
	for i, sanction := range list {
		line := &SanctionLine{Kind: sanction.Kind, User: sanction.User, Created: time.UnixMilli(sanction.At), Reason: sanction.Reason}
		if sanction.Until != 0 {
			line.Until = new(time.UnixMilli(sanction.Until))
		}
		if err := out.encoder.Encode(&Line{Room: sanction.Room, Sanction: line}); err != nil {
			return i, err
		}
	}
	return len(list), nil
}
