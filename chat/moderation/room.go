package moderation

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/globalfandom/lightstick/chat/cluster/envelope"
	"github.com/globalfandom/lightstick/chat/filter"
	"github.com/globalfandom/lightstick/chat/message"
)

// Settings are a room's, as hosts and moderators left them.
type Settings struct {
	message.Room
	Words []string `json:"words,omitempty"` // that are filtered here, beside those of all rooms
	Links bool     `json:"links"`           // links are allowed
}

// MaxRoomWords is how many words a room can filter by itself.
const MaxRoomWords = 1000

// maxRegisters bounds a room's registers: its words, those removed lately, the rest.
const maxRegisters = MaxRoomWords + MaxRoomWords/2

// Names of registers; a word's is wordRegister and the word.
const (
	slowRegister    = "slow"
	membersRegister = "members"
	emotesRegister  = "emotes"
	closedRegister  = "closed"
	linksRegister   = "links"
	pinnedRegister  = "pinned"
	pollRegister    = "poll"
	wordRegister    = "word:"
)

// Register is one setting with the version it was written in. The version that comes
// after the others wins, wherever it was written.
type Register struct {
	Revision int64           `json:"r"` // the room's, with this change
	At       int64           `json:"t"` // ms
	Node     string          `json:"n"` // process that wrote it
	Value    json.RawMessage `json:"v"`
}

// version orders versions by revision, then time, then process; no two of one process have
// the same revision.
func (r Register) version() envelope.Version {
	return envelope.Version{Number: r.Revision, At: r.At * 1000, By: r.Node + "." + envelope.Digest(r.Value)}
}

// room is what a Moderator knows of one.
type room struct {
	name  string
	links bool                 // allowed unless the room says otherwise
	view  atomic.Pointer[view] // what Check reads
	used  atomic.Int64         // ms, when it was last asked for

	mu        sync.Mutex
	registers map[string]Register
	revision  int64 // of what pages are shown: at least the registers' greatest
	saved     int64 // time of the last saving in ms, which grows
	ballot    *ballot
}

// view is a room's settings, read; it is never changed.
type view struct {
	Settings
	poll  poll
	words *filter.Words
}

func newRoom(name string, links bool) *room {
	r := &room{name: name, links: links, registers: map[string]Register{}}
	r.render()
	return r
}

// set writes registers as the next revision, and gives them. mu is held.
func (r *room) set(node string, now int64, values map[string]any) (map[string]Register, error) {
	revision := r.revision + 1
	written := map[string]Register{}
	for name, value := range values {
		data, err := json.Marshal(value)
		if err != nil {
			return nil, err
		}
		written[name] = Register{Revision: revision, At: max(now, r.registers[name].At), Node: node, Value: data}
	}
	maps.Copy(r.registers, written)
	r.revision = revision
	r.render()
	return written, nil
}

// merge takes registers of another process. changed tells whether something did;
// crossed that the change was made without knowledge of what this process had, so
// that nobody has shown the outcome yet. mu is held.
func (r *room) merge(registers map[string]Register) (changed, crossed bool) {
	latest := r.revision
	for name, register := range registers {
		if !knownRegister(name) || !register.valid(name) {
			continue
		}
		have, ok := r.registers[name]
		if ok && !register.version().After(have.version()) || !ok && len(r.registers) >= maxRegisters {
			continue
		}
		changed, crossed = true, crossed || register.Revision <= r.revision
		latest = max(latest, register.Revision)
		r.registers[name] = register
	}
	if changed {
		r.revision = latest
		if crossed {
			r.revision++
		}
		r.render()
	}
	return changed, crossed
}

func knownRegister(name string) bool {
	switch name {
	case slowRegister, membersRegister, emotesRegister, closedRegister, linksRegister, pinnedRegister, pollRegister:
		return true
	}
	word, ok := strings.CutPrefix(name, wordRegister)
	return ok && filter.Valid(word) == nil
}

// valid tells whether the value can be read.
func (r Register) valid(name string) bool {
	if r.Revision < 1 || r.Revision > 1<<53 {
		return false
	}
	switch name {
	case slowRegister:
		slow, ok := read[int](r)
		return ok && slow >= 0 && slow <= MaxSlow
	case pinnedRegister:
		pinned, ok := read[*message.Message](r)
		return ok && (pinned == nil || len(pinned.Text) <= message.MaxDraft)
	case pollRegister:
		p, ok := read[poll](r)
		return ok && p.valid()
	}
	_, ok := read[bool](r)
	return ok
}

func read[T any](r Register) (value T, ok bool) {
	err := json.Unmarshal(r.Value, &value)
	return value, err == nil
}

func value[T any](r *room, name string, otherwise T) T {
	if register, ok := r.registers[name]; ok {
		if value, ok := read[T](register); ok {
			return value
		}
	}
	return otherwise
}

// render makes the view of the registers. mu is held, or nobody else has r.
func (r *room) render() {
	v := &view{Settings: Settings{Room: message.Room{
		Type: message.TypeRoom, Slow: value(r, slowRegister, 0), Members: value(r, membersRegister, false),
		Emotes: value(r, emotesRegister, false), Closed: value(r, closedRegister, false),
		Pinned: value[*message.Message](r, pinnedRegister, nil), Revision: r.revision,
	}, Links: value(r, linksRegister, r.links)}, poll: value(r, pollRegister, poll{})}
	for name := range r.registers {
		if word, ok := strings.CutPrefix(name, wordRegister); ok && value(r, name, false) {
			v.Words = append(v.Words, word)
		}
	}
	slices.Sort(v.Words)
	if old := r.view.Load(); old != nil && slices.Equal(old.Words, v.Words) {
		v.words = old.words
	} else if words, err := filter.Compile(v.Words); err == nil { // each was checked
		v.words = words
	}
	if r.ballot == nil || r.ballot.poll != v.poll.ID {
		r.ballot = newBallot(v.poll)
	}
	r.view.Store(v)
}

// forgetWords drops words that were removed long ago. mu is held.
func (r *room) forgetWords(now int64) {
	for name, register := range r.registers {
		if strings.HasPrefix(name, wordRegister) && register.At+remembered < now && !value(r, name, true) {
			delete(r.registers, name)
		}
	}
}

// state is the room as pages see it, with the poll as it stands.
func (r *room) state(now int64) message.Room {
	v := r.view.Load()
	state := v.Room
	state.Sent = now
	if v.poll.ID != "" {
		r.mu.Lock()
		state.Poll = v.poll.shown(r.ballot, now)
		r.mu.Unlock()
	}
	return state
}

// storedRoom is how a room is stored.
type storedRoom struct {
	Version   int                 `json:"version"`
	Revision  int64               `json:"revision"`
	Registers map[string]Register `json:"registers"`
	Votes     *storedVotes        `json:"votes,omitempty"`
}

// encodeStored writes the room for the store, at a revision that grows. mu is held.
func (r *room) encodeStored(now int64) ([]byte, int64, error) {
	r.saved = max(now, r.saved+1)
	data, err := json.Marshal(storedRoom{1, r.revision, r.registers, r.ballot.stored()})
	return data, r.saved, err
}

// restore reads what keep wrote.
func (r *room) restore(data []byte) error {
	var k storedRoom
	if err := json.Unmarshal(data, &k); err != nil {
		return err
	}
	r.merge(k.Registers)
	r.revision = max(r.revision, k.Revision)
	r.render()
	r.ballot.restore(k.Votes)
	r.ballot.ended = r.view.Load().poll.over(now()) // it was shown
	return nil
}
