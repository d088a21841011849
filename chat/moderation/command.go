package moderation

import (
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/globalfandom/lightstick/chat/message"
)

// command is one that can be typed.
type command struct {
	name, usage, about string
	read               func(a *Action, words []string, rest string) bool
}

// commands in the order in which /help lists them.
var commands = []command{
	{"delete", "/delete ID", "take a message away", func(a *Action, w []string, _ string) bool { return one(w, &a.Message) }},
	{"purge", "/purge @name", "take all messages of somebody away", func(a *Action, w []string, _ string) bool { return one(w, &a.User) }},
	{"timeout", "/timeout @name 600 [reason]", "they may not write for 600 seconds (or 10m, 1h, 2d)", readTimed},
	{"ban", "/ban @name [1d] [reason], /ban 203.0.113.0/24 [1d] [reason]", "they, or a network, may not come in", readTimed},
	{"unban", "/unban @name, /unban 203.0.113.0/24", "end a ban or timeout", func(a *Action, w []string, _ string) bool { return len(w) == 1 && a.target(w[0]) }},
	{"shadow", "/shadow @name [1d] [reason]", "what they write is shown to them alone", readTimed},
	{"unshadow", "/unshadow @name", "end that", func(a *Action, w []string, _ string) bool { return one(w, &a.User) }},
	{"slow", "/slow 10, /slow off", "10 seconds between two messages of one person", readSlow},
	{"members", "/members on|off", "only members may write", readSwitch},
	{"emotes", "/emotes on|off", "messages may hold emotes only", readSwitch},
	{"links", "/links on|off", "links are allowed", readSwitch},
	{"close", "/close on|off", "only hosts and moderators may write", readSwitch},
	{"addword", "/addword word*", "filter a word", readRest},
	{"removeword", "/removeword word*", "no longer filter it", readRest},
	{"pin", "/pin text", "keep a text above the chat", readRest},
	{"unpin", "/unpin", "take it down", none},
	{"poll", `/poll "question" "first answer" "second answer" [60s]`, "ask everybody", readPoll},
	{"endpoll", "/endpoll", "end the poll now", none},
	{"announce", "/announce text", "a message that stands out", readRest},
	{"wave", "/wave #ff5fa2, /wave pink", "all pages glow in a color", func(a *Action, w []string, _ string) bool { return one(w, &a.Color) }},
	{"report", "/report ID [reason]", "tell the moderators of a message", readReport},
	{"help", "/help [command]", "this list", readHelp},
}

func readReport(a *Action, words []string, rest string) bool {
	if len(words) == 0 {
		return false
	}
	a.Message = words[0]
	_, a.Reason, _ = strings.Cut(rest, " ")
	return true
}

