package identity

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"encoding/base64"
	"encoding/binary"
	"strings"
	"time"
	"unicode/utf8"
)

// A ticket is what makes a guest known again. It is opaque to them: base64url of
//
//	version (1 byte) | made, Unix seconds (8) | ID (10) | name (UTF-8) | MAC (16)
//
// where MAC is the first 16 bytes of HMAC-SHA-256 over all before it.
type ticket struct {
	made time.Time
	id   [ticketID]byte
	name string
}

const (
	ticketVersion = 1
	ticketID      = 10 // bytes: 80 random bits, so that nobody meets another's
	ticketHead    = 1 + 8 + ticketID
	ticketMAC     = 16
	maxTicketName = 32 * utf8.UTFMax
	// MaxTicket is how long a ticket can be, in bytes.
	MaxTicket = (ticketHead + maxTicketName + ticketMAC + 2) / 3 * 4
)

var idEncoding = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

// user is the guest's ID.
func (t *ticket) user() string { return guestPrefix + idEncoding.EncodeToString(t.id[:]) }

// newTicket makes one for somebody new.
func newTicket(now time.Time) ticket {
	t := ticket{made: now}
	rand.Read(t.id[:]) // never fails (crypto/rand)
	return t
}

// sealer signs tickets.
type sealer struct{ key []byte }

func (s sealer) mac(data []byte) []byte {
	h := hmac.New(sha256.New, s.key)
	h.Write(data)
	return h.Sum(nil)[:ticketMAC]
}

func (s sealer) seal(t ticket) string {
	data := make([]byte, 0, ticketHead+len(t.name)+ticketMAC)
	data = append(data, ticketVersion)
	data = binary.BigEndian.AppendUint64(data, uint64(t.made.Unix()))
	data = append(data, t.id[:]...)
	data = append(data, t.name...)
	return base64.RawURLEncoding.EncodeToString(append(data, s.mac(data)...))
}

// open reads a ticket; false: it isn't one of ours.
func (s sealer) open(text string) (ticket, bool) {
	if len(text) > MaxTicket {
		return ticket{}, false
	}
	data, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil || len(data) < ticketHead+ticketMAC || strings.ContainsAny(text, "\r\n") {
		return ticket{}, false
	}
	body, mac := data[:len(data)-ticketMAC], data[len(data)-ticketMAC:]
	if !hmac.Equal(mac, s.mac(body)) || body[0] != ticketVersion {
		return ticket{}, false
	}
	t := ticket{made: time.Unix(int64(binary.BigEndian.Uint64(body[1:])), 0), name: string(body[ticketHead:])}
	copy(t.id[:], body[1+8:])
	return t, true
}
