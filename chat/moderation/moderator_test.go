package moderation

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

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

// knownPeople is a directory of a room.
type knownPeople struct {
	users    []message.User
	messages map[string]message.Message
}

func (p knownPeople) User(_ context.Context, _, id string) (message.User, bool) {
	for _, user := range p.users {
		if user.ID == id {
			return user, true
		}
	}
	return message.User{}, false
}

func (p knownPeople) Named(_ context.Context, _, name string) (found []message.User) {
	for _, user := range p.users {
		if strings.EqualFold(user.Name, name) {
			found = append(found, user)
		}
	}
	return found
}

func (p knownPeople) Message(_ context.Context, _, id string) (message.Message, bool) {
	m, ok := p.messages[id]
	return m, ok
}

var everybody = knownPeople{
	users:    []message.User{host, mod, mod2, fan, fan2, fan3, guest},
	messages: map[string]message.Message{"100": {ID: "100", Text: "hello", User: fan}, "200": {ID: "200", Text: "from the host", User: host}, "300": {ID: "300", Text: "from a moderator", User: mod}},
}

func newModerator(t testing.TB, cfg Config) *Moderator {
	t.Helper()
	if cfg.Participants == nil {
		cfg.Participants = everybody
	}
	cfg.Log = slog.New(slog.NewTextHandler(t.Output(), nil))
	d, err := New(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// do carries out a command in the room "stage".
func do(t testing.TB, d *Moderator, actor message.User, text string) (Outcome, error) {
	t.Helper()
	a, err := ParseCommand(text)
	if err != nil {
		return Outcome{}, err
	}
	a.Room = "stage"
	return d.Execute(t.Context(), actor, a)
}

func must(t testing.TB, d *Moderator, actor message.User, text string) Outcome {
	t.Helper()
	out, err := do(t, d, actor, text)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return out
}

func check(t testing.TB, d *Moderator, user message.User, text string) (Verdict, error) {
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

func passes(t testing.TB, d *Moderator, user message.User, text string) {
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
			d := newModerator(t, Config{Words: []string{"bad"}, Domains: []string{"allowed.kr"}})
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
		{mod, "/delete 300", 0},
		{mod2, "/delete 300", message.CodeMayNot},
		{mod, "/purge m1", 0},
		{mod, "/ban m1", message.CodeAction},
		{mod, `/ban @"jun ho" 1d no`, 0},
		{mod, "/ban @Mina", message.CodeAction},
		{mod, "/ban @nobody", message.CodeAction},
		{mod, "/ban somebody-unknown", 0},
		{host, "/ban m1", 0},
		{host, "/delete 200", 0},
		{mod, "/unban u1", message.CodeAction},
		{mod, "/unpin", message.CodeAction},
		{mod, "/endpoll", message.CodeAction},
		{mod, "/pin hello", 0},
		{mod, "/wave pink", 0},
	}
	for _, tt := range tests {
		t.Run(tt.actor.ID+" "+tt.command, func(t *testing.T) {
			d := newModerator(t, Config{})
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
	d := newModerator(t, Config{})
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
	// What a moderator does to somebody unknown doesn't bind them if they are a host.
	d = newModerator(t, Config{Participants: knownPeople{}})
	must(t, d, mod, "/ban h1")
	if err := d.Admit("stage", host, netip.Addr{}); err != nil {
		t.Error(err)
	}
}

// Only a host actions in all rooms at once, and what they do holds in each.
func TestAllRooms(t *testing.T) {
	d := newModerator(t, Config{})
	everywhere := Action{Room: AllRooms, Kind: ActionBan, User: "u1"}
	_, err := d.Execute(t.Context(), mod, everywhere)
	refused(t, err, message.CodeMayNot)
	if err := d.Admit("stage", fan, netip.Addr{}); err != nil {
		t.Error(err)
	}
	if _, err := d.Execute(t.Context(), host, everywhere); err != nil {
		t.Fatal(err)
	}
	must(t, d, host, "/ban u1 1h")
	for _, room := range []string{"stage", "another"} {
		refused(t, d.Admit(room, fan, netip.Addr{}), message.CodeBanned)
	}
	// The end of one ban is not that of the other.
	must(t, d, host, "/unban u1")
	refused(t, d.Admit("stage", fan, netip.Addr{}), message.CodeBanned)
	if list := d.Sanctions("", "", 10); len(list) != 1 || list[0].Room != AllRooms {
		t.Errorf("%+v", list)
	}
	for room, code := range map[string]message.Code{AllRooms: message.CodeNoRoom, "": message.CodeNoRoom, strings.Repeat("x", maxID+1): message.CodeNoRoom, strings.Repeat("x", maxID): 0} {
		_, err := d.State(t.Context(), room)
		if code != 0 {
			refused(t, err, code)
		} else if err != nil {
			t.Error(err)
		}
	}
}

func TestOutcomes(t *testing.T) {
	d := newModerator(t, Config{})
	out := must(t, d, mod, "/delete 100")
	if got := out.Events[0].(message.Delete); len(got.IDs) != 1 || got.IDs[0] != "100" || got.Type != message.TypeDelete || got.Sent == 0 {
		t.Errorf("%+v", got)
	}
	out = must(t, d, mod, "/purge u1")
	if got := out.Events[0].(message.Delete); got.User != "u1" || got.IDs != nil {
		t.Errorf("%+v", got)
	}
	out = must(t, d, mod, "/ban 2001:db8::5 no thanks")
	if want := (DisconnectTarget{Room: "stage", Network: netip.MustParsePrefix("2001:db8::/64"), Reason: "no thanks"}); len(out.Disconnect) != 1 || out.Disconnect[0] != want {
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
	out, err := d.Execute(t.Context(), mod, Action{Room: "stage", Kind: ActionPin, Message: "100", Via: ViaREST})
	if err != nil {
		t.Fatal(err)
	}
	if got := out.Events[0].(message.Room); got.Pinned == nil || got.Pinned.User != fan || got.Revision != 1 || got.Type != message.TypeRoom {
		t.Errorf("%+v", got)
	}
	if _, err := d.Execute(t.Context(), mod, Action{Room: "stage", Kind: ActionPin, Message: "gone"}); err == nil {
		t.Error("a message that nobody knows is pinned")
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

// What an action says that it did is what a moderator goes by.
func TestActionsSayWhatTheyDid(t *testing.T) {
	d := newModerator(t, Config{})
	for _, tt := range []struct{ command, want string }{
		{"/ban 192.0.2.0/24", "banned 192.0.2.0/24"},
		{"/timeout u1 60", "timed out Mina for 1m0s"},
		{"/ban unknown-1", "banned unknown-1"},
		{"/shadow u3 1h", "put Jun Ho into shadow mode for 1h0m0s"},
		{"/unshadow u3", "Jun Ho is out of shadow mode"},
		{"/unban u1", "Mina may come and write again"},
		{"/slow 10", "slow mode: one message every 10s"},
		{"/slow off", "slow mode is off"},
		{"/members on", "members only: on"},
		{"/members off", "members only: off"},
		{`/poll "Encore?" yes no`, "asked: Encore?"},
		{"/announce doors open", "announced"},
	} {
		if out := must(t, d, mod, tt.command); out.Done != tt.want {
			t.Errorf("%s: %q, want %q", tt.command, out.Done, tt.want)
		}
	}
}

// Somebody may be banned by ID who was never seen here.
func TestSanctionsOfTheUnknownHold(t *testing.T) {
	d := newModerator(t, Config{Participants: knownPeople{}})
	out := must(t, d, mod, "/ban u1")
	if len(out.Disconnect) != 1 || out.Disconnect[0].User != "u1" {
		t.Errorf("%+v", out.Disconnect)
	}
	refused(t, d.Admit("stage", fan, netip.Addr{}), message.CodeBanned)
	if err := d.Admit("stage", fan2, netip.Addr{}); err != nil {
		t.Error(err)
	}
	must(t, d, mod, "/timeout u2 60")
	_, err := check(t, d, fan2, "hello")
	refused(t, err, message.CodeTimeout)
}

// The log holds an action whole; of one that was refused, and may hold anything, no more
// than an action may have.
func TestAuditIsWholeAndBounded(t *testing.T) {
	d := newModerator(t, Config{})
	must(t, d, mod, `/poll "Encore?" yes no`)
	long := strings.Repeat("x", 5000)
	_, err := d.Execute(t.Context(), mod, Action{
		Room: long, Kind: long, Message: long, User: long, Network: long, Reason: long, Text: long, Options: []string{long}, Color: long,
	})
	refused(t, err, message.CodeAction)
	audit, err := d.Audit(t.Context(), "", "", 10)
	if err != nil || len(audit) != 2 {
		t.Fatalf("%+v, %v", audit, err)
	}
	if got := audit[1].Action; len(got.Options) != 2 || got.Text != "Encore?" {
		t.Errorf("%+v", got)
	}
	got := audit[0]
	for what, lengths := range map[string][2]int{
		"room": {len(got.Room), maxID}, "act": {len(got.Action.Kind), 32}, "the act's room": {len(got.Action.Room), maxID}, "message": {len(got.Action.Message), maxID},
		"user": {len(got.Action.User), maxID}, "network": {len(got.Action.Network), maxID}, "reason": {len(got.Action.Reason), MaxReason},
		"text": {len(got.Action.Text), message.MaxText}, "options": {len(got.Action.Options), 0}, "color": {len(got.Action.Color), 32},
	} {
		if lengths[0] != lengths[1] {
			t.Errorf("%s: %d characters are kept, want %d", what, lengths[0], lengths[1])
		}
	}
}

func TestLinksByDefault(t *testing.T) {
	d := newModerator(t, Config{LinksAllowed: true})
	passes(t, d, fan, "see example.com")
	if err := d.CheckName("example.com"); err != nil {
		t.Error(err)
	}
	must(t, d, host, "/links off")
	_, err := check(t, d, fan, "see example.com again")
	refused(t, err, message.CodeFiltered)
}

func TestNamesAreFiltered(t *testing.T) {
	d := newModerator(t, Config{Words: []string{"bad*"}, Domains: []string{"allowed.kr"}})
	must(t, d, host, "/addword good")
	for name, fails := range map[string]bool{"Mina": false, "b4dly": true, "good": false, "example.com": true, "allowed.kr": false} {
		if err := d.CheckName(name); fails {
			refused(t, err, message.CodeName)
		} else if err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestRoomWordsAreBounded(t *testing.T) {
	d := newModerator(t, Config{})
	r, err := d.rooms.get(t.Context(), "stage")
	if err != nil {
		t.Fatal(err)
	}
	words := map[string]any{}
	for i := range MaxRoomWords - 1 {
		words[fmt.Sprint(wordRegister, "word", i)] = true
	}
	r.mu.Lock()
	_, err = r.set("a", now(), words)
	r.mu.Unlock()
	if err != nil {
		t.Fatal(err)
	}
	must(t, d, mod, "/addword last")
	_, err = do(t, d, mod, "/addword more")
	refused(t, err, message.CodeAction)
	must(t, d, mod, "/removeword last")
	_, err = do(t, d, mod, "/addword word7") // is there already
	refused(t, err, message.CodeAction)
	must(t, d, mod, "/addword more")
	// Another process can't fill it further than this one could.
	many := map[string]Register{}
	for i := range 2 * maxRegisters {
		many[fmt.Sprint(wordRegister, "theirs", i)] = Register{Revision: 1, At: 1, Node: "b", Value: json.RawMessage("true")}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.merge(many); len(r.registers) != maxRegisters {
		t.Errorf("%d registers, want %d", len(r.registers), maxRegisters)
	}
}

// A word that was removed makes room for another after a while.
func TestRemovedWordsAreForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newModerator(t, Config{})
		running(t, d)
		must(t, d, mod, "/addword stays")
		must(t, d, mod, "/addword goes")
		must(t, d, mod, "/removeword goes")
		must(t, d, mod, `/poll "Encore?" yes no`)
		r, err := d.rooms.get(t.Context(), "stage")
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Duration(remembered)*time.Millisecond + 2*sweepEvery)
		r.mu.Lock()
		defer r.mu.Unlock()
		if _, there := r.registers[wordRegister+"stays"]; !there || len(r.registers) != 2 {
			t.Errorf("%v", r.registers)
		}
	})
}

// A Moderator forgets the room that was not used for longest: never one with a poll, and
// none that somebody may be at work with.
func TestRoomsAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newModerator(t, Config{})
		must(t, d, mod, `/poll "Encore?" yes no`)
		for i := 1; i < maxRooms; i++ {
			if _, err := d.rooms.get(t.Context(), fmt.Sprint("room", i)); err != nil {
				t.Fatal(err)
			}
		}
		_, err := d.State(t.Context(), "one more")
		refused(t, err, message.CodeUnavailable)
		time.Sleep(inUse)
		if _, err := d.State(t.Context(), "room1"); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second)
		if _, err := d.State(t.Context(), "one more"); err != nil {
			t.Fatal(err)
		}
		for name, want := range map[string]bool{"stage": true, "room1": true, "one more": true} {
			if _, there := d.rooms.rooms[name]; there != want {
				t.Errorf("%s is there: %v", name, there)
			}
		}
		if len(d.rooms.rooms) != maxRooms {
			t.Errorf("%d rooms", len(d.rooms.rooms))
		}
	})
}

// brokenStore has a room that nobody can read.
type brokenStore struct {
	*MemoryStore
	load func(context.Context) ([]byte, error)
}

func (s brokenStore) LoadRoom(ctx context.Context, _ string) ([]byte, error) { return s.load(ctx) }

// A room whose settings can't be read is closed to writers: it may be for members only.
func TestARoomThatCantBeRead(t *testing.T) {
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	for _, tt := range []struct {
		name string
		ctx  context.Context
		load func(context.Context) ([]byte, error)
	}{
		{"an error", t.Context(), func(context.Context) ([]byte, error) { return nil, errors.New("connection refused") }},
		{"no JSON", t.Context(), func(context.Context) ([]byte, error) { return []byte("{"), nil }},
		{"a client who leaves", ended, func(ctx context.Context) ([]byte, error) { <-ctx.Done(); return nil, ctx.Err() }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d := newModerator(t, Config{Store: brokenStore{NewMemoryStore(), tt.load}})
				_, err := d.Check(tt.ctx, Attempt{Room: "stage", User: fan, Text: "hello"})
				if r := refused(t, err, message.CodeUnavailable); r.Retry != time.Second {
					t.Errorf("retry after %v", r.Retry)
				}
				if _, err := d.Settings(tt.ctx, "stage"); err == nil {
					t.Error("there are settings")
				}
				time.Sleep(2 * loadTimeout)
			})
		})
	}
}

