package store

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"net/netip"
	"strings"
	"time"
)

// pseudonymPrefix begins what stands for the ID of a user whose data was erased.
const pseudonymPrefix = "erased:"

// Pseudonym implements Store. It is stable for the life of the database.
func (s *SQLite) Pseudonym(user string) string {
	h := hmac.New(sha256.New, s.key)
	h.Write([]byte(user))
	return pseudonymPrefix + hex.EncodeToString(h.Sum(nil)[:16])
}

// PutSanction implements Store.
func (s *SQLite) PutSanction(ctx context.Context, sanction Sanction) error {
	if err := sanction.validate(); err != nil {
		return err
	}
	return s.write(ctx, func(tx *sql.Tx) error {
		if _, err := s.lift(ctx, tx, &sanction.SanctionKey); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, `INSERT INTO sanctions (room, kind, user, network, name, until, created, by, by_role, reason)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
			sanction.Room, string(sanction.Kind), sanction.User, networkText(sanction.Network), sanction.Name,
			millis(sanction.Until), sanction.Created.UnixMilli(), sanction.By, string(sanction.ByRole), sanction.Reason)
		return err
	})
}

// DeleteSanction implements Store.
func (s *SQLite) DeleteSanction(ctx context.Context, key SanctionKey) error {
	if err := key.validate(); err != nil {
		return err
	}
	return s.write(ctx, func(tx *sql.Tx) error {
		if n, err := s.lift(ctx, tx, &key); err != nil || n > 0 {
			return err
		}
		return ErrNotFound
	})
}

// lift deletes the sanction, under the user's ID or their pseudonym.
func (s *SQLite) lift(ctx context.Context, tx *sql.Tx, key *SanctionKey) (int, error) {
	pseudonym := ""
	if key.User != "" {
		pseudonym = s.Pseudonym(key.User)
	}
	return changed(tx.ExecContext(ctx, "DELETE FROM sanctions WHERE room = ? AND kind = ? AND user IN (?, ?) AND network = ?",
		key.Room, string(key.Kind), key.User, pseudonym, networkText(key.Network)))
}

// Sanctions implements Store.
func (s *SQLite) Sanctions(ctx context.Context, q SanctionQuery) ([]Sanction, error) {
	if err := q.validate(); err != nil {
		return nil, err
	}
	var w where
	w.add("TRUE")
	if q.Room != "" {
		w.add("room = ?", q.Room)
	}
	if q.User != "" {
		w.add("user IN (?, ?)", q.User, s.Pseudonym(q.User))
	}
	if !q.Active.IsZero() {
		w.add("(until = 0 OR until > ?)", q.Active.UnixMilli())
	}
	return collect(ctx, s.reader, scanSanction, "SELECT room, kind, user, network, name, until, created, by, by_role, reason FROM sanctions WHERE "+
		strings.Join(w.conditions, " AND ")+" ORDER BY created DESC, seq DESC LIMIT ? OFFSET ?", append(w.args, q.Limit, q.Offset)...)
}

func scanSanction(row scanner) (s Sanction, err error) {
	var network string
	var until, created int64
	err = row.Scan(&s.Room, (*string)(&s.Kind), &s.User, &network, &s.Name, &until, &created, &s.By, (*string)(&s.ByRole), &s.Reason)
	s.Network, s.Until, s.Created = parseNetwork(network), moment(until), time.UnixMilli(created)
	return s, err
}

// networkText is "" for no network.
func networkText(p netip.Prefix) string {
	if !p.IsValid() {
		return ""
	}
	return p.String()
}

// parseNetwork reads what networkText has written.
func parseNetwork(text string) netip.Prefix {
	p, _ := netip.ParsePrefix(text) // the zero Prefix: none
	return p
}
