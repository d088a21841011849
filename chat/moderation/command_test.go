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
		want Act
	}{
		{"/delete 0198c", Act{Act: ActDelete, Message: "0198c"}},
		{"/purge @mina", Act{Act: ActPurge, User: "@mina"}},
		{"/timeout @mina", Act{Act: ActTimeout, User: "@mina"}},
		{"/timeout @mina 600", Act{Act: ActTimeout, User: "@mina", Seconds: 600}},
		{"/Timeout @mina 1h30m  be   kind", Act{Act: ActTimeout, User: "@mina", Seconds: 5400, Reason: "be kind"}},
		{"/timeout @mina be kind", Act{Act: ActTimeout, User: "@mina", Reason: "be kind"}},
		{`/ban @"Jun Ho" 7d spam`, Act{Act: ActBan, User: "@Jun Ho", Seconds: 7 * 86400, Reason: "spam"}},
		{"/ban 203.0.113.0/24 forever", Act{Act: ActBan, Network: "203.0.113.0/24"}},
		{"/ban 2001:db8::1 1w", Act{Act: ActBan, Network: "2001:db8::1", Seconds: 7 * 86400}},
		{"/unban u-17", Act{Act: ActUnban, User: "u-17"}},
		{"/unban 203.0.113.7", Act{Act: ActUnban, Network: "203.0.113.7"}},
		{"/shadow @미나 1d", Act{Act: ActShadow, User: "@미나", Seconds: 86400}},
		{"/unshadow @미나", Act{Act: ActUnshadow, User: "@미나"}},
		{"/slow 10", Act{Act: ActSlow, Seconds: 10}},
		{"/slow 1m", Act{Act: ActSlow, Seconds: 60}},
		{"/slow off", Act{Act: ActSlow}},
		{"/members ON", Act{Act: ActMembers, On: true}},
		{"/emotes off", Act{Act: ActEmotes}},
		{"/close on", Act{Act: ActClose, On: true}},
		{"/links off", Act{Act: ActLinks}},
		{"/pin doors open at  7", Act{Act: ActPin, Text: "doors open at  7"}},
		{"/unpin", Act{Act: ActUnpin}},
		{`/poll "Which song?" "One more" two 90s`, Act{Act: ActPoll, Text: "Which song?", Options: []string{"One more", "two"}, Seconds: 90}},
		{`/poll “Which song?” “One” “Two”`, Act{Act: ActPoll, Text: "Which song?", Options: []string{"One", "Two"}}},
		{`/poll "How long?" 30s 60s`, Act{Act: ActPoll, Text: "How long?", Options: []string{"30s", "60s"}}},
		{`/poll "How many?" 1 2 3`, Act{Act: ActPoll, Text: "How many?", Options: []string{"1", "2", "3"}}},
		{"/endpoll", Act{Act: ActEndPoll}},
		{"/announce   hello", Act{Act: ActAnnounce, Text: "hello"}},
		{"/announce hello everybody", Act{Act: ActAnnounce, Text: "hello everybody"}},
		{"/wave pink", Act{Act: ActWave, Color: "pink"}},
		{"/addword kill yourself", Act{Act: ActAddWord, Text: "kill yourself"}},
		{"/removeword bad*", Act{Act: ActRemoveWord, Text: "bad*"}},
		{"/help", Act{Act: ActHelp}},
		{"/help /ban", Act{Act: ActHelp, Text: "ban"}},
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
		if !errors.As(err, &refusal) || refusal.Code != message.CodeAct || !strings.HasPrefix(refusal.Reason, want) {
			t.Errorf("%s: %v, want %s", text, err, want)
		}
	}
}

func TestEveryActHasACommandAndADeed(t *testing.T) {
	for act := range rules {
		known := false
		for _, c := range commands {
			known = known || c.name == act
		}
		if !known || deeds[act] == nil && act != ActHelp {
			t.Errorf("%s has no command or no deed", act)
		}
	}
}

