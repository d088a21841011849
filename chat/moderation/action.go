package moderation

import (
	"net/netip"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/globalfandom/lightstick/chat/filter"
	"github.com/globalfandom/lightstick/chat/message"
	"github.com/globalfandom/lightstick/internal/clientnet"
)

// Kinds of actions.
const (
	ActionDelete     = "delete"     // Message
	ActionPurge      = "purge"      // all messages of User
	ActionTimeout    = "timeout"    // User, Seconds
	ActionBan        = "ban"        // User or Network; Seconds 0: for ever
	ActionUnban      = "unban"      // User or Network; ends a timeout as well
	ActionShadow     = "shadow"     // User: what they write is shown to them alone
	ActionUnshadow   = "unshadow"   // User
	ActionSlow       = "slow"       // Seconds between two messages of a user; 0: off
	ActionMembers    = "members"    // On
	ActionEmotes     = "emotes"     // On
	ActionClose      = "close"      // On
	ActionPin        = "pin"        // Message or Text
	ActionUnpin      = "unpin"      //
	ActionPoll       = "poll"       // Text, Options, Seconds
	ActionEndPoll    = "endpoll"    //
	ActionAnnounce   = "announce"   // Text
	ActionWave       = "wave"       // Color
	ActionAddWord    = "addword"    // Text
	ActionRemoveWord = "removeword" // Text
	ActionLinks      = "links"      // On: links are allowed
	ActionReport     = "report"     // Message: tells the moderators of it; everybody may
	ActionHelp       = "help"       // tells the commands
)

// AllRooms as the room of a sanction means every room.
const AllRooms = "*"

// Limits of actions.
const (
	MaxReason      = 200        // runes
	MaxQuestion    = 200        // runes
	MaxOption      = 80         // runes
	MaxSlow        = 6 * 3600   // seconds
	MaxTimeout     = 14 * 86400 // seconds
	MaxBan         = 10 * 365 * 86400
	MinPoll        = 10        // seconds
	MaxPoll        = 24 * 3600 // seconds
	DefaultPoll    = 60        // seconds
	DefaultTimeout = 600       // seconds
	maxID          = 128       // bytes of an ID
)

// Action is what a host or moderator asks for; its kind says which fields it needs.
type Action struct {
	Room    string `json:"room,omitempty"`
	Kind    string `json:"act"`
	Message string `json:"message,omitempty"` // ID
	// User is an ID, or @ and a name, as commands have it: the name of somebody who
	// is known in the room.
	User    string   `json:"user,omitempty"`
	Network string   `json:"network,omitempty"` // address or CIDR; a bare IPv6 address stands for its /64
	Seconds int64    `json:"seconds,omitempty"`
	Reason  string   `json:"reason,omitempty"`
	Text    string   `json:"text,omitempty"`
	Options []string `json:"options,omitempty"`
	Color   string   `json:"color,omitempty"` // #rrggbb or a name such as pink
	On      bool     `json:"on,omitempty"`

	// Via tells the audit log where the action came from: ViaCommand, ViaPage or ViaREST.
	Via string `json:"-"`
}

// Where actions come from.
const (
	ViaCommand = "command"
	ViaPage    = "page"
	ViaREST    = "rest"
)

// refuse makes the error of an action that can't be done as asked.
func refuse(reason string, args ...any) *message.Refusal {
	return message.Refuse(message.CodeAction, reason, args...)
}

