package replaylog

import (
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/globalfandom/lightstick/chat/message"
	"github.com/globalfandom/lightstick/packager"
)

// maxObject bounds the items of one object, in bytes: a viewer by CDN gets no more than
// 128 kB/s of the fullest room at segments of two seconds, before compression.
const maxObject = 256 << 10

// maxIdle is how large a buffer is kept for the next object, in bytes.
const maxIdle = 64 << 10

// Log gathers a room's publications. It implements packager.TimedObjectSource. Its methods
// may be called from any goroutine.
type Log struct {
	dropped prometheus.Counter
	limit   int

	mu    sync.Mutex
	ended bool
	text  []byte // with a comma after each item
	spare []byte // what the last cut gave
	items []item
	// When there is too much, every other message goes, and again: one in stride stays.
	stride, turn int
	left         int // out
}

// item is one of the publications in text.
type item struct {
	end   int // where it ends, its comma included
	at    int64
	fixed bool // it is an event, or of somebody who moderates: always kept
}

func newLog(limit int, dropped prometheus.Counter) *Log {
	return &Log{limit: limit, dropped: dropped, stride: 1}
}

// Add takes a publication as it was sent to everybody and what it says, with the server's
// time. It keeps nothing of data. What can't be read is left out, for it would spoil its
// neighbours.
func (t *Log) Add(data []byte, content message.Content, sent time.Time) {
	if len(data) >= t.limit || content.Kind == message.Unreadable {
		t.dropped.Inc()
		return
	}
	at := content.At
	if at <= 0 {
		at = sent.UnixMilli() // events are of now
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.ended {
		return
	}
	fixed := content.Fixed()
	if !fixed {
		if t.turn++; t.turn%t.stride != 0 {
			t.leaveOut(1)
			return
		}
	}
	for len(t.text)+len(data)+1 > t.limit {
		if !t.thin() {
			t.leaveOut(1)
			return
		}
	}
	t.text = append(append(t.text, data...), ',')
	t.items = append(t.items, item{end: len(t.text), at: at, fixed: fixed})
}

func (t *Log) leaveOut(n int) {
	t.left += n
	t.dropped.Add(float64(n))
}

// thin leaves out every other message, so that those who wrote at the beginning of a
// segment and at its end have the same chance. false: there is none to leave out.
func (t *Log) thin() bool {
	kept, text, begin, n, gone := t.items[:0], t.text[:0], 0, 0, 0
	for _, i := range t.items {
		keep := i.fixed
		if !keep {
			keep = n%2 == 1
			n++
		}
		if keep {
			text = append(text, t.text[begin:i.end]...)
			begin = i.end
			i.end = len(text)
			kept = append(kept, i)
			continue
		}
		begin = i.end
		gone++
	}
	t.items, t.text = kept, text
	if gone == 0 {
		return false
	}
	t.stride *= 2
	t.turn = 0
	t.leaveOut(gone)
	return true
}

// Cut implements packager.TimedObjectSource.
func (t *Log) Cut() packager.Items {
	t.mu.Lock()
	defer t.mu.Unlock()
	cut := packager.Items{Count: len(t.items), Dropped: t.left}
	if cut.Count > 0 {
		cut.Text = t.text[:len(t.text)-1]
		cut.From = t.items[0].at
		for _, i := range t.items[1:] {
			cut.From = min(cut.From, i.at)
		}
	}
	// The packager reads the one buffer while the other is filled.
	if cap(t.spare) > maxIdle {
		t.spare = nil
	}
	t.text, t.spare = t.spare[:0], t.text
	if cap(t.items) > maxIdle/64 {
		t.items = nil
	}
	t.items, t.stride, t.turn, t.left = t.items[:0], 1, 0, 0
	return cut
}

// End implements packager.TimedObjectSource: nothing is taken any more.
func (t *Log) End() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.ended, t.text, t.spare, t.items = true, nil, nil, nil
}
