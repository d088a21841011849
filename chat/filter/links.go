package filter

import (
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/net/idna"
	"golang.org/x/net/publicsuffix"
	"golang.org/x/text/unicode/norm"
)

// Domains are those that may be linked to, with all below them; in ASCII (IDNA) form.
type Domains struct{ names []string }

// NewDomains takes names such as youtube.com or 예시.kr. What is no name is left out.
func NewDomains(names []string) Domains {
	var d Domains
	for _, name := range names {
		name = strings.Trim(strings.TrimPrefix(strings.TrimSpace(name), "*."), ".")
		if ascii, err := idna.Lookup.ToASCII(name); err == nil && ascii != "" {
			d.names = append(d.names, ascii)
		}
	}
	return d
}

func (d Domains) allow(host string) bool {
	return slices.ContainsFunc(d.names, func(name string) bool {
		return host == name || strings.HasSuffix(host, "."+name)
	})
}

var (
	// spelledDot finds dots in brackets and the word for one between two names.
	spelledDot = regexp.MustCompile(`\s*[\[({<]\s*(?:\.|dot|punkt|점|닷|ドット)\s*[\])}>]\s*`)
	wordDot    = regexp.MustCompile(`([\pL\pN])\s+(?:dot|punkt|닷|ドット)\s+(` + plainTLD + `)\b`)
	spacedDot  = regexp.MustCompile(`([\pL\pN])\s+\.\s*(` + plainTLD + `)\b|([\pL\pN])\.\s+(` + plainTLD + `)(?:$|[\s/])`)
	scheme     = regexp.MustCompile(`(?:^|[^\pL\pN])(?:[a-z][a-z0-9+.-]{1,15}:[/\\]{2}|hxxps?:)`)
)

// plainTLD are top-level domains that are no words of a chat.
const plainTLD = `com|net|org|info|biz|xyz|shop|gg|tv|io|kr|jp|cn|ru|cc|ly|xxx|onion|app|dev|site|online`

// wordTLD are top-level domains that English sentences begin with, when a space is
// forgotten ("it is over.so sad"): a name of two labels counts only with a path.
var wordTLD = map[string]bool{
	"so": true, "it": true, "is": true, "no": true, "me": true, "am": true, "at": true, "be": true, "in": true, "my": true, "to": true, "us": true,
	"do": true, "as": true, "ok": true, "now": true, "one": true, "here": true, "how": true, "you": true, "win": true, "live": true, "love": true, "like": true,
	"new": true, "best": true, "cool": true, "hot": true, "free": true, "id": true, "la": true, "ma": true, "pa": true, "he": true, "we": true, "and": true, "the": true,
}

// Link finds the first link in a text whose domain isn't allowed: an address with a
// scheme, a bare domain under a public suffix (publicsuffix.org), a numeric address
// with a path, and names whose dots are spelled out. Names are compared as browsers
// resolve them, so that a look-alike of an allowed domain is not allowed.
func Link(text string, allowed Domains) (host string, found bool) {
	if !mayLink(text) {
		return "", false
	}
	text = plain(text)
	if strings.ContainsAny(text, "[({<") {
		text = spelledDot.ReplaceAllString(text, ".")
	}
	if strings.Contains(text, "dot") || strings.Contains(text, "punkt") || strings.Contains(text, "닷") || strings.Contains(text, "ドット") {
		text = wordDot.ReplaceAllString(text, "$1.$2")
	}
	if strings.Contains(text, " .") || strings.Contains(text, ". ") {
		text = spacedDot.ReplaceAllString(text, "$1$3.$2$4 ")
	}
	for token := range strings.FieldsFuncSeq(text, func(r rune) bool { return unicode.IsSpace(r) || strings.ContainsRune(`"'<>()[]{},;|`, r) }) {
		if !strings.ContainsAny(token, ".:") {
			continue
		}
		for _, candidate := range candidates(token) {
			if host, is := candidate.host(); is && !allowed.allow(host) {
				return host, true
			}
		}
	}
	return "", false
}

