package control

import (
	"crypto/sha256"
	"crypto/subtle"
	"strings"

	"github.com/globalfandom/lightstick/internal/randomid"
)

// newKey makes a stream key: a public part to find it by and a secret of 140 bits.
func newKey() string { return randomid.Readable(8) + "-" + randomid.Readable(28) }

// lookupPart is the part of a key that may stand in an index.
func lookupPart(key string) string {
	lookup, _, _ := strings.Cut(key, "-")
	return lookup
}

func hash(secret string) []byte {
	h := sha256.Sum256([]byte(secret))
	return h[:]
}

// equalHash compares in constant time.
func equalHash(a, b []byte) bool { return subtle.ConstantTimeCompare(a, b) == 1 }

// NewToken makes an API token.
func NewToken() string { return randomid.Readable(32) }
