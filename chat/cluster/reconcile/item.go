package reconcile

import (
	"slices"
	"time"

	"github.com/centrifugal/centrifuge"
)

// Limits of a room's history.
const (
	HistorySize = 200       // publications that Redis keeps of a room
	HistoryTime = time.Hour // for how long
	MaxLog      = 1000      // publications of a log while Redis is away; the oldest go first
	MaxUnseen   = 256       // publications that Redis took and has not sent yet; the oldest go first

	historySlack = 64 // a log is cut when it has so many more than Redis
)

// Item is a publication of a room.
type Item struct {
	ID   string
	Pub  *centrifuge.Publication // never changed
	At   time.Time
	Sent bool // Redis has it, whether or not its history still shows it
}

// at is the item as it stands at an offset.
func (it Item) at(offset uint64) Item {
	p := *it.Pub
	p.Offset = offset
	p.Time = 0 // or centrifuge would take a late one for a lost one
	it.Pub = &p
	return it
}

func (it *Item) expired(now time.Time) bool { return now.Sub(it.At) > HistoryTime }

func hasItem(items []Item, id string) bool {
	for i := len(items) - 1; i >= 0; i-- { // mostly it is one of the last
		if items[i].ID == id {
			return true
		}
	}
	return false
}

// History is a room's history as Redis has it, or has to have it.
type History struct {
	Epoch string
	Top   uint64 // offset of the last publication; 0: there never was one
	Items []Item // the last ones up to Top, without gaps
}

// NewHistory makes a history of what Redis answered, whose items are in order. Only those
// count that follow each other up to the top.
func NewHistory(items []Item, position centrifuge.StreamPosition) History {
	h := History{Epoch: position.Epoch, Top: position.Offset}
	for i, it := range items {
		if i > 0 && it.Pub.Offset != items[i-1].Pub.Offset+1 {
			h.Items = nil
		}
		h.Items = append(h.Items, it)
	}
	if n := len(h.Items); n > 0 && h.Items[n-1].Pub.Offset != h.Top {
		h.Items = nil
	}
	return h
}

// first is the offset of the first item; Top+1 if there is none.
func (h *History) first() uint64 { return h.Top + 1 - uint64(len(h.Items)) }

// itemAt is the item at an offset.
func (h *History) itemAt(offset uint64) (Item, bool) {
	if offset < h.first() || offset > h.Top {
		return Item{}, false
	}
	return h.Items[offset-h.first()], true
}

// after are the items behind an offset.
func (h *History) after(offset uint64) []Item {
	if offset >= h.Top {
		return nil
	}
	return h.Items[max(offset+1, h.first())-h.first():]
}

// add puts an item behind the others and gives it the next offset.
func (h *History) add(it Item, limit int) Item {
	h.Top++
	it = it.at(h.Top)
	h.Items = append(h.Items, it)
	h.drop(len(h.Items) - limit)
	return it
}

// drop drops the first n items.
func (h *History) drop(n int) {
	if n > 0 {
		h.Items = slices.Clone(h.Items[n:])
	}
}
