package store

import "encoding/json"

// ScrubAs takes a person out of a publication that lies outside of the store, as Erase does
// within: in the objects of the chat by CDN (recording.Library.Rewrite). Only the pseudonym
// is known, which is all that is left of their ID in a report (Erasure); of is
// Sanctions.Pseudonym. false: nothing is left of it. What can't be read is taken out.
func ScrubAs(item json.RawMessage, pseudonym string, of func(user string) string) (json.RawMessage, bool) {
	out, _, err := scrub(item, func(id string) bool { return of(id) == pseudonym })
	return out, err == nil && out != nil
}
