package objectstore

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// ErrKey reports a key or a prefix that no store takes. It comes from outside, or
// from a bug: asking again is of no use.
var ErrKey = errors.New("objectstore: bad key")

// ErrRange reports a range that begins behind the object's last byte, or that has
// negative numbers. An origin answers 416.
var ErrRange = errors.New("objectstore: range is outside of the object")

const (
	// maxKey is what S3 takes, less what is left for a prefix.
	maxKey = 900
	// maxElement is what file systems take for one name.
	maxElement = 255
	// tempDir is where a copy of a bucket on a disk may keep files being written. No key begins with it.
	tempDir = ".tmp"
)

// CheckKey tells whether every store takes a key; the error is an ErrKey. Stores
// check by themselves: it is for callers that have to know before.
func CheckKey(key string) error {
	if key == "" {
		return fmt.Errorf("%w: it is empty", ErrKey)
	}
	if len(key) > maxKey {
		return fmt.Errorf("%w: %d bytes are more than %d", ErrKey, len(key), maxKey)
	}
	for i, element := range strings.Split(key, "/") {
		if reason := badElement(element); reason != "" {
			return fmt.Errorf("%w %q: %s", ErrKey, key, reason)
		}
		if i == 0 && strings.EqualFold(element, tempDir) {
			return fmt.Errorf("%w %q: %s is for files being written", ErrKey, key, tempDir)
		}
	}
	return nil
}

func badElement(element string) string {
	switch {
	case element == "":
		return "an element is empty"
	case element == "." || element == "..":
		return "an element is " + element
	case len(element) > maxElement:
		return fmt.Sprintf("an element has more than %d bytes", maxElement)
	case !utf8.ValidString(element):
		return "it is not UTF-8"
	case strings.ContainsFunc(element, isBadRune):
		return "it has a backslash, a control character or one that XML can't hold"
	}
	return ""
}

// isBadRune finds what would not survive a listing of S3, which is XML, and what
// some file systems take for a separator.
func isBadRune(r rune) bool {
	return r == '\\' || unicode.IsControl(r) || r == '\uFFFE' || r == '\uFFFF'
}

// checkPrefix checks what a listing begins with: nothing, or a key whose last
// element may be empty or the beginning of one.
func checkPrefix(prefix string) error {
	end := strings.LastIndexByte(prefix, '/')
	if end < 0 {
		return nil
	}
	return CheckKey(prefix[:end])
}

// within returns how many bytes of an object a range has.
func (r Range) within(size int64) (int64, error) {
	if r == (Range{}) {
		return size, nil
	}
	if r.Offset < 0 || r.Length < 0 || r.Offset >= size {
		return 0, fmt.Errorf("%w: %d+%d of %d", ErrRange, r.Offset, r.Length, size)
	}
	if r.Length == 0 || r.Length > size-r.Offset {
		return size - r.Offset, nil
	}
	return r.Length, nil
}
