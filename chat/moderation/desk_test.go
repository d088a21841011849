package moderation

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/netip"
	"strings"
	"testing"

	"github.com/globalfandom/lightstick/chat/message"
)

var (
	host  = message.User{ID: "h1", Name: "Hana", Role: message.Host}
	mod   = message.User{ID: "m1", Name: "Mo", Role: message.Moderator}
	mod2  = message.User{ID: "m2", Name: "Mi", Role: message.Moderator}
	fan   = message.User{ID: "u1", Name: "Mina", Role: message.Member}
	fan2  = message.User{ID: "u2", Name: "Mina", Role: message.Subscriber}
	fan3  = message.User{ID: "u3", Name: "Jun Ho", Role: message.Member}
	guest = message.User{ID: "g1", Name: "Gast", Role: message.Guest}
)

// people is a directory of a room.
type people struct {
	users    []message.User
	messages map[string]message.Message
}

func (p people) User(_ context.Context, _, id string) (message.User, bool) {
	for _, user := range p.users {
		if user.ID == id {
			return user, true
		}
	}
	return message.User{}, false
}

func (p people) Named(_ context.Context, _, name string) (found []message.User) {
	for _, user := range p.users {
		if strings.EqualFold(user.Name, name) {
			found = append(found, user)
		}
	}
	return found
}

func (p people) Message(_ context.Context, _, id string) (message.Message, bool) {
	m, ok := p.messages[id]
	return m, ok
}

var everybody = people{
	users:    []message.User{host, mod, mod2, fan, fan2, fan3, guest},
	messages: map[string]message.Message{"100": {ID: "100", Text: "hello", User: fan}, "200": {ID: "200", Text: "from the host", User: host}},
}