// clean makes an action's fields fit to be kept and shown, and checks what can be checked
// without knowing the room. The error is a *message.Refusal of CodeAct.
func (a Action) clean() (Action, error) {
	a.Text, a.Reason = message.Clean(a.Text), cut(message.Clean(a.Reason), MaxReason)
	a.Options = slices.Clone(a.Options)
	for i := range a.Options {
		a.Options[i] = message.Clean(a.Options[i])
	}
	if len(a.User) > maxID || len(a.Message) > maxID || len(a.Room) > maxID || !utf8.ValidString(a.User+a.Message+a.Room+a.Kind+a.Color+a.Network) {
		return a, refuse("a field of the act is too long or not UTF-8")
	}
	rule, ok := rules[a.Kind]
	if !ok {
		return a, refuse("there is no act %q", cut(message.Clean(a.Kind), 32))
	}
	if a.Room == AllRooms && !rule.everywhere {
		return a, refuse("%s works in one room only", a.Kind)
	}
	if rule.check == nil {
		return a, nil
	}
	return a, rule.check(&a)
}

// rule is what an action needs.
type rule struct {
	check      func(*Action) error
	everywhere bool // may be done for AllRooms
}

var rules = map[string]rule{
	ActionDelete:     {check: needMessage},
	ActionPurge:      {check: needUser},
	ActionTimeout:    {check: checkTimeout, everywhere: true},
	ActionBan:        {check: checkBan, everywhere: true},
	ActionUnban:      {check: checkTarget, everywhere: true},
	ActionShadow:     {check: checkShadow, everywhere: true},
	ActionUnshadow:   {check: needUser, everywhere: true},
	ActionSlow:       {check: checkSlow},
	ActionMembers:    {},
	ActionEmotes:     {},
	ActionClose:      {},
	ActionLinks:      {},
	ActionPin:        {check: checkPin},
	ActionUnpin:      {},
	ActionPoll:       {check: checkPoll},
	ActionEndPoll:    {},
	ActionAnnounce:   {check: needText},
	ActionWave:       {check: checkWave},
	ActionAddWord:    {check: checkWord},
	ActionRemoveWord: {check: needText},
	ActionReport:     {check: needMessage},
	ActionHelp:       {},
}

func needMessage(a *Action) error {
	if a.Message == "" {
		return refuse("say which message")
	}
	return nil
}

func needUser(a *Action) error {
	if a.User == "" {
		return refuse("say whom")
	}
	return nil
}

func needText(a *Action) error {
	if a.Text == "" {
		return refuse("say what")
	}
	if utf8.RuneCountInString(a.Text) > message.MaxText {
		return refuse("the text is longer than %d characters", message.MaxText)
	}
	return nil
}

func checkTimeout(a *Action) error {
	if a.Seconds == 0 {
		a.Seconds = DefaultTimeout
	}
	if a.Seconds < 1 || a.Seconds > MaxTimeout {
		return refuse("a timeout lasts from 1 second to 14 days")
	}
	return needUser(a)
}

func checkShadow(a *Action) error {
	if a.Seconds < 0 || a.Seconds > MaxBan {
		return refuse("shadow mode lasts up to ten years; 0 seconds: for ever")
	}
	return needUser(a)
}

func checkBan(a *Action) error {
	if a.Seconds < 0 || a.Seconds > MaxBan {
		return refuse("a ban lasts up to ten years; 0 seconds: for ever")
	}
	return checkTarget(a)
}

// checkTarget wants a user or a network, and writes the network in one form.
func checkTarget(a *Action) error {
	if (a.User == "") == (a.Network == "") {
		return refuse("say either whom or which network")
	}
	if a.Network == "" {
		return nil
	}
	prefix, err := ParseNetwork(a.Network)
	if err != nil {
		return err
	}
	a.Network = prefix.String()
	return nil
}

// Networks wider than these can't be banned: a slip must not close the room.
const (
	widestIPv4 = 8
	widestIPv6 = 19
)