// What is stored and makes no sense is left out; where nothing can be read, or words
// can't be filtered, there is no Moderator.
func TestNew(t *testing.T) {
	store := NewMemoryStore()
	good, odd := sanction(Ban, "stage", "u1", 100, 0), sanction(Ban, "stage", "u2", 0, 0)
	for _, s := range []Sanction{good, odd} {
		if err := store.PutSanction(t.Context(), s); err != nil {
			t.Fatal(err)
		}
	}
	if list := newModerator(t, Config{Store: store}).index.All(); len(list) != 1 || list[0].User != "u1" {
		t.Errorf("%+v", list)
	}
	if _, err := New(t.Context(), Config{Words: []string{"a*b"}}); err == nil {
		t.Error("a word that can't be filtered is taken")
	}
	if _, err := New(t.Context(), Config{Store: deadStore{store}}); err == nil {
		t.Error("nobody is banned, for nobody can say who is")
	}
	d := newModerator(t, Config{})
	d.index.size = 0
	_, err := do(t, d, mod, "/ban u1")
	refused(t, err, message.CodeAction)
}

// deadStore can't tell who is banned.
type deadStore struct{ *MemoryStore }

func (deadStore) Sanctions(context.Context) ([]Sanction, error) {
	return nil, errors.New("connection refused")
}