func newDesk(t testing.TB, cfg Config) *Desk {
	t.Helper()
	if cfg.Directory == nil {
		cfg.Directory = everybody
	}
	cfg.Log = slog.New(slog.NewTextHandler(t.Output(), nil))
	d, err := New(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// do carries out a command in the room "stage".
func do(t testing.TB, d *Desk, actor message.User, text string) (Outcome, error) {
	t.Helper()
	a, err := ParseCommand(text)
	if err != nil {
		return Outcome{}, err
	}
	a.Room = "stage"
	return d.Do(t.Context(), actor, a)
}

func must(t testing.TB, d *Desk, actor message.User, text string) Outcome {
	t.Helper()
	out, err := do(t, d, actor, text)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return out
}

func check(t testing.TB, d *Desk, user message.User, text string) (Verdict, error) {
	t.Helper()
	return d.Check(t.Context(), Attempt{Room: "stage", User: user, Addr: netip.MustParseAddr("203.0.113.9"), Text: text})
}

// refused fails unless the error is a refusal with the code.
func refused(t testing.TB, err error, code message.Code) *message.Refusal {
	t.Helper()
	var refusal *message.Refusal
	if !errors.As(err, &refusal) || refusal.Code != code {
		t.Fatalf("got %v, want a refusal with code %d", err, code)
	}
	return refusal
}

func passes(t testing.TB, d *Desk, user message.User, text string) {
	t.Helper()
	if v, err := check(t, d, user, text); err != nil || v.Text != text || v.Shadow {
		t.Fatalf("%s writes %q: %+v, %v", user.ID, text, v, err)
	}
}

func TestCheckSettings(t *testing.T) {
	tests := []struct {
		command, text string
		user          message.User
		code          message.Code // 0: may be written
	}{
		{"/close on", "hello", fan, message.CodeMayNot},
		{"/close on", "hello", mod, 0},
		{"/members on", "hello", guest, message.CodeMayNot},
		{"/members on", "hello", fan, 0},
		{"/emotes on", "hello", fan, message.CodeFiltered},
		{"/emotes on", "💜 :wave:", fan, 0},
		{"/links off", "see example.com", fan, message.CodeFiltered},
		{"/links off", "see example.com", mod, 0},
		{"/links off", "see allowed.kr/x", fan, 0},
		{"/links on", "see example.com", fan, 0},
		{"/addword 바보", "ㅂㅏㅂㅗ", fan, message.CodeFiltered},
		{"/addword 바보", "ㅂㅏㅂㅗ", host, 0},
		{"/help", "gl0bal bаd", fan, message.CodeFiltered},
		{"/timeout u1 1h be kind", "hello", fan, message.CodeTimeout},
		{"/ban u1", "hello", fan, message.CodeBanned},
		{"/ban 203.0.113.0/24", "hello", guest, message.CodeBanned},
		{"/ban 203.0.113.0/24", "hello", mod, 0},
		{"/ban 198.51.100.7", "hello", guest, 0},
	}
	for _, tt := range tests {
		t.Run(tt.command+" "+tt.text, func(t *testing.T) {
			d := newDesk(t, Config{Words: []string{"bad"}, Domains: []string{"allowed.kr"}})
			must(t, d, host, tt.command)
			if tt.code == 0 {
				passes(t, d, tt.user, tt.text)
				return
			}
			_, err := check(t, d, tt.user, tt.text)
			refused(t, err, tt.code)
		})
	}
}

func TestPermissions(t *testing.T) {
	tests := []struct {
		actor   message.User
		command string
		code    message.Code
	}{
		{guest, "/ban u1", message.CodeMayNot},
		{fan, "/slow 10", message.CodeMayNot},
		{fan2, "/delete 100", message.CodeMayNot},
		{mod, "/ban m2", message.CodeMayNot},
		{mod, "/timeout h1 60", message.CodeMayNot},
		{mod, "/shadow @Hana", message.CodeMayNot},
		{mod, "/purge h1", message.CodeMayNot},
		{mod, "/delete 200", message.CodeMayNot},
		{mod, "/delete 100", 0},
		{mod, "/purge m1", 0},
		{mod, "/ban m1", message.CodeAct},
		{mod, `/ban @"jun ho" 1d no`, 0},
		{mod, "/ban @Mina", message.CodeAct},
		{mod, "/ban @nobody", message.CodeAct},
		{mod, "/ban somebody-unknown", 0},
		{host, "/ban m1", 0},
		{host, "/delete 200", 0},
		{mod, "/unban u1", message.CodeAct},
		{mod, "/unpin", message.CodeAct},
		{mod, "/endpoll", message.CodeAct},
		{mod, "/pin hello", 0},
		{mod, "/wave pink", 0},
	}
	for _, tt := range tests {
		t.Run(tt.actor.ID+" "+tt.command, func(t *testing.T) {
			d := newDesk(t, Config{})
			out, err := do(t, d, tt.actor, tt.command)
			audit, _ := d.Audit(t.Context(), "stage", "", 10)
			if len(audit) != 1 || audit[0].By.ID != tt.actor.ID || audit[0].Via != ViaCommand {
				t.Errorf("audit: %+v", audit)
			}
			if tt.code != 0 {
				refused(t, err, tt.code)
				if audit[0].Refused == "" || audit[0].Done != "" {
					t.Errorf("audit: %+v", audit[0])
				}
				return
			}
			if err != nil || out.Done == "" || out.Done != audit[0].Done || out.Share == nil {
				t.Errorf("%+v, %v", out, err)
			}
		})
	}
}

func TestHostsSanctionsBindModerators(t *testing.T) {
	d := newDesk(t, Config{})
	must(t, d, host, "/timeout m1 60")
	_, err := check(t, d, mod, "hello")
	refused(t, err, message.CodeTimeout)
	_, err = do(t, d, mod, "/slow 10")
	refused(t, err, message.CodeMayNot)
	must(t, d, host, "/ban u1")
	_, err = do(t, d, mod2, "/unban u1")
	refused(t, err, message.CodeMayNot)
	_, err = do(t, d, mod2, "/ban u1 1s")
	refused(t, err, message.CodeMayNot)
	must(t, d, host, "/unban u1")
	passes(t, d, fan, "hello")
	// What a moderator does to somebody unknown doesn't bind her if she is a host.
	d = newDesk(t, Config{Directory: people{}})
	must(t, d, mod, "/ban h1")
	if err := d.Admit("stage", host, netip.Addr{}); err != nil {
		t.Error(err)
	}
}

func TestOutcomes(t *testing.T) {
	d := newDesk(t, Config{})
	out := must(t, d, mod, "/delete 100")
	if got := out.Events[0].(message.Delete); len(got.IDs) != 1 || got.IDs[0] != "100" || got.Type != message.TypeDelete || got.Sent == 0 {
		t.Errorf("%+v", got)
	}
	out = must(t, d, mod, "/purge u1")
	if got := out.Events[0].(message.Delete); got.User != "u1" || got.IDs != nil {
		t.Errorf("%+v", got)
	}
	out = must(t, d, mod, "/ban 2001:db8::5 no thanks")
	if want := (Target{Room: "stage", Network: netip.MustParsePrefix("2001:db8::/64"), Reason: "no thanks"}); len(out.Disconnect) != 1 || out.Disconnect[0] != want {
		t.Errorf("%+v", out.Disconnect)
	}
	out = must(t, d, mod, "/wave #FF5fa2")
	if got := out.Events[0].(message.Wave); got.Color != "#ff5fa2" || got.By != mod || got.At == 0 {
		t.Errorf("%+v", got)
	}
	out = must(t, d, mod, "/announce doors open")
	if m := out.Announcement; m == nil || !m.Announcement || m.Text != "doors open" || m.ID == "" || len(m.ID) > 20 {
		t.Errorf("%+v", m)
	}
	out, err := d.Do(t.Context(), mod, Act{Room: "stage", Act: ActPin, Message: "100", Via: ViaREST})
	if err != nil {
		t.Fatal(err)
	}
	if got := out.Events[0].(message.Room); got.Pinned == nil || got.Pinned.User != fan || got.Revision != 1 || got.Type != message.TypeRoom {
		t.Errorf("%+v", got)
	}
	out = must(t, d, mod, "/slow 10")
	if got := out.Events[0].(message.Room); got.Slow != 10 || got.Pinned == nil || got.Revision != 2 {
		t.Errorf("%+v", got)
	}
	if out := must(t, d, mod, "/help"); !strings.Contains(out.Done, "/timeout @name") || out.Share != nil {
		t.Errorf("%+v", out)
	}
	if out := must(t, d, mod, "/help slow"); strings.Contains(out.Done, "\n") {
		t.Errorf("%+v", out)
	}
}

func TestStateOutlivesTheProcess(t *testing.T) {
	store := NewMemoryStore()
	d := newDesk(t, Config{Store: store})
	must(t, d, mod, "/slow 10")
	must(t, d, mod, "/addword bad*")
	must(t, d, mod, "/addword worse")
	must(t, d, mod, "/removeword worse")
	must(t, d, mod, "/ban u1 1h")
	must(t, d, mod, "/ban u3")
	must(t, d, mod, "/unban u3")
	must(t, d, mod, `/poll "Which?" one two 60s`)
	settings, _ := d.Settings(t.Context(), "stage")
	if err := d.Vote(t.Context(), "stage", settings.Poll.ID, fan3, netip.Addr{}, 1); err != nil {
		t.Fatal(err)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if err := d.Run(ended); err != nil {
		t.Fatal(err)
	}
	d = newDesk(t, Config{Store: store})
	_, err := check(t, d, fan, "hello")
	refused(t, err, message.CodeBanned)
	got, err := d.Settings(t.Context(), "stage")
	if err != nil || got.Slow != 10 || len(got.Words) != 1 || got.Revision != settings.Revision || got.Poll.Options[1].Votes != 1 {
		t.Errorf("%+v, %v", got, err)
	}
	_, err = check(t, d, fan3, "badly")
	refused(t, err, message.CodeFiltered)
	// Who has voted can change her mind, not vote twice.
	if err := d.Vote(t.Context(), "stage", settings.Poll.ID, fan3, netip.Addr{}, 0); err != nil {
		t.Fatal(err)
	}
	state, _ := d.State(t.Context(), "stage")
	if data, _ := json.Marshal(state.Poll.Options); string(data) != `[{"text":"one","votes":1},{"text":"two","votes":0}]` {
		t.Errorf("%s", data)
	}
	if list := d.Sanctions("stage", "", 10); len(list) != 1 || list[0].User != "u1" {
		t.Errorf("%+v", list)
	}
}
