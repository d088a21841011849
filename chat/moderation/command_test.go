package moderation

import (
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/globalfandom/lightstick/chat/message"
)

func TestParseCommand(t *testing.T) {
	tests := []struct {
		text string
		want Action
	}{
		{"/delete 0198c", Action{Kind: ActionDelete, Message: "0198c"}},
		{"/purge @mina", Action{Kind: ActionPurge, User: "@mina"}},
		{"/timeout @mina", Action{Kind: ActionTimeout, User: "@mina"}},
		{"/timeout @mina 600", Action{Kind: ActionTimeout, User: "@mina", Seconds: 600}},
		{"/Timeout @mina 1h30m  be   kind", Action{Kind: ActionTimeout, User: "@mina", Seconds: 5400, Reason: "be kind"}},
		{"/timeout @mina be kind", Action{Kind: ActionTimeout, User: "@mina", Reason: "be kind"}},
		{`/ban @"Jun Ho" 7d spam`, Action{Kind: ActionBan, User: "@Jun Ho", Seconds: 7 * 86400, Reason: "spam"}},
		{"/ban 203.0.113.0/24 forever", Action{Kind: ActionBan, Network: "203.0.113.0/24"}},
		{"/ban 2001:db8::1 1w", Action{Kind: ActionBan, Network: "2001:db8::1", Seconds: 7 * 86400}},
		{"/unban u-17", Action{Kind: ActionUnban, User: "u-17"}},
		{"/unban 203.0.113.7", Action{Kind: ActionUnban, Network: "203.0.113.7"}},
		{"/shadow @미나 1d", Action{Kind: ActionShadow, User: "@미나", Seconds: 86400}},
		{"/unshadow @미나", Action{Kind: ActionUnshadow, User: "@미나"}},
		{"/slow 10", Action{Kind: ActionSlow, Seconds: 10}},
		{"/slow 1m", Action{Kind: ActionSlow, Seconds: 60}},
		{"/slow off", Action{Kind: ActionSlow}},
		{"/members ON", Action{Kind: ActionMembers, On: true}},
		{"/emotes off", Action{Kind: ActionEmotes}},
		{"/close on", Action{Kind: ActionClose, On: true}},
		{"/links off", Action{Kind: ActionLinks}},
		{"/pin doors open at  7", Action{Kind: ActionPin, Text: "doors open at  7"}},
		{"/unpin", Action{Kind: ActionUnpin}},
		{`/poll "Which song?" "One more" two 90s`, Action{Kind: ActionPoll, Text: "Which song?", Options: []string{"One more", "two"}, Seconds: 90}},
		{`/poll “Which song?” “One” “Two”`, Action{Kind: ActionPoll, Text: "Which song?", Options: []string{"One", "Two"}}},
		{`/poll "How long?" 30s 60s`, Action{Kind: ActionPoll, Text: "How long?", Options: []string{"30s", "60s"}}},
		{`/poll "How many?" 1 2 3`, Action{Kind: ActionPoll, Text: "How many?", Options: []string{"1", "2", "3"}}},
		{"/endpoll", Action{Kind: ActionEndPoll}},
		{"/announce   hello", Action{Kind: ActionAnnounce, Text: "hello"}},
		{"/announce hello everybody", Action{Kind: ActionAnnounce, Text: "hello everybody"}},
		{"/wave pink", Action{Kind: ActionWave, Color: "pink"}},
		{"/addword kill yourself", Action{Kind: ActionAddWord, Text: "kill yourself"}},
		{"/removeword bad*", Action{Kind: ActionRemoveWord, Text: "bad*"}},
		{"/help", Action{Kind: ActionHelp}},
		{"/help /ban", Action{Kind: ActionHelp, Text: "ban"}},
	}
	for _, tt := range tests {
		tt.want.Via = ViaCommand
		if got, err := ParseCommand(tt.text); err != nil || !reflect.DeepEqual(got, tt.want) {
			t.Errorf("%s: %+v, %v", tt.text, got, err)
		}
	}
}