// ParseNetwork reads an address or a CIDR. A bare IPv4 address stands for itself, a
// bare IPv6 address for its /64, which is what one subscriber has (RFC 6177).
func ParseNetwork(text string) (netip.Prefix, error) {
	bad := refuse("%q is no network: write 203.0.113.7, 203.0.113.0/24 or 2001:db8::/48", cut(message.Clean(text), 64))
	prefix, err := netip.ParsePrefix(text)
	if err != nil {
		addr, err := netip.ParseAddr(text)
		if err != nil || addr.Zone() != "" {
			return netip.Prefix{}, bad
		}
		return clientnet.Of(addr), nil
	}
	addr, bits := prefix.Addr(), prefix.Bits()
	if addr.Is4In6() {
		if bits < 96 {
			return netip.Prefix{}, bad
		}
		addr, bits = addr.Unmap(), bits-96
	}
	if addr.Is4() && bits < widestIPv4 || addr.Is6() && bits < widestIPv6 {
		return netip.Prefix{}, refuse("%s is too wide: at most /%d for IPv4 and /%d for IPv6", prefix, widestIPv4, widestIPv6)
	}
	return netip.PrefixFrom(addr, bits).Masked(), nil
}

func checkSlow(a *Action) error {
	if a.Seconds < 0 || a.Seconds > MaxSlow {
		return refuse("slow mode takes from 1 second to 6 hours between messages; 0: off")
	}
	return nil
}

func checkPin(a *Action) error {
	if (a.Message == "") == (a.Text == "") {
		return refuse("say either which message or what text to pin")
	}
	if a.Text != "" {
		return needText(a)
	}
	return nil
}

func checkPoll(a *Action) error {
	if a.Seconds == 0 {
		a.Seconds = DefaultPoll
	}
	switch {
	case a.Text == "" || utf8.RuneCountInString(a.Text) > MaxQuestion:
		return refuse("a poll asks a question of up to %d characters", MaxQuestion)
	case len(a.Options) < 2 || len(a.Options) > message.MaxOptions:
		return refuse("a poll has from 2 to %d answers", message.MaxOptions)
	case a.Seconds < MinPoll || a.Seconds > MaxPoll:
		return refuse("a poll lasts from %d seconds to 24 hours", MinPoll)
	}
	for i, option := range a.Options {
		if option == "" || utf8.RuneCountInString(option) > MaxOption {
			return refuse("an answer has from 1 to %d characters", MaxOption)
		}
		if slices.Contains(a.Options[:i], option) {
			return refuse("two answers are the same")
		}
	}
	return nil
}

func checkWord(a *Action) error {
	if err := filter.Valid(a.Text); err != nil {
		return refuse("%s", strings.TrimPrefix(err.Error(), "filter: "))
	}
	return nil
}

func checkWave(a *Action) error {
	color, ok := parseColor(a.Color)
	if !ok {
		return refuse("say a color such as #ff5fa2 or pink")
	}
	a.Color = color
	return nil
}

// colors are names for a wave's color, with the values of CSS Color 4 §6.1.
var colors = map[string]string{
	"red": "#ff0000", "orange": "#ffa500", "yellow": "#ffff00", "gold": "#ffd700", "green": "#008000", "lime": "#00ff00",
	"aqua": "#00ffff", "cyan": "#00ffff", "teal": "#008080", "blue": "#0000ff", "navy": "#000080", "skyblue": "#87ceeb",
	"purple": "#800080", "violet": "#ee82ee", "magenta": "#ff00ff", "pink": "#ffc0cb", "hotpink": "#ff69b4", "white": "#ffffff",
	"silver": "#c0c0c0", "mintcream": "#f5fffa", "lavender": "#e6e6fa", "coral": "#ff7f50", "salmon": "#fa8072", "ivory": "#fffff0",
}

// parseColor reads a name or #rrggbb.
func parseColor(text string) (string, bool) {
	text = strings.ToLower(strings.TrimSpace(text))
	if color, ok := colors[text]; ok {
		return color, true
	}
	hex, ok := strings.CutPrefix(text, "#")
	if !ok || len(hex) != 6 || strings.Trim(hex, "0123456789abcdef") != "" {
		return "", false
	}
	return text, true
}

// cut is the text's first runes.
func cut(text string, runes int) string {
	for i := range text {
		if runes--; runes < 0 {
			return text[:i]
		}
	}
	return text
}