func TestMemoryStoreKeepsTheNewestOfTheLog(t *testing.T) {
	store := NewMemoryStore()
	for i := range memoryAudit + 5 {
		if err := store.AppendAudit(t.Context(), Entry{ID: fmt.Sprintf("%06d", i), Room: fmt.Sprint("room", i%2)}); err != nil {
			t.Fatal(err)
		}
	}
	if all, err := store.Audit(t.Context(), "", "", 2*memoryAudit); err != nil || len(all) != memoryAudit || all[0].ID != "010004" || all[memoryAudit-1].ID != "000005" {
		t.Errorf("%d entries, %v", len(all), err)
	}
	page, err := store.Audit(t.Context(), "room1", "000010", 2)
	if err != nil || len(page) != 2 || page[0].ID != "000009" || page[1].ID != "000007" {
		t.Errorf("%+v, %v", page, err)
	}
}

// A store keeps the later of two states of a room by their revision.
func TestSavedRevisionsGrow(t *testing.T) {
	r := newRoom("stage", false)
	_, first, _ := r.encodeStored(1000)
	_, second, _ := r.encodeStored(1000)
	_, third, err := r.encodeStored(500) // the clock has gone back
	if err != nil || first != 1000 || second <= first || third <= second {
		t.Errorf("%d, %d, %d, %v", first, second, third, err)
	}
}