func TestActsAreChecked(t *testing.T) {
	long := strings.Repeat("x", 600)
	tests := []struct {
		name string
		act  Act
	}{
		{"no act", Act{}},
		{"which message", Act{Act: ActDelete}},
		{"say nothing", Act{Act: ActAnnounce}},
		{"long text", Act{Act: ActAnnounce, Text: strings.Repeat("x", message.MaxText+1)}},
		{"long room", Act{Act: ActHelp, Room: long}},
		{"ask nothing", Act{Act: ActPoll, Options: []string{"a", "b"}}},
		{"long question", Act{Act: ActPoll, Text: strings.Repeat("x", MaxQuestion+1), Options: []string{"a", "b"}}},
		{"nearly as wide", Act{Act: ActBan, Network: "10.0.0.0/7"}},
		{"nearly as wide IPv6", Act{Act: ActBan, Network: "2000::/18"}},
		{"unknown", Act{Act: "dance"}},
		{"everywhere", Act{Act: ActSlow, Room: AllRooms}},
		{"whom", Act{Act: ActTimeout}},
		{"both", Act{Act: ActBan, User: "u", Network: "10.0.0.1"}},
		{"wide", Act{Act: ActBan, Network: "0.0.0.0/0"}},
		{"wide IPv6", Act{Act: ActBan, Network: "2000::/3"}},
		{"mapped", Act{Act: ActBan, Network: "::ffff:0:0/90"}},
		{"zone", Act{Act: ActBan, Network: "fe80::1%eth0"}},
		{"no network", Act{Act: ActBan, Network: "mars"}},
		{"negative", Act{Act: ActBan, User: "u", Seconds: -1}},
		{"long ban", Act{Act: ActBan, User: "u", Seconds: 1 << 40}},
		{"long timeout", Act{Act: ActTimeout, User: "u", Seconds: MaxTimeout + 1}},
		{"slow", Act{Act: ActSlow, Seconds: MaxSlow + 1}},
		{"pin nothing", Act{Act: ActPin}},
		{"pin both", Act{Act: ActPin, Text: "a", Message: "b"}},
		{"long pin", Act{Act: ActPin, Text: long}},
		{"one answer", Act{Act: ActPoll, Text: "?", Options: []string{"a"}}},
		{"seven answers", Act{Act: ActPoll, Text: "?", Options: strings.Split("abcdefg", "")}},
		{"same answers", Act{Act: ActPoll, Text: "?", Options: []string{"a", " a "}}},
		{"empty answer", Act{Act: ActPoll, Text: "?", Options: []string{"a", " "}}},
		{"short poll", Act{Act: ActPoll, Text: "?", Options: []string{"a", "b"}, Seconds: 1}},
		{"color", Act{Act: ActWave, Color: "#12345g"}},
		{"word", Act{Act: ActAddWord, Text: "a*b"}},
		{"no letters", Act{Act: ActAddWord, Text: "..."}},
		{"long ID", Act{Act: ActPurge, User: long}},
		{"UTF-8", Act{Act: ActPurge, User: "\xff"}},
	}
	for _, tt := range tests {
		_, err := tt.act.clean()
		if refusal := (*message.Refusal)(nil); !errors.As(err, &refusal) || refusal.Code != message.CodeAct {
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

// What is just within the limits of an act may be done.
func TestActsAtTheirLimits(t *testing.T) {
	for _, act := range []Act{
		{Act: ActAnnounce, Text: strings.Repeat("가", message.MaxText)},
		{Act: ActBan, Network: "10.0.0.0/8"},
		{Act: ActBan, Network: "2000::/19"},
		{Act: ActBan, User: "u", Seconds: MaxBan},
		{Act: ActTimeout, User: "u", Seconds: 1},
		{Act: ActTimeout, User: "u", Seconds: MaxTimeout},
		{Act: ActSlow, Seconds: MaxSlow},
		{Act: ActPoll, Text: strings.Repeat("가", MaxQuestion), Options: []string{strings.Repeat("가", MaxOption), "b"}, Seconds: MinPoll},
		{Act: ActPoll, Text: "?", Options: strings.Split("abcdef", ""), Seconds: MaxPoll},
		{Act: ActPurge, User: strings.Repeat("x", maxID)},
	} {
		if got, err := act.clean(); err != nil || got.Act != act.Act || got.Seconds != act.Seconds {
			t.Errorf("%+v: %+v, %v", act, got, err)
		}
	}
	for act, want := range map[string]int64{ActTimeout: DefaultTimeout, ActPoll: DefaultPoll, ActBan: 0, ActShadow: 0} {
		got, err := Act{Act: act, User: "u", Text: "?", Options: []string{"a", "b"}}.clean()
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
			if refusal := (*message.Refusal)(nil); !errors.As(err, &refusal) || refusal.Code != message.CodeAct {
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
