// Package envelope is the form in which processes tell each other, by Redis and by
// broadcasts, of values on which all must agree (sanctions, rooms' settings), and the one
// rule by which of two versions of a value the same wins everywhere: [Version.After].
package envelope

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"time"
)

// Version says when a value was written. It comes with the value, wherever that came from,
// so that no process makes up an order of its own.
type Version struct {
	Number int64  `json:"version"` // grows with each change that knows the one before
	At     int64  `json:"at"`      // Unix µs; decides between changes that did not know each other
	By     string `json:"by"`      // decides between two of the same µs
}

// After is the rule: the greatest version wins. The script of package shared has it as well.
func (v Version) After(other Version) bool {
	return cmp.Or(cmp.Compare(v.Number, other.Number), cmp.Compare(v.At, other.At), cmp.Compare(v.By, other.By)) > 0
}

// Digest orders contents that have no order of their own, the same everywhere. Redis
// compares texts by its locale: of these letters all locales have one order.
func Digest(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:8])
}

// Envelope is a value with what others have to know about it.
type Envelope[V any] struct {
	Version
	Name  string `json:"name,omitempty"` // of the set; earlier releases leave it out in Redis, and the key
	Key   string `json:"key,omitempty"`
	Until int64  `json:"until,omitempty"` // Unix ms; 0: for ever
	Value *V     `json:"value"`           // nil: earlier releases deleted it
}

// Expired tells whether the value does not hold any more.
func (e *Envelope[V]) Expired(now time.Time) bool {
	return e.Until != 0 && e.Until < now.UnixMilli()
}
