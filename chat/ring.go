package chat

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/globalfandom/lightstick/chat/message"
)

// ringSize is how many messages a room remembers: as many as its history.
const ringSize = historySize

// ring holds a room's last messages, for replies, moderators and completion. It grows
// with them: of the rooms that are open, few may ever have any.
type ring struct {
	messages []entry
	next     int // index of the oldest, once there are ringSize
	deleted  map[string]bool
}

// entry is a message and its publication's data, which the history holds as well.
type entry struct {
	message.Message
	data []byte
}

func (r *ring) add(m message.Message, data []byte) {
	if len(r.messages) < ringSize {
		r.messages = append(r.messages, entry{m, data})
		return
	}
	delete(r.deleted, r.messages[r.next].ID)
	r.messages[r.next] = entry{m, data}
	r.next = (r.next + 1) % ringSize
}

// find finds a message that was not taken away.
func (r *ring) find(id string) (message.Message, bool) {
	if id == "" || r.deleted[id] {
		return message.Message{}, false
	}
	for i := range r.messages {
		if r.messages[i].ID == id {
			return r.messages[i].Message, true
		}
	}
	return message.Message{}, false
}

// remove takes away what the event names.
func (r *ring) remove(d message.Delete) {
	if r.deleted == nil {
		r.deleted = make(map[string]bool)
	}
	for i := range r.messages {
		m := &r.messages[i]
		if m.ID != "" && (slices.Contains(d.IDs, m.ID) || d.User != "" && m.User.ID == d.User) {
			r.deleted[m.ID] = true
		}
	}
}

// known are the messages by where their data is in memory: the history hands out the same
// data, which need not be decoded again.
func (r *ring) known() map[*byte]*message.Message {
	known := make(map[*byte]*message.Message, len(r.messages))
	for i := range r.messages {
		if data := r.messages[i].data; len(data) > 0 {
			known[&data[0]] = &r.messages[i].Message
		}
	}
	return known
}

// redact is what stands for a message that was taken away, or that quotes such a one;
// nil: it stays as it is. What is not known is decoded.
func (r *ring) redact(data []byte, known map[*byte]*message.Message) []byte {
	if len(data) == 0 {
		return nil
	}
	m := known[&data[0]]
	if m == nil {
		if m = message.Read(data).Message; m == nil {
			return nil // an event takes nothing back
		}
	}
	var redacted []byte
	switch {
	case r.deleted[m.ID]:
		redacted, _ = json.Marshal(message.Delete{Type: message.TypeDelete, IDs: []string{m.ID}, Sent: m.Sent})
	case m.Reply != nil && r.deleted[m.Reply.ID]:
		other, quote := *m, *m.Reply
		quote.Text = ""
		other.Reply = &quote
		redacted, _ = json.Marshal(other)
	}
	return redacted
}

// newest calls f with messages from the newest on, until it returns false.
func (r *ring) newest(f func(m *message.Message) bool) {
	n := len(r.messages)
	for i := range n {
		if !f(&r.messages[(r.next+n-1-i)%n].Message) {
			return
		}
	}
}

// authors finds who wrote lately, by the beginning of the name.
func (r *ring) authors(prefix string, limit int) []message.User {
	prefix = strings.ToLower(prefix)
	users := make([]message.User, 0, limit)
	r.newest(func(m *message.Message) bool {
		if strings.HasPrefix(strings.ToLower(m.User.Name), prefix) &&
			!slices.ContainsFunc(users, func(u message.User) bool { return u.ID == m.User.ID }) {
			users = append(users, m.User)
		}
		return len(users) < limit
	})
	return users
}
