package chat

import (
	"bytes"
	"math/bits"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// A message carries in its text who wrote it, which one it is and when:
//
//	~lt SESSION ROOM PUBLISHER NUMBER NANOSECONDS~xxxxx…
//
// Numbers count from 1 for each publisher.
const (
	textMark      = "~lt "
	maxPublishers = 64
	minText       = 64
)

// stamp is what a text says.
type stamp struct {
	room, publisher int
	number          uint32
	sent            int64 // Unix nanoseconds of the publisher's clock
}

// appendText appends a text of the given length.
func (s stamp) appendText(b []byte, session string, length int) []byte {
	begin := len(b)
	b = append(b, textMark...)
	b = append(b, session...)
	for _, n := range []int64{int64(s.room), int64(s.publisher), int64(s.number), s.sent} {
		b = append(b, ' ')
		b = strconv.AppendInt(b, n, 10)
	}
	b = append(b, '~')
	for len(b)-begin < length {
		b = append(b, 'x')
	}
	return b
}

// findStamp looks for a text in a line. It does not allocate.
func findStamp(line []byte, session string) (s stamp, ok bool) {
	_, after, marked := bytes.Cut(line, []byte(textMark))
	if !marked {
		return s, false
	}
	rest, found := bytes.CutPrefix(after, []byte(session))
	if !found {
		return s, false
	}
	var fields [4]int64
	for i := range fields {
		if len(rest) == 0 || rest[0] != ' ' {
			return s, false
		}
		digits := 1
		for digits < len(rest) && digits < 20 && rest[digits] >= '0' && rest[digits] <= '9' {
			fields[i] = fields[i]*10 + int64(rest[digits]-'0')
			digits++
		}
		if digits == 1 {
			return s, false
		}
		rest = rest[digits:]
	}
	if len(rest) == 0 || rest[0] != '~' || fields[2] < 1 || fields[2] > 1<<31 {
		return s, false
	}
	return stamp{int(fields[0]), int(fields[1]), uint32(fields[2]), fields[3]}, true
}

// window follows one publisher at one reader: which numbers came. It remembers the
// last 64 one by one; what is older and comes again counts as double.
type window struct {
	last uint32
	seen uint64        // bit i: number last-i came
	got  atomic.Uint32 // different numbers
}

// count is how many different numbers came.
func (w *window) count() uint32 { return w.got.Load() }

// verdict is what a number means to a reader.
type verdict int

const (
	inOrder verdict = iota
	late            // after a higher number
	double
)

func (w *window) add(number uint32) verdict {
	switch {
	case number > w.last:
		if shift := number - w.last; shift < 64 {
			w.seen <<= shift
		} else {
			w.seen = 0
		}
		w.last, w.seen = number, w.seen|1
		w.got.Add(1)
		return inOrder
	case w.last-number >= 64 || w.seen&(1<<(w.last-number)) != 0:
		return double
	}
	w.seen |= 1 << (w.last - number)
	w.got.Add(1)
	return late
}

// ledger is a publisher's account of which of its numbers the server accepted.
type ledger struct {
	mu       sync.Mutex
	next     uint32   // number of the next message
	accepted []uint64 // bit n: number n was accepted
	pending  map[uint32]time.Time
}

func newLedger() *ledger { return &ledger{next: 1, pending: map[uint32]time.Time{}} }

// take gives out the next number.
func (l *ledger) take(now time.Time) uint32 {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := l.next
	l.next++
	l.pending[n] = now
	return n
}

// upcoming is the number that the next message will have.
func (l *ledger) upcoming() uint32 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.next
}

// settle records the server's answer, and tells how long it took.
func (l *ledger) settle(n uint32, ok bool, now time.Time) (took time.Duration, known bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	begun, known := l.pending[n]
	delete(l.pending, n)
	if known && ok {
		for len(l.accepted) <= int(n/64) {
			l.accepted = append(l.accepted, 0)
		}
		l.accepted[n/64] |= 1 << (n % 64)
	}
	return now.Sub(begun), known
}

// unanswered is how many messages have no answer yet.
func (l *ledger) unanswered() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.pending)
}

// acceptedFrom is how many numbers from n on were accepted.
func (l *ledger) acceptedFrom(n uint32) (count uint32) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i := int(n / 64); i < len(l.accepted); i++ {
		word := l.accepted[i]
		if i == int(n/64) {
			word &= ^uint64(0) << (n % 64)
		}
		count += uint32(bits.OnesCount64(word))
	}
	return count
}