func TestParseCommandTellsTheUsage(t *testing.T) {
	for text, want := range map[string]string{
		"/ban":               "usage: /ban @name",
		"/ban @":             "usage: /ban @name",
		"/timeout @mina 0":   "usage: /timeout @name 600",
		"/timeout 10.0.0.1":  "usage: /timeout @name 600",
		"/slow":              "usage: /slow 10, /slow off",
		"/delete":            "usage: /delete ID",
		"/slow soon":         "usage: /slow 10, /slow off",
		"/members maybe":     "usage: /members on|off",
		`/poll "only" "one"`: "usage: /poll",
		"/unpin it":          "usage: /unpin",
		"/dance":             "there is no command /dance; /help lists them",
		"hello":              "there is no command",
		"slow 10":            "there is no command",
		"/slow 4294967296":   "usage: /slow 10, /slow off",
		"/slow 1234567890s":  "usage: /slow 10, /slow off",
		"/wave \xff":         "the command is too long or not UTF-8",
		"/":                  "there is no command",
	} {
		_, err := ParseCommand(text)
		var refusal *message.Refusal
		if !errors.As(err, &refusal) || refusal.Code != message.CodeAction || !strings.HasPrefix(refusal.Reason, want) {
			t.Errorf("%s: %v, want %s", text, err, want)
		}
	}
}

func TestEveryActionHasACommandAndAnExecutor(t *testing.T) {
	for act := range rules {
		known := false
		for _, c := range commands {
			known = known || c.name == act
		}
		if !known || executors[act] == nil && act != ActionHelp {
			t.Errorf("%s has no command or no deed", act)
		}
	}
}

