package chat

import "github.com/globalfandom/lightstick/chat/message"

// maxExpected bounds the publications that a room waits for. Without other processes a
// publication comes back at once; Redis can keep some for the time of a round trip.
const maxExpected = 256

// expect notes what this process is about to publish: when the broker hands it back, it is
// known and is not decoded. The same bytes say the same, whoever published them.
func (r *Room) expect(content message.Content, data []byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.expected == nil {
		r.expected = make(map[string]message.Content)
	}
	if len(r.expected) >= maxExpected { // they were lost, or have come by the history
		clear(r.expected)
	}
	r.expected[string(data)] = content
}

// unexpect forgets what does not come.
func (r *Room) unexpect(data []byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.expected, string(data))
}

// contentOf is what a publication says. What other processes published is decoded here,
// once.
func (r *Room) contentOf(data []byte) message.Content {
	r.mu.Lock()
	content, own := r.expected[string(data)]
	delete(r.expected, string(data))
	r.mu.Unlock()
	if own {
		return content
	}
	return message.Read(data)
}
