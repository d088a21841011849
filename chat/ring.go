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
	messages []message.Message
	next     int // index of the oldest, once there are ringSize
	deleted  map[string]bool
}

func (r *ring) add(m message.Message) {
	if len(r.messages) < ringSize {
		r.messages = append(r.messages, m)
		return
	}
	delete(r.deleted, r.messages[r.next].ID)
	r.messages[r.next] = m
	r.next = (r.next + 1) % ringSize
}

// find finds a message that was not taken away.
func (r *ring) find(id string) (message.Message, bool) {
	if id == "" || r.deleted[id] {
		return message.Message{}, false
	}
	for i := range r.messages {
		if r.messages[i].ID == id {
			return r.messages[i], true
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

// redact is what stands for a message that was taken away, or that quotes such a one;
// nil: it stays as it is.
func (r *ring) redact(data []byte) []byte {
	var m message.Message
	if json.Unmarshal(data, &m) != nil {
		return nil
	}
	var redacted []byte
	switch {
	case r.deleted[m.ID]:
		redacted, _ = json.Marshal(message.Delete{Type: message.TypeDelete, IDs: []string{m.ID}, Sent: m.Sent})
	case m.Reply != nil && r.deleted[m.Reply.ID]:
		m.Reply.Text = ""
		redacted, _ = json.Marshal(m)
	}
	return redacted
}

// newest calls f with messages from the newest on, until it returns false.
func (r *ring) newest(f func(m *message.Message) bool) {
	n := len(r.messages)
	for i := range n {
		if !f(&r.messages[(r.next+n-1-i)%n]) {
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
