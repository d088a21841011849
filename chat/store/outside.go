package store

import "encoding/json"

// Scrub takes a person out of a publication that lies outside of the store, as Erase does
// within: in the objects of the chat by CDN (record.Archive.Rewrite). false: nothing is
// left of it. What can't be read is taken out.
func Scrub(item json.RawMessage, user string) (json.RawMessage, bool) {
	out, _, err := scrub(item, user)
	return out, err == nil && out != nil
}