// Help lists the commands, one a line.
func Help() string {
	var b strings.Builder
	for _, c := range commands {
		b.WriteString(c.usage + " - " + c.about + "\n")
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// IsCommand tells whether a text is meant as a command.
func IsCommand(text string) bool { return strings.HasPrefix(text, "/") }

// ParseCommand reads a command such as "/timeout @mina 10m be kind". The room is the
// caller's to fill in. The error is a *message.Refusal of CodeAct that tells the usage.
func ParseCommand(text string) (Action, error) {
	if len(text) > message.MaxDraft || !utf8.ValidString(text) {
		return Action{}, refuse("the command is too long or not UTF-8")
	}
	body, ok := strings.CutPrefix(strings.TrimSpace(text), "/")
	name, rest, _ := strings.Cut(body, " ")
	name = strings.ToLower(name)
	i := slices.IndexFunc(commands, func(c command) bool { return c.name == name })
	if !ok || i < 0 {
		return Action{}, refuse("there is no command /%s; /help lists them", cut(message.Clean(name), 32))
	}
	a := Action{Kind: name, Via: ViaCommand}
	rest = strings.TrimSpace(rest)
	if !commands[i].read(&a, split(rest), rest) {
		return Action{}, refuse("usage: %s", commands[i].usage)
	}
	return a, nil
}

// split takes words apart at white space; quotes keep words together, also behind an
// @. Curly quotes are what phones type.
func split(text string) []string {
	var words []string
	var word strings.Builder
	open, started := false, false
	for _, r := range text {
		switch {
		case r == '"' || r == '“' || r == '”' || r == '„':
			if open = !open; open {
				started = true
			}
		case unicode.IsSpace(r) && !open:
			if started {
				words = append(words, word.String())
				word.Reset()
			}
			started = false
		default:
			started = true
			word.WriteRune(r)
		}
	}
	if started {
		words = append(words, word.String())
	}
	return words
}

func none(_ *Action, words []string, _ string) bool { return len(words) == 0 }

func one(words []string, field *string) bool {
	if len(words) != 1 || words[0] == "" || words[0] == "@" {
		return false
	}
	*field = words[0]
	return true
}

func readRest(a *Action, _ []string, rest string) bool {
	a.Text = rest
	return rest != ""
}

func readHelp(a *Action, words []string, _ string) bool {
	if len(words) > 0 {
		a.Text = strings.TrimPrefix(words[0], "/")
	}
	return len(words) < 2
}

func readSwitch(a *Action, words []string, _ string) bool {
	if len(words) != 1 {
		return false
	}
	a.On = strings.EqualFold(words[0], "on")
	return a.On || strings.EqualFold(words[0], "off")
}

func readSlow(a *Action, words []string, _ string) bool {
	if len(words) != 1 {
		return false
	}
	if strings.EqualFold(words[0], "off") {
		return true
	}
	seconds, ok := parseSeconds(words[0])
	a.Seconds = seconds
	return ok
}

// readTimed reads a target, then a duration and a reason, both optional.
func readTimed(a *Action, words []string, _ string) bool {
	if len(words) == 0 || !a.target(words[0]) || a.Network != "" && a.Kind != ActionBan {
		return false
	}
	words = words[1:]
	if len(words) > 0 {
		if seconds, ok := parseSeconds(words[0]); ok {
			if a.Kind == ActionTimeout && seconds == 0 {
				return false
			}
			a.Seconds, words = seconds, words[1:]
		}
	}
	a.Reason = strings.Join(words, " ")
	return true
}

// target takes a network, or a user's name or ID.
func (a *Action) target(word string) bool {
	if word == "" || word == "@" {
		return false
	}
	_, notAddr := netip.ParseAddr(word)
	_, notPrefix := netip.ParsePrefix(word)
	if notAddr == nil || notPrefix == nil {
		a.Network = word
	} else {
		a.User = word
	}
	return true
}

func readPoll(a *Action, words []string, _ string) bool {
	if n := len(words); n > 3 {
		if seconds, ok := parseSeconds(words[n-1]); ok && strings.ContainsAny(words[n-1], "smhd") {
			a.Seconds, words = seconds, words[:n-1]
		}
	}
	if len(words) < 3 {
		return false
	}
	a.Text, a.Options = words[0], words[1:]
	return true
}

// parseSeconds reads "600", "10m", "1h30m", "2d", "1w" and "forever" (0).
func parseSeconds(text string) (int64, bool) {
	text = strings.ToLower(text)
	if text == "forever" || text == "permanent" {
		return 0, true
	}
	if n, err := strconv.ParseUint(text, 10, 31); err == nil {
		return int64(n), true
	}
	units := map[byte]time.Duration{'s': time.Second, 'm': time.Minute, 'h': time.Hour, 'd': 24 * time.Hour, 'w': 7 * 24 * time.Hour}
	total := int64(0)
	for text != "" {
		i := strings.IndexFunc(text, func(r rune) bool { return r < '0' || r > '9' })
		if i < 1 || i > 9 || units[text[i]] == 0 {
			return 0, false
		}
		n, _ := strconv.ParseInt(text[:i], 10, 64)
		total += n * int64(units[text[i]]/time.Second)
		text = text[i+1:]
	}
	return total, total > 0
}