// mayLink rejects most texts at once: they have no dot, and no word for one.
func mayLink(text string) bool {
	for _, r := range text {
		switch r {
		case '.', '/', '\\', '。', '．', '｡', '․', '…', '점', '닷', 'ド', '[', '(', '{':
			return true
		}
		if r == 'd' || r == 'D' || r == 'P' || r == 'p' {
			low := strings.ToLower(text)
			return strings.ContainsAny(low, "./\\。．｡․…") || strings.Contains(low, "dot") || strings.Contains(low, "punkt") || strings.ContainsAny(low, "점닷ド[({")
		}
	}
	return false
}

// plain is the text in NFKC and lower case, without invisible characters and with
// one kind of dot (UTS #46 takes the ideographic ones for dots).
func plain(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case invisible(r):
			return -1
		case r == '。', r == '．', r == '｡':
			return '.'
		case blank(r):
			return ' '
		}
		return unicode.ToLower(r)
	}, norm.NFKC.String(strings.Map(func(r rune) rune {
		if r == 0x2026 || r == 0x2025 {
			return ' ' // an ellipsis is no dots
		}
		return r
	}, text)))
}

// candidate is what may be an address: [scheme://]host[/path].
type candidate struct {
	name   string
	scheme bool
	path   bool
}

// candidates takes a token apart; each side of an @ may be a host, as the reader sees
// one and the browser goes to the other.
func candidates(token string) []candidate {
	var list []candidate
	withScheme := false
	if strings.Contains(token, ":") {
		if at := scheme.FindStringIndex(token); at != nil {
			withScheme, token = true, token[at[1]:]
		}
	}
	token = strings.TrimLeft(token, "/\\:")
	end := strings.IndexAny(token, `/\?#`)
	path := end >= 0 && end < len(token)-1
	if end >= 0 {
		token = token[:end]
	}
	parts := strings.Split(token, "@")
	for i, part := range parts[max(0, len(parts)-4):] {
		if withScheme && i < len(parts)-1 {
			continue // a user name
		}
		name, port, _ := strings.Cut(part, ":")
		hasPort := port != "" && port[0] >= '0' && port[0] <= '9'
		if port != "" && !hasPort {
			name = port[strings.LastIndexByte(port, ':')+1:] // see:example.com
		}
		if name = strings.TrimFunc(name, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsNumber(r) }); name != "" {
			list = append(list, candidate{name: name, scheme: withScheme, path: path || hasPort || len(parts) > 1})
		}
	}
	return list
}

// host is the ASCII name, if the candidate is a link at all.
func (c candidate) host() (string, bool) {
	if addr, err := netip.ParseAddr(c.name); err == nil {
		return addr.String(), c.scheme || c.path // else it may be a version
	}
	host := c.name
	if strings.ContainsFunc(host, func(r rune) bool { return r > unicode.MaxASCII }) {
		if ascii, err := idna.Lookup.ToASCII(host); err == nil {
			host = ascii
		}
	}
	if c.scheme {
		return host, true
	}
	return host, strings.Contains(c.name, ".") && !strings.Contains(c.name, "..") && (c.public(host) || c.public(latinName(c.name)))
}

// public tells whether a name is under a known suffix, with something before it.
func (c candidate) public(host string) bool {
	if len(host) > 253 {
		return false
	}
	suffix, icann := publicsuffix.PublicSuffix(host)
	if !icann && !strings.Contains(suffix, ".") || len(suffix) >= len(host) {
		return false
	}
	labels := strings.Count(host, ".") + 1
	top := host[strings.LastIndexByte(host, '.')+1:]
	if wordTLD[top] && labels == 2 && !c.path {
		return false
	}
	// 3.14.to is a number; a name has a letter before its suffix.
	return strings.ContainsFunc(host[:len(host)-len(suffix)], unicode.IsLetter) || c.path
}

// latinName is the name as it looks: example.соm in Cyrillic letters goes nowhere, but
// is there to be typed.
func latinName(name string) string {
	return strings.Map(func(r rune) rune {
		if latin := looks[r]; len(latin) == 1 {
			return rune(latin[0])
		}
		return r
	}, name)
}
