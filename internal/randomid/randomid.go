// Package randomid makes random names that can't be guessed, in the alphabets that our
// IDs have. A name's length is given in characters; its random bits follow from that.
package randomid

import "crypto/rand"

// Alphabets. Each has a power of two characters, so that all are equally likely.
const (
	hexadecimal = "0123456789abcdef"
	base32      = "abcdefghijklmnopqrstuvwxyz234567"
	readable    = "abcdefghijkmnpqrstuvwxyz23456789"
	base64URL   = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
)

// New is for what has no format of its own: 26 characters, A to Z and 2 to 7, 130 bits.
func New() string { return rand.Text() }

// Hex is so many hexadecimal digits in lower case, of 4 bits each.
func Hex(digits int) string { return random(hexadecimal, digits) }

// Base32 is so many characters, a to z and 2 to 7, of 5 bits each.
func Base32(characters int) string { return random(base32, characters) }

// Readable is so many characters of 5 bits each, small letters and digits but without l,
// o, 0 and 1, which are easily taken for each other.
func Readable(characters int) string { return random(readable, characters) }

// Base64URL is so many characters of 6 bits each: letters, digits, - and _.
func Base64URL(characters int) string { return random(base64URL, characters) }

func random(alphabet string, characters int) string {
	text := make([]byte, characters)
	_, _ = rand.Read(text) // never fails (crypto/rand)
	for i, b := range text {
		text[i] = alphabet[int(b)%len(alphabet)]
	}
	return string(text)
}
