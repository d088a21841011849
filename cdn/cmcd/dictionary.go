package cmcd

import (
	"errors"
	"strconv"
	"strings"
)

// ErrSyntax reports text that is not a dictionary of CMCD keys.
var ErrSyntax = errors.New("cmcd: not a dictionary of keys and values")

// Bounds of one dictionary. Players send some 20 keys in 400 bytes; those of media
// requests name URLs besides.
const (
	maxText  = 8 << 10
	maxKeys  = 64
	maxItems = 16 // of an inner list
)

// kind is the kind of a value (RFC 8941 §3.3, as far as CMCD has it).
type kind uint8

const (
	boolean kind = iota
	number
	text   // a quoted string
	symbol // a token: letters without quotes
)

// value is what a key has. Of a list it is the sum of the numbers, which for bit
// rates by kind of object is the whole, and the first of all others.
type value struct {
	kind   kind
	number float64
	text   string
	true   bool
	items  int // how many the list had; 0: no list
}

// scanner reads a dictionary from left to right.
type scanner struct{ rest string }

// scan calls each for every key of a dictionary, until the text ends or is not one.
func scan(dictionary string, each func(key string, v value)) error {
	if len(dictionary) > maxText {
		return ErrSyntax
	}
	s := scanner{strings.Trim(dictionary, " \t\r\n")}
	for keys := 0; s.rest != ""; keys++ {
		key := s.key()
		if key == "" || keys == maxKeys {
			return ErrSyntax
		}
		v := value{kind: boolean, true: true}
		if s.take('=') {
			var ok bool
			if v, ok = s.item(); !ok {
				return ErrSyntax
			}
		} else if !s.parameters() {
			return ErrSyntax
		}
		each(key, v)
		s.space()
		if s.rest == "" {
			break
		}
		if !s.take(',') {
			return ErrSyntax
		}
		s.space() // and a comma at the end is forgiven: players of version 1 leave one
	}
	return nil
}

func (s *scanner) space() { s.rest = strings.TrimLeft(s.rest, " \t") }

func (s *scanner) take(c byte) bool {
	if s.rest == "" || s.rest[0] != c {
		return false
	}
	s.rest = s.rest[1:]
	return true
}

// run takes the longest prefix of bytes that are allowed.
func (s *scanner) run(allowed func(c byte) bool) string {
	n := 0
	for n < len(s.rest) && allowed(s.rest[n]) {
		n++
	}
	taken := s.rest[:n]
	s.rest = s.rest[n:]
	return taken
}

func letter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }
func digit(c byte) bool  { return c >= '0' && c <= '9' }

// key is a name: custom ones are reverse domain names with a hyphen.
func (s *scanner) key() string {
	return s.run(func(c byte) bool { return letter(c) || digit(c) || c == '-' || c == '_' || c == '.' || c == '*' })
}

// item reads a value with its parameters, which are skipped.
func (s *scanner) item() (value, bool) {
	if s.take('(') {
		return s.list()
	}
	v, ok := s.bare()
	return v, ok && s.parameters()
}

func (s *scanner) list() (value, bool) {
	var whole value
	for {
		s.space()
		if s.take(')') {
			return whole, s.parameters()
		}
		v, ok := s.bare()
		if !ok || !s.parameters() || whole.items == maxItems {
			return whole, false
		}
		if whole.items == 0 {
			whole = v
		} else if v.kind == number && whole.kind == number {
			whole.number += v.number
		}
		whole.items++
	}
}

func (s *scanner) parameters() bool {
	for range maxKeys {
		if !s.take(';') {
			return true
		}
		s.space()
		if s.key() == "" {
			return false
		}
		if s.take('=') {
			if _, ok := s.bare(); !ok {
				return false
			}
		}
	}
	return false
}

// bare reads a value without parameters.
func (s *scanner) bare() (value, bool) {
	if s.rest == "" {
		return value{}, false
	}
	switch c := s.rest[0]; {
	case c == '"':
		return s.quoted()
	case c == '?':
		if len(s.rest) < 2 || (s.rest[1] != '0' && s.rest[1] != '1') {
			return value{}, false
		}
		v := value{kind: boolean, true: s.rest[1] == '1'}
		s.rest = s.rest[2:]
		return v, true
	case digit(c) || c == '-':
		digits := s.run(func(c byte) bool { return digit(c) || c == '-' || c == '.' })
		n, err := strconv.ParseFloat(digits, 64)
		return value{kind: number, number: n}, err == nil && len(digits) <= 20
	case letter(c):
		// true and false are version 1's: its own examples have them beside bare keys.
		word := s.run(func(c byte) bool { return c > ' ' && c < 0x7f && !strings.ContainsRune(`",;()=`, rune(c)) })
		return value{kind: symbol, text: word, true: word == "true"}, true
	}
	return value{}, false
}

func (s *scanner) quoted() (value, bool) {
	rest := s.rest[1:]
	end := strings.IndexAny(rest, `"\`)
	if end >= 0 && rest[end] == '"' { // the usual case: nothing to unescape
		s.rest = rest[end+1:]
		return value{kind: text, text: rest[:end]}, true
	}
	var b strings.Builder
	for i := 0; i < len(rest); i++ {
		switch rest[i] {
		case '"':
			s.rest = rest[i+1:]
			return value{kind: text, text: b.String()}, true
		case '\\':
			if i++; i == len(rest) {
				return value{}, false
			}
		}
		b.WriteByte(rest[i])
	}
	return value{}, false
}
