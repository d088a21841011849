package store

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/netip"

	"github.com/globalfandom/lightstick/chat/message"
	"github.com/globalfandom/lightstick/chat/moderation"
	"github.com/globalfandom/lightstick/chat/store/statements"
)

// pseudonymPrefix begins what stands for the ID of a user whose data was erased.
const pseudonymPrefix = "erased:"

// Pseudonym implements Store. It is stable for the life of the database.
func (d *database) Pseudonym(user string) string {
	h := hmac.New(sha256.New, d.key)
	h.Write([]byte(user))
	return pseudonymPrefix + hex.EncodeToString(h.Sum(nil)[:16])
}

// sanctionTable is who may not write.
type sanctionTable struct{ *database }

// PutSanction implements Store.
func (t sanctionTable) PutSanction(ctx context.Context, s moderation.Sanction) error {
	if err := validateSanction(&s); err != nil {
		return err
	}
	return t.transaction(ctx, func(write *statements.Queries) error {
		if _, err := write.DeleteSanction(ctx, t.named(&s)); err != nil {
			return err
		}
		return write.InsertSanction(ctx, statements.InsertSanctionParams{
			Room: s.Room, Kind: s.Kind, User: s.User, Network: networkText(s.Network), Name: s.Name,
			Until: s.Until, Created: s.At, By: s.By.ID, ByRole: s.By.Role, Reason: s.Reason,
		})
	})
}

// DeleteSanction implements Store.
func (t sanctionTable) DeleteSanction(ctx context.Context, id string) error {
	s := moderation.ParseSanctionID(id)
	if err := validateSanctionID(&s); err != nil {
		return err
	}
	return affected(t.write.DeleteSanction(ctx, t.named(&s)))
}

// named finds a sanction under the user's ID or their pseudonym.
func (t sanctionTable) named(s *moderation.Sanction) statements.DeleteSanctionParams {
	key := statements.DeleteSanctionParams{Room: s.Room, Kind: s.Kind, User: s.User, Network: networkText(s.Network)}
	if s.User != "" {
		key.Pseudonym = t.Pseudonym(s.User)
	}
	return key
}

// Sanctions implements Store.
func (t sanctionTable) Sanctions(ctx context.Context, q SanctionQuery) ([]moderation.Sanction, error) {
	if err := q.validate(); err != nil {
		return nil, err
	}
	rows, err := q.find(ctx, t.reader, t.Pseudonym(q.User))
	return convert(rows, err, sanctionOf)
}

func sanctionOf(row *statements.Sanction) (moderation.Sanction, error) {
	network := parseNetwork(row.Network)
	return moderation.Sanction{
		ID:   moderation.SanctionID(row.Kind, row.Room, row.User, network),
		Room: row.Room, Kind: row.Kind, User: row.User, Network: network, Name: row.Name,
		Until: row.Until, At: row.Created, By: message.User{ID: row.By, Role: row.ByRole}, Reason: row.Reason,
	}, nil
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
