package store

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/netip"
	"time"

	"github.com/globalfandom/lightstick/chat/message"
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
func (t sanctionTable) PutSanction(ctx context.Context, s Sanction) error {
	if err := s.validate(); err != nil {
		return err
	}
	return t.transaction(ctx, func(write *statements.Queries) error {
		if _, err := write.DeleteSanction(ctx, t.named(&s.SanctionKey)); err != nil {
			return err
		}
		return write.InsertSanction(ctx, statements.InsertSanctionParams{
			Room: s.Room, Kind: string(s.Kind), User: s.User, Network: networkText(s.Network), Name: s.Name,
			Until: millis(s.Until), Created: s.Created.UnixMilli(), By: s.By, ByRole: string(s.ByRole), Reason: s.Reason,
		})
	})
}

// DeleteSanction implements Store.
func (t sanctionTable) DeleteSanction(ctx context.Context, key SanctionKey) error {
	if err := key.validate(); err != nil {
		return err
	}
	return affected(t.write.DeleteSanction(ctx, t.named(&key)))
}

// named finds a sanction under the user's ID or their pseudonym.
func (t sanctionTable) named(k *SanctionKey) statements.DeleteSanctionParams {
	key := statements.DeleteSanctionParams{Room: k.Room, Kind: string(k.Kind), User: k.User, Network: networkText(k.Network)}
	if k.User != "" {
		key.Pseudonym = t.Pseudonym(k.User)
	}
	return key
}

// Sanctions implements Store.
func (t sanctionTable) Sanctions(ctx context.Context, q SanctionQuery) ([]Sanction, error) {
	if err := q.validate(); err != nil {
		return nil, err
	}
	rows, err := q.find(ctx, t.reader, t.Pseudonym(q.User))
	return convert(rows, err, sanctionOf)
}

func sanctionOf(row *statements.Sanction) (Sanction, error) {
	return Sanction{
		SanctionKey: SanctionKey{Room: row.Room, Kind: SanctionKind(row.Kind), User: row.User, Network: parseNetwork(row.Network)},
		Name:        row.Name, Until: moment(row.Until), Created: time.UnixMilli(row.Created),
		By: row.By, ByRole: message.Role(row.ByRole), Reason: row.Reason,
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
