package filter

import (
	"unicode"
	"unicode/utf8"
)

// EmotesOnly tells whether a text is nothing but emoji and the room's own emotes,
// such as :lightstick:, and spaces. Nil known takes any name for an emote. Sequences
// are those of UTS #51: flags, keycaps, skin tones, families joined by ZWJ.
func EmotesOnly(text string, known func(name string) bool) bool {
	seen := false
	for text != "" {
		r, size := utf8.DecodeRuneInString(text)
		if unicode.IsSpace(r) {
			text = text[size:]
			continue
		}
		n := emote(text, known)
		if n == 0 {
			n = emoji(text)
		}
		if n == 0 {
			return false
		}
		text, seen = text[n:], true
	}
	return seen
}

// maxEmote is how long an emote's name may be.
const maxEmote = 64

// emote is the length of the :name: that text begins with, or 0.
func emote(text string, known func(string) bool) int {
	if text[0] != ':' {
		return 0
	}
	for i := 1; i < len(text) && i <= maxEmote+1; i++ {
		switch c := text[i]; {
		case c == ':':
			if name := text[1:i]; name != "" && (known == nil || known(name)) {
				return i + 1
			}
			return 0
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '_', c == '-', c == '+':
		default:
			return 0
		}
	}
	return 0
}

const (
	joiner      = 0x200D
	asEmoji     = 0xFE0F
	asText      = 0xFE0E
	keycap      = 0x20E3
	firstRegion = 0x1F1E6
	lastRegion  = 0x1F1FF
	firstTone   = 0x1F3FB
	lastTone    = 0x1F3FF
	firstTag    = 0xE0020
	lastTag     = 0xE007F
)

// emoji is the length of the emoji sequence that text begins with, or 0.
func emoji(text string) int {
	r, n := utf8.DecodeRuneInString(text)
	switch {
	case r >= '0' && r <= '9', r == '#', r == '*':
		next, size := utf8.DecodeRuneInString(text[n:])
		if next == asEmoji {
			n += size
			next, size = utf8.DecodeRuneInString(text[n:])
		}
		if next != keycap {
			return 0
		}
		return n + size
	case r >= firstRegion && r <= lastRegion:
		next, size := utf8.DecodeRuneInString(text[n:])
		if next < firstRegion || next > lastRegion {
			return 0
		}
		return n + size
	}
	return joined(text)
}

// joined is the length of pictures joined by ZWJ, each with its modifiers.
func joined(text string) int {
	n := 0
	for {
		r, size := utf8.DecodeRuneInString(text[n:])
		if !unicode.Is(pictures, r) && (r < firstTone || r > lastTone) {
			return n // 0, or after a ZWJ at the end, which shows nothing
		}
		n += size
		for {
			r, size = utf8.DecodeRuneInString(text[n:])
			if r != asEmoji && r != asText && (r < firstTone || r > lastTone) && (r < firstTag || r > lastTag) {
				break
			}
			n += size
		}
		if r != joiner {
			return n
		}
		n += size
	}
}
