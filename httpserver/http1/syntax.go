package http1

// class says what a byte of a header may be a part of.
type class uint8

const (
	ofToken class = 1 << iota // RFC 9110 §5.6.2
	ofValue                   // RFC 9110 §5.5
	ofHost                    // of a name or an address, see isHost
)

var classes = func() (c [256]class) {
	for b := range c {
		letter := b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' || b >= '0' && b <= '9'
		if letter {
			c[b] |= ofToken | ofHost
		}
		if b >= ' ' && b != 0x7f || b == '\t' {
			c[b] |= ofValue
		}
	}
	for _, b := range []byte("!#$%&'*+-.^_`|~") {
		c[b] |= ofToken
	}
	for _, b := range []byte(".-_:[]") {
		c[b] |= ofHost
	}
	return c
}()

// consists reports whether all bytes of a text are of a class.
func consists[T []byte | string](text T, of class) bool {
	for i := range len(text) {
		if classes[text[i]]&of == 0 {
			return false
		}
	}
	return true
}

// isToken reports whether a text is a token, as names of fields are (RFC 9110 §5.6.2).
func isToken[T []byte | string](text T) bool { return len(text) > 0 && consists(text, ofToken) }

// isValue reports whether no control character stands in a field's value (RFC 9110 §5.5).
func isValue[T []byte | string](text T) bool { return consists(text, ofValue) }

// isHost reports whether a Host field is like those of players, caches and CDNs: a name or
// an address. Others are left to net/http.
func isHost(text string) bool { return consists(text, ofHost) }
