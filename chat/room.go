package chat

import (
	"encoding/json"
	"slices"
	"sync"
	"time"

	"github.com/centrifugal/centrifuge"
	"github.com/rs/xid"

	"github.com/globalfandom/lightstick/chat/message"
)

// Room is one stream's chat, in this process.
type Room struct {
	name    string
	service *Service

	mu   sync.Mutex
	ring ring
	used time.Time
}

// Channels of a room.
const (
	chatPrefix  = "chat:"
	reactPrefix = "react:"
)

// What a room's history holds.
const (
	historySize = 200
	historyTime = time.Hour
)

func (r *Room) channel() string { return chatPrefix + r.name }

// observe sees everything that is published in the room, here or elsewhere, in the
// order in which everybody gets it. past marks what was said before this process opened
// the room: other processes have put it into files and the archive.
func (r *Room) observe(pub *centrifuge.Publication, past bool) {
	switch message.Kind(pub.Data) {
	case "":
		var m message.Message
		if json.Unmarshal(pub.Data, &m) != nil {
			return
		}
		r.mu.Lock()
		r.ring.add(m)
		r.used = time.Now()
		r.mu.Unlock()
	case message.TypeDelete:
		var d message.Delete
		if json.Unmarshal(pub.Data, &d) != nil {
			return
		}
		r.mu.Lock()
		r.ring.remove(d)
		r.mu.Unlock()
		if archive := r.service.cfg.Archive; archive != nil {
			archive.Remove(r.name, d)
		}
	}
	if tracks := r.service.cfg.Tracks; tracks != nil && !past {
		tracks.Add(r.name, pub.Data, time.Now())
	}
}

// find finds a message of the last ones.
func (r *Room) find(id string) (message.Message, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.ring.find(id)
}

// authors finds who wrote lately.
func (r *Room) authors(prefix string, limit int) []message.User {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.ring.authors(prefix, limit)
}

// publish sends to everybody in the room, with history. fresh is false if what the
// key names was published before.
func (r *Room) publish(data []byte, key string) (fresh bool, err error) {
	result, err := r.service.node.Publish(r.channel(), data,
		centrifuge.WithHistory(historySize, historyTime), centrifuge.WithIdempotencyKey(key))
	return !result.Suppressed, err
}

// wrote tells whether one of the last messages is the user's.
func (r *Room) wrote(user string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	found := false
	r.ring.newest(func(m *message.Message) bool {
		found = m.User.ID == user
		return !found
	})
	return found
}

// touch tells that somebody came.
func (r *Room) touch() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.used = time.Now()
}

// redact has the deletion stand where a message was that was taken away: nobody gets to
// read it, and the places in the stream stay.
func (r *Room) redact(past []*centrifuge.Publication) []*centrifuge.Publication {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.ring.deleted) == 0 {
		return past
	}
	redacted := slices.Clone(past)
	for i, pub := range past {
		if data := r.ring.redact(pub.Data); data != nil {
			other := *pub
			other.Data = data
			redacted[i] = &other
		}
	}
	return redacted
}

// announce sends an event, or a message that moderators wrote, caused by somebody.
func (r *Room) announce(event any, by message.User) error {
	m, isMessage := event.(message.Message)
	if !isMessage {
		now := time.Now()
		m = message.Message{ID: xid.NewWithTime(now).String(), At: now.UnixMilli(), Sent: now.UnixMilli(), User: by}
		if wave, ok := event.(message.Wave); ok {
			m.At = wave.At
		}
	}
	data, err := json.Marshal(event)
	if err != nil {
		return err
	}
	if archive := r.service.cfg.Archive; archive != nil {
		archive.Keep(r.name, message.Kind(data), data, m, noAddress, false)
	}
	_, err = r.publish(data, "")
	return err
}
