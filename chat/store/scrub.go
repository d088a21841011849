package store

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
)

// scrub takes a person out of what is kept as JSON: messages of others, events,
// rooms' settings, details of actions. It knows no types, so that what is added to them
// is scrubbed as well, but the names that package message gives to members:
//   - an object whose member "user" is a user object of theirs is something they wrote,
//     and goes as a whole;
//   - a user object of theirs elsewhere ("by") keeps its role only;
//   - an object whose member "user" is their ID (a quote) loses ID, name and text;
//   - their ID as a string elsewhere, also in a list ("mentions"), goes.
//
// It tells whether something was changed; out is nil if nothing is left.
func scrub(data []byte, isUser func(id string) bool) (out []byte, found bool, err error) {
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber() // numbers stay as they are written
	var v any
	if err := decoder.Decode(&v); err != nil {
		return data, false, fmt.Errorf("%w: %w", ErrCorrupt, err)
	}
	s := scrubber{isUser: isUser}
	v, keep := s.value(v)
	if !s.found {
		return data, false, nil
	}
	if !keep {
		return nil, true, nil
	}
	out, err = json.Marshal(v)
	return out, true, err
}

// notIDs are members that hold no ID, even if they look like theirs: somebody's ID may
// be "host".
var notIDs = []string{"type", "kind", "role", "act", "color", "text", "name"}

// is tells for one ID whether a text is that.
func is(id string) func(string) bool { return func(text string) bool { return text == id } }

type scrubber struct {
	isUser func(id string) bool
	found  bool
}

// id tells whether a value is their ID.
func (s *scrubber) id(v any) bool {
	text, ok := v.(string)
	return ok && s.isUser(text)
}

// value returns what is left of v, and whether anything is.
func (s *scrubber) value(v any) (any, bool) {
	switch v := v.(type) {
	case string:
		if s.isUser(v) {
			s.found = true
			return nil, false
		}
	case []any:
		kept := v[:0]
		for _, element := range v {
			if left, keep := s.value(element); keep {
				kept = append(kept, left)
			}
		}
		return kept, true
	case map[string]any:
		return s.object(v)
	}
	return v, true
}

func (s *scrubber) object(o map[string]any) (any, bool) {
	switch author := o["user"].(type) {
	case map[string]any:
		if s.id(author["id"]) {
			s.found = true
			return nil, false
		}
	case string:
		if s.isUser(author) {
			s.blank(o, "user", "name", "text")
		}
	}
	if _, named := o["name"]; named && s.id(o["id"]) {
		s.blank(o, "id", "name", "color")
	}
	for name, member := range o {
		if text, ok := member.(string); ok && (text == "" || slices.Contains(notIDs, name)) {
			continue
		}
		left, keep := s.value(member)
		if !keep || s.isUser(name) {
			s.found = true
			delete(o, name)
			continue
		}
		o[name] = left
	}
	return o, true
}

// blank empties those members that are there.
func (s *scrubber) blank(o map[string]any, names ...string) {
	s.found = true
	for _, name := range names {
		if _, ok := o[name]; ok {
			o[name] = ""
		}
	}
}