func TestActionsAreChecked(t *testing.T) {
	long := strings.Repeat("x", 600)
	tests := []struct {
		name string
		act  Action
	}{
		{"no act", Action{}},
		{"which message", Action{Kind: ActionDelete}},
		{"say nothing", Action{Kind: ActionAnnounce}},
		{"long text", Action{Kind: ActionAnnounce, Text: strings.Repeat("x", message.MaxText+1)}},
		{"long room", Action{Kind: ActionHelp, Room: long}},
		{"ask nothing", Action{Kind: ActionPoll, Options: []string{"a", "b"}}},
		{"long question", Action{Kind: ActionPoll, Text: strings.Repeat("x", MaxQuestion+1), Options: []string{"a", "b"}}},
		{"nearly as wide", Action{Kind: ActionBan, Network: "10.0.0.0/7"}},
		{"nearly as wide IPv6", Action{Kind: ActionBan, Network: "2000::/18"}},
		{"unknown", Action{Kind: "dance"}},
		{"everywhere", Action{Kind: ActionSlow, Room: AllRooms}},
		{"whom", Action{Kind: ActionTimeout}},
		{"both", Action{Kind: ActionBan, User: "u", Network: "10.0.0.1"}},
		{"wide", Action{Kind: ActionBan, Network: "0.0.0.0/0"}},
		{"wide IPv6", Action{Kind: ActionBan, Network: "2000::/3"}},
		{"mapped", Action{Kind: ActionBan, Network: "::ffff:0:0/90"}},
		{"zone", Action{Kind: ActionBan, Network: "fe80::1%eth0"}},
		{"no network", Action{Kind: ActionBan, Network: "mars"}},
		{"negative", Action{Kind: ActionBan, User: "u", Seconds: -1}},
		{"long ban", Action{Kind: ActionBan, User: "u", Seconds: 1 << 40}},
		{"long timeout", Action{Kind: ActionTimeout, User: "u", Seconds: MaxTimeout + 1}},
		{"slow", Action{Kind: ActionSlow, Seconds: MaxSlow + 1}},
		{"pin nothing", Action{Kind: ActionPin}},
		{"pin both", Action{Kind: ActionPin, Text: "a", Message: "b"}},
		{"long pin", Action{Kind: ActionPin, Text: long}},
		{"one answer", Action{Kind: ActionPoll, Text: "?", Options: []string{"a"}}},
		{"seven answers", Action{Kind: ActionPoll, Text: "?", Options: strings.Split("abcdefg", "")}},
		{"same answers", Action{Kind: ActionPoll, Text: "?", Options: []string{"a", " a "}}},
		{"empty answer", Action{Kind: ActionPoll, Text: "?", Options: []string{"a", " "}}},
		{"short poll", Action{Kind: ActionPoll, Text: "?", Options: []string{"a", "b"}, Seconds: 1}},
		{"color", Action{Kind: ActionWave, Color: "#12345g"}},
		{"word", Action{Kind: ActionAddWord, Text: "a*b"}},
		{"no letters", Action{Kind: ActionAddWord, Text: "..."}},
		{"long ID", Action{Kind: ActionPurge, User: long}},
		{"UTF-8", Action{Kind: ActionPurge, User: "\xff"}},
	}
	for _, tt := range tests {
		_, err := tt.act.clean()
		if refusal := (*message.Refusal)(nil); !errors.As(err, &refusal) || refusal.Code != message.CodeAction {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
	for network, want := range map[string]string{
		"203.0.113.7": "203.0.113.7/32", "203.0.113.7/24": "203.0.113.0/24", "2001:db8::1": "2001:db8::/64",
		"2001:db8::1/48": "2001:db8::/48", "::ffff:203.0.113.7": "203.0.113.7/32", "::ffff:203.0.113.0/120": "203.0.113.0/24",
	} {
		if got, err := ParseNetwork(network); err != nil || got.String() != want {
			t.Errorf("%s: %v, %v", network, got, err)
		}
	}
}

// What is just within the limits of an action may be done.
func TestActionsAtTheirLimits(t *testing.T) {
	for _, act := range []Action{
		{Kind: ActionAnnounce, Text: strings.Repeat("가", message.MaxText)},
		{Kind: ActionBan, Network: "10.0.0.0/8"},
		{Kind: ActionBan, Network: "2000::/19"},
		{Kind: ActionBan, User: "u", Seconds: MaxBan},
		{Kind: ActionTimeout, User: "u", Seconds: 1},
		{Kind: ActionTimeout, User: "u", Seconds: MaxTimeout},
		{Kind: ActionSlow, Seconds: MaxSlow},
		{Kind: ActionPoll, Text: strings.Repeat("가", MaxQuestion), Options: []string{strings.Repeat("가", MaxOption), "b"}, Seconds: MinPoll},
		{Kind: ActionPoll, Text: "?", Options: strings.Split("abcdef", ""), Seconds: MaxPoll},
		{Kind: ActionPurge, User: strings.Repeat("x", maxID)},
	} {
		if got, err := act.clean(); err != nil || got.Kind != act.Kind || got.Seconds != act.Seconds {
			t.Errorf("%+v: %+v, %v", act, got, err)
		}
	}
	for act, want := range map[string]int64{ActionTimeout: DefaultTimeout, ActionPoll: DefaultPoll, ActionBan: 0, ActionShadow: 0} {
		got, err := Action{Kind: act, User: "u", Text: "?", Options: []string{"a", "b"}}.clean()
		if err != nil || got.Seconds != want {
			t.Errorf("%s lasts %d s by itself, want %d; %v", act, got.Seconds, want, err)
		}
	}
}

func FuzzParseCommand(f *testing.F) {
	for _, c := range commands {
		for usage := range strings.SplitSeq(c.usage, ", ") {
			f.Add(usage)
		}
	}
	f.Add(`/timeout @"Jun Ho" 1h30m “quoted”`)
	f.Add("/ban 99999999999999999999w")
	f.Fuzz(func(t *testing.T, text string) {
		a, err := ParseCommand(text)
		if err != nil {
			if refusal := (*message.Refusal)(nil); !errors.As(err, &refusal) || refusal.Code != message.CodeAction {
				t.Fatalf("%v", err)
			}
			return
		}
		if a.Seconds < 0 || a.Via != ViaCommand {
			t.Fatalf("%+v", a)
		}
		if cleaned, err := a.clean(); err == nil {
			if again, err := cleaned.clean(); err != nil || !reflect.DeepEqual(again, cleaned) {
				t.Fatalf("%+v is cleaned to %+v, %v", cleaned, again, err)
			}
		}
	})
}
