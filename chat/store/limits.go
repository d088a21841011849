package store

import (
	"encoding/json"
	"fmt"
	"unicode/utf8"
)

// field is a text with its limit.
type field struct {
	name, text string
	max        int // bytes
}

// validate does not quote the text: it may be anything.
func (f field) validate() error {
	switch {
	case len(f.text) > f.max:
		return fmt.Errorf("%w: %s has %d bytes; at most %d are kept", ErrInvalid, f.name, len(f.text), f.max)
	case !utf8.ValidString(f.text):
		return fmt.Errorf("%w: %s is not UTF-8", ErrInvalid, f.name)
	}
	return nil
}

func fields(list ...field) error {
	for _, f := range list {
		if err := f.validate(); err != nil {
			return err
		}
	}
	return nil
}

// required fails for the first of the texts that is empty.
func required(list ...field) error {
	for _, f := range list {
		if f.text == "" {
			return fmt.Errorf("%w: no %s is given", ErrInvalid, f.name)
		}
	}
	return fields(list...)
}

// limit fills in a page's limit.
func limit(n *int, unset int) error {
	switch {
	case *n < 0 || *n > MaxPage:
		return fmt.Errorf("%w: limit is %d; use 1 to %d", ErrInvalid, *n, MaxPage)
	case *n == 0:
		*n = unset
	}
	return nil
}

// jsonValue fails unless data is JSON of at most max bytes; nothing is none.
func jsonValue(name string, data json.RawMessage, max int) error {
	if len(data) == 0 {
		return nil
	}
	if !json.Valid(data) {
		return fmt.Errorf("%w: %s is not JSON", ErrInvalid, name)
	}
	return field{name, string(data), max}.validate()
}