func TestStateOutlivesTheProcess(t *testing.T) {
	store := NewMemoryStore()
	d := newModerator(t, Config{Store: store})
	must(t, d, mod, "/slow 10")
	must(t, d, mod, "/addword bad*")
	must(t, d, mod, "/addword worse")
	must(t, d, mod, "/removeword worse")
	must(t, d, mod, "/ban u1 1h")
	must(t, d, mod, "/ban u3")
	must(t, d, mod, "/unban u3")
	must(t, d, mod, `/poll "Which?" one two 60s`)
	settings, _ := d.Settings(t.Context(), "stage")
	for user, option := range map[message.User]int{fan3: 1, guest: 0} {
		if err := d.Vote(t.Context(), "stage", settings.Poll.ID, user, netip.Addr{}, option); err != nil {
			t.Fatal(err)
		}
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if err := d.Run(ended); err != nil {
		t.Fatal(err)
	}
	d = newModerator(t, Config{Store: store})
	_, err := check(t, d, fan, "hello")
	refused(t, err, message.CodeBanned)
	got, err := d.Settings(t.Context(), "stage")
	if err != nil || got.Slow != 10 || len(got.Words) != 1 || got.Revision != settings.Revision || got.Poll.Options[1].Votes != 1 {
		t.Errorf("%+v, %v", got, err)
	}
	_, err = check(t, d, fan3, "badly")
	refused(t, err, message.CodeFiltered)
	// Who has voted can change their mind, not vote twice.
	if err := d.Vote(t.Context(), "stage", settings.Poll.ID, fan3, netip.Addr{}, 0); err != nil {
		t.Fatal(err)
	}
	if err := d.Vote(t.Context(), "stage", settings.Poll.ID, guest, netip.Addr{}, 0); err != nil {
		t.Fatal(err)
	}
	state, _ := d.State(t.Context(), "stage")
	if data, _ := json.Marshal(state.Poll.Options); string(data) != `[{"text":"one","votes":2},{"text":"two","votes":0}]` {
		t.Errorf("%s", data)
	}
	if list := d.Sanctions("stage", "", 10); len(list) != 1 || list[0].User != "u1" {
		t.Errorf("%+v", list)
	}
}
