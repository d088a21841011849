package reconcile

import (
	"slices"
	"time"

	"github.com/centrifugal/centrifuge"

	"github.com/globalfandom/lightstick/internal/randomid"
)

// Log is what a process knows of a room: the last publications with their offsets. The
// zero value is a log that has never seen Redis nor a publication.
type Log struct {
	History        // what clients here have got
	base    uint64 // up to it, offsets are Redis's

	unseen    []Item // Redis took them and has not sent them yet
	ambiguous Range
	// Until graceEnd nobody above graceFrom is recovered: other processes may not have told
	// yet where positions are ambiguous.
	graceFrom uint64
	graceEnd  time.Time
}

// Position is where the log ends. A log without an epoch gets one that Redis never named.
func (l *Log) Position() centrifuge.StreamPosition {
	if l.Epoch == "" {
		l.Epoch = randomid.New()[:8]
	}
	return centrifuge.StreamPosition{Offset: l.Top, Epoch: l.Epoch}
}

// HasUnpublished tells whether there is something that Redis may not have.
func (l *Log) HasUnpublished() bool { return l.Top > l.base || len(l.unseen) > 0 }

// Started tells whether positions were given out.
func (l *Log) Started() bool { return l.Epoch != "" }

// AddLocal adds a publication of this process while it is isolated. added are what
// subscribers get now, in order: what Redis took without sending it comes first. known
// tells that the publication was there already.
func (l *Log) AddLocal(it Item) (added []Item, known bool) {
	added = l.AddUnseen()
	if hasItem(l.Items, it.ID) {
		return added, true
	}
	return append(added, l.add(it, MaxLog)), false
}

// AwaitReturn keeps a publication that Redis took, at that position, until Redis sends it:
// should Redis be lost before, the log goes on with it.
func (l *Log) AwaitReturn(it Item, at centrifuge.StreamPosition) {
	if l.Epoch == at.Epoch && at.Offset <= l.Top || hasItem(l.Items, it.ID) {
		return
	}
	it.Sent = false
	l.unseen = append(l.unseen, it)
	if over := len(l.unseen) - MaxUnseen; over > 0 {
		l.unseen = slices.Delete(l.unseen, 0, over)
	}
}

// AddUnseen adds what Redis took without sending it, when the process is isolated, and
// returns what subscribers get.
func (l *Log) AddUnseen() (added []Item) {
	l.Position()
	unseen := l.unseen
	l.unseen = nil
	for _, it := range unseen {
		if !hasItem(l.Items, it.ID) {
			added = append(added, l.add(it, MaxLog))
		}
	}
	return added
}

func (l *Log) forgetUnseen(id string) {
	l.unseen = slices.DeleteFunc(l.unseen, func(it Item) bool { return it.ID == id })
}

// Arrival is what a publication that Redis sent is to a log.
type Arrival int

// Arrivals.
const (
	Repeated Arrival = iota // the log has it
	Next                    // it follows the log's last one
	Missed                  // something before it did not come: the history has to be read
)

// Receive adds a publication that Redis sent, if it is the next; then it is returned as
// subscribers get it.
func (l *Log) Receive(it Item, at centrifuge.StreamPosition, now time.Time) (Item, Arrival) {
	switch {
	case l.Epoch != at.Epoch || at.Offset > l.Top+1:
		return it, Missed
	case at.Offset <= l.Top:
		return it, Repeated
	}
	it = l.add(it, MaxLog)
	l.base = l.Top
	l.forgetUnseen(it.ID)
	l.trim(now)
	return it, Next
}

// MarkSent notes that Redis has taken a publication of the log.
func (l *Log) MarkSent(id string) {
	for i := range l.Items {
		if l.Items[i].ID == id {
			l.Items[i].Sent = true
		}
	}
}

// Clear empties the log, unless it has something unpublished. Positions stay.
func (l *Log) Clear() {
	if !l.HasUnpublished() {
		l.Items = nil
	}
}

// trim keeps what Redis keeps.
func (l *Log) trim(now time.Time) {
	drop := len(l.Items) - HistorySize
	if drop < historySlack {
		drop = 0
	}
	for drop < len(l.Items) && l.Items[drop].expired(now) {
		drop++
	}
	l.drop(drop)
}
