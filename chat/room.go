package chat

import (
	"slices"
	"sync"
	"time"

	"github.com/centrifugal/centrifuge"
	"github.com/rs/xid"

	"github.com/globalfandom/lightstick/chat/message"
)

// Room is one stream's chat, in this process.
type Room struct {
	name  string
	rooms *rooms

	mu       sync.Mutex
	ring     ring
	used     time.Time
	expected map[string]message.Content // by encoding; see expect
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
	content := r.contentOf(pub.Data)
	switch content.Kind {
	case "":
		r.mu.Lock()
		r.ring.add(*content.Message, pub.Data)
		r.used = time.Now()
		r.mu.Unlock()
	case message.TypeDelete:
		r.mu.Lock()
		r.ring.remove(*content.Delete)
		r.mu.Unlock()
		if archive := r.rooms.archive; archive != nil {
			archive.Remove(r.name, *content.Delete)
		}
	}
	if replayLogs := r.rooms.replayLogs; replayLogs != nil && !past {
		replayLogs.Add(r.name, pub.Data, content, time.Now())
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

// publish sends to everybody in the room, with history. data is the content's encoding,
// and is kept. fresh is false if what the key names was published before.
func (r *Room) publish(content message.Content, data []byte, key string) (fresh bool, err error) {
	r.expect(content, data)
	result, err := r.rooms.node.Publish(r.channel(), data,
		centrifuge.WithHistory(historySize, historyTime), centrifuge.WithIdempotencyKey(key))
	if err != nil || result.Suppressed {
		r.unexpect(data)
	}
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

// filterHistory has the deletion stand where a message was that was taken away: nobody gets to
// read it, and the places in the stream stay.
func (r *Room) filterHistory(past []*centrifuge.Publication) []*centrifuge.Publication {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.ring.deleted) == 0 {
		return past
	}
	redacted := slices.Clone(past)
	known := r.ring.known()
	for i, pub := range past {
		if data := r.ring.redact(pub.Data, known); data != nil {
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
	data, content, err := message.Encode(event)
	if err != nil {
		return err
	}
	if archive := r.rooms.archive; archive != nil {
		archive.Keep(r.name, content.Kind, data, m, noAddress, false)
	}
	_, err = r.publish(content, data, "")
	return err
}
