package control

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base32"
	"strings"
)

// alphabet is base32 in lower case without padding, easy to copy by hand.
var alphabet = base32.NewEncoding("abcdefghijkmnpqrstuvwxyz23456789").WithPadding(base32.NoPadding)

// randomText is n random bytes as text.
func randomText(n int) string {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails (crypto/rand)
	return alphabet.EncodeToString(b)
}

// newKey makes a stream key: a public part to find it by and a secret of 130 bits.
func newKey() string { return randomText(5) + "-" + randomText(17) }

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
func NewToken() string { return randomText(20) }
