package store

import "encoding/json"

// Scrub takes a person out of a publication that lies outside of the store, as Erase does
// within: in the objects of the chat by CDN (recording.Library.Rewrite). false: nothing is
// left of it. What can't be read is taken out.
func Scrub(item json.RawMessage, user string) (json.RawMessage, bool) {
	out, _, err := scrub(item, is(user))
	return out, err == nil && out != nil
}

// ScrubAs is Scrub for somebody of whom only the pseudonym is known, which is all that
// is left of their ID in a report (Erasure); of is Sanctions.Pseudonym.
func ScrubAs(item json.RawMessage, pseudonym string, of func(user string) string) (json.RawMessage, bool) {
	out, _, err := scrub(item, func(id string) bool { return of(id) == pseudonym })
	return out, err == nil && out != nil
}
