package identity

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"

	"github.com/globalfandom/lightstick/internal/randomid"
)

// PasswordHash is a password as Argon2id has left it. It is never printed.
type PasswordHash string

const masked = "********"

// String masks the hash.
func (PasswordHash) String() string { return masked }

// GoString masks it in %#v too.
func (PasswordHash) GoString() string { return masked }

// MarshalText masks it in JSON, and in logs written as such.
func (PasswordHash) MarshalText() ([]byte, error) { return []byte(masked), nil }

// argon are the parameters of Argon2id (RFC 9106).
type argon struct {
	memory      uint32 // KiB
	time        uint32
	parallelism uint8
}

// owasp are the parameters of new hashes: those of the OWASP Password Storage Cheat
// Sheet, m=19456, t=2, p=1.
var owasp = argon{19456, 2, 1}

// Bounds of what a stored hash may ask for, in case somebody writes to the database.
const (
	maxMemory   = 256 << 10 // KiB
	maxTime     = 16
	maxParallel = 16
	saltSize    = 16
	hashSize    = 32
	maxHash     = 256 // bytes of the text

	// MinPassword and MaxPassword bound passwords: characters, and bytes.
	MinPassword = 10
	MaxPassword = 256

	// hashers is how many passwords are hashed at once: 19 MiB each.
	hashers  = 2
	hashWait = 3 * time.Second // for one's turn
)

// ErrPassword reports a password that may not be used; the error that wraps it says why.
var ErrPassword = errors.New("password")

// errBusy: too many sign in at once.
var errBusy = errors.New("too many are signing in")

// CheckPassword reports a password that is too short or too long.
func CheckPassword(password string) error {
	if n := utf8.RuneCountInString(password); n < MinPassword || len(password) > MaxPassword || !utf8.ValidString(password) {
		return fmt.Errorf("%w: use %d characters or more, and at most %d bytes of UTF-8", ErrPassword, MinPassword, MaxPassword)
	}
	return nil
}

// NewPassword makes a password that nobody guesses: 100 random bits, in groups that
// can be read out.
func NewPassword() string {
	return randomid.Base32(5) + "-" + randomid.Base32(5) + "-" + randomid.Base32(5) + "-" + randomid.Base32(5)
}

// hasher hashes a few passwords at a time, so that logins can't exhaust the memory.
type hasher struct {
	turns chan struct{}
	argon argon // of new hashes
}

func newHasher() *hasher { return &hasher{make(chan struct{}, hashers), owasp} }

// turn waits for a place; it fails with errBusy.
func (h *hasher) turn(ctx context.Context) (done func(), err error) {
	ctx, cancel := context.WithTimeout(ctx, hashWait)
	defer cancel()
	select {
	case h.turns <- struct{}{}:
		return func() { <-h.turns }, nil
	case <-ctx.Done():
		return nil, errBusy
	}
}

// hash makes the text that is stored, in the PHC string format.
func (h *hasher) hash(ctx context.Context, password string) (string, error) {
	if err := CheckPassword(password); err != nil {
		return "", err
	}
	done, err := h.turn(ctx)
	if err != nil {
		return "", err
	}
	defer done()
	salt := make([]byte, saltSize)
	rand.Read(salt) // never fails (crypto/rand)
	return h.argon.text(salt, h.argon.key(password, salt, hashSize)), nil
}

// check compares a password with what is stored. With nothing stored it takes as long,
// and is false.
func (h *hasher) check(ctx context.Context, password, stored string) (bool, error) {
	if len(password) > MaxPassword {
		password, stored = "", ""
	}
	p, salt, want, err := parseHash(stored)
	if err != nil {
		p, salt, want = h.argon, make([]byte, saltSize), nil
	}
	done, busy := h.turn(ctx)
	if busy != nil {
		return false, busy
	}
	defer done()
	got := p.key(password, salt, uint32(max(len(want), hashSize)))
	return len(want) > 0 && subtle.ConstantTimeCompare(got, want) == 1, nil
}

func (p argon) key(password string, salt []byte, size uint32) []byte {
	return argon2.IDKey([]byte(password), salt, p.time, p.memory, p.parallelism, size)
}

func (p argon) text(salt, hash []byte) string {
	encode := base64.RawStdEncoding.EncodeToString
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, p.memory, p.time, p.parallelism, encode(salt), encode(hash))
}

var errHash = errors.New("not an Argon2id hash in PHC format")

// parseHash reads $argon2id$v=19$m=…,t=…,p=…$salt$hash.
func parseHash(text string) (p argon, salt, hash []byte, err error) {
	parts := strings.Split(text, "$")
	if strings.ContainsAny(text, "\r\n") || len(text) > maxHash || len(parts) != 6 || parts[0] != "" || parts[1] != "argon2id" || parts[2] != fmt.Sprintf("v=%d", argon2.Version) {
		return p, nil, nil, errHash
	}
	if n, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &p.memory, &p.time, &p.parallelism); n != 3 || err != nil {
		return p, nil, nil, errHash
	}
	if parts[3] != fmt.Sprintf("m=%d,t=%d,p=%d", p.memory, p.time, p.parallelism) ||
		p.memory < 8 || p.memory > maxMemory || p.time < 1 || p.time > maxTime || p.parallelism < 1 || p.parallelism > maxParallel {
		return p, nil, nil, errHash
	}
	salt, e1 := base64.RawStdEncoding.Strict().DecodeString(parts[4])
	hash, e2 := base64.RawStdEncoding.Strict().DecodeString(parts[5])
	if e1 != nil || e2 != nil || len(salt) < 8 || len(salt) > 64 || len(hash) < 16 || len(hash) > 64 {
		return p, nil, nil, errHash
	}
	return p, salt, hash, nil
}
