package message

import (
	"bytes"
	"encoding/json"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Limits of what is written.
const (
	MaxDraft   = 4 << 10 // bytes of a publication
	MaxText    = 500     // runes of a message
	MaxQuote   = 80      // runes of a quoted text
	MaxName    = 32      // runes of a name
	MaxOptions = 6       // answers of a poll
	maxDepth   = 4       // nested values in a publication
	maxMarks   = 4       // combining marks on one character
)

// Draft is what a client publishes.
type Draft struct {
	Text string `json:"text"`
	// At is the program date time of the author's picture in ms; 0: they watch
	// none, and the time of sending stands for it.
	At int64 `json:"at"`
	// Reply is the ID of the message that this one answers.
	Reply string `json:"reply,omitempty"`
	// Nonce is the client's own name for the message: it comes back to them alone, in
	// the answer, and a draft with a nonce that was just published is not published
	// again, so that it can be sent once more after a lost connection.
	Nonce string `json:"nonce,omitempty"`
}

// Decode reads what a client published. The error is a *Refusal with CodeBad.
func Decode(data []byte) (Draft, error) {
	var d Draft
	if len(data) > MaxDraft {
		return d, Refuse(CodeBad, "the message is too large")
	}
	if !utf8.Valid(data) {
		return d, Refuse(CodeBad, "the message is not UTF-8")
	}
	if !shallow(data) || json.Unmarshal(data, &d) != nil {
		return d, Refuse(CodeBad, "send a JSON object such as {\"text\": \"hello\", \"at\": 0}")
	}
	if len(d.Nonce) > 64 || len(d.Reply) > 64 {
		return d, Refuse(CodeBad, "nonce or reply is too long")
	}
	d.Text = Clean(d.Text)
	switch {
	case d.Text == "":
		return d, Refuse(CodeBad, "the message is empty")
	case utf8.RuneCountInString(d.Text) > MaxText:
		return d, Refuse(CodeBad, "the message is longer than 500 characters")
	}
	return d, nil
}

// shallow tells whether data begins as a JSON object and isn't deeply nested. It finds the
// values' ends of valid JSON only: the decoder looks for the rest.
func shallow(data []byte) bool {
	data = bytes.TrimLeft(data, " \t\r\n")
	if len(data) == 0 || data[0] != '{' {
		return false
	}
	depth, quoted := 0, false
	for i := 0; i < len(data); i++ {
		switch c := data[i]; {
		case quoted && c == '\\':
			i++ // whatever is escaped
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '{' || c == '[':
			if depth++; depth > maxDepth {
				return false
			}
		case c == '}' || c == ']':
			depth--
		}
	}
	return true
}

// Clean makes a text fit to be shown in a line: control characters and white space
// become single spaces, overrides of the writing direction are taken out (isolates
// and marks stay, with which Arabic and Hebrew are written well), and no character
// carries more than a few combining marks.
func Clean(text string) string {
	var b strings.Builder
	space, marks := false, 0
	for _, r := range text {
		switch {
		case r == utf8.RuneError, r >= 0x202A && r <= 0x202E, unicode.Is(unicode.Noncharacter_Code_Point, r), unicode.Is(unicode.Co, r), r >= 0xFFF9 && r <= 0xFFFB:
			continue
		case unicode.IsSpace(r), unicode.IsControl(r):
			space = b.Len() > 0
			continue
		case unicode.Is(unicode.Mn, r) || unicode.Is(unicode.Me, r):
			if marks++; marks > maxMarks {
				continue
			}
		default:
			marks = 0
		}
		if space {
			b.WriteByte(' ')
			space = false
		}
		b.WriteRune(r)
	}
	return blank(b.String())
}

// blank is "" for a text of which nothing can be seen.
func blank(text string) string {
	for _, r := range text {
		if !unicode.Is(unicode.Cf, r) && !unicode.IsSpace(r) && r != 0x3164 && r != 0x115F && r != 0x1160 && r != 0xFFA0 && r != 0x2800 {
			return text
		}
	}
	return ""
}

// Name makes a display name of what somebody typed; "" if nothing of it can be
// shown. A name can't hold invisible characters, with which it could look like
// another's.
func Name(text string) string {
	text = strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Cf, r) && r != 0x200D { // joiners make emoji
			return -1
		}
		return r
	}, Clean(text))
	runes := []rune(text)
	if len(runes) > MaxName {
		runes = runes[:MaxName]
	}
	return strings.TrimSpace(blank(string(runes)))
}
