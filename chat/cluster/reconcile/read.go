package reconcile

import (
	"slices"
	"time"

	"github.com/centrifugal/centrifuge"
)

// Range is a range of offsets, both ends exclusive.
type Range struct{ From, To uint64 }

func (r Range) empty() bool { return r.To <= r.From+1 }

func (r Range) has(offset uint64) bool { return offset > r.From && offset < r.To }

// MarkAmbiguous marks offsets that mean different publications in different processes:
// nobody can be recovered from them.
func (l *Log) MarkAmbiguous(r Range) {
	if r.empty() {
		return
	}
	if l.ambiguous.To == 0 || l.ambiguous.To < l.first() { // the old ones can't be recovered anyway
		l.ambiguous = r
		return
	}
	l.ambiguous = Range{min(l.ambiguous.From, r.From), max(l.ambiguous.To, r.To)}
}

// EndGrace ends the time in which other processes may tell of ambiguous ranges.
func (l *Log) EndGrace() { l.graceEnd = time.Time{} }

func (l *Log) isAmbiguous(offset uint64, inSync bool, now time.Time) bool {
	if l.ambiguous.has(offset) || offset > l.graceFrom && now.Before(l.graceEnd) {
		return true
	}
	// Above base each process that is isolated counts for itself.
	return !inSync && offset > l.base
}

// Read answers as a broker's History does. inSync tells whether the log follows Redis.
func (l *Log) Read(f centrifuge.HistoryFilter, inSync bool, now time.Time) ([]*centrifuge.Publication, centrifuge.StreamPosition) {
	if inSync && len(l.Items) > 0 && l.Items[0].expired(now) {
		l.trim(now)
	}
	position := l.Position()
	if f.Limit == 0 {
		return nil, position
	}
	if f.Since != nil && !f.Reverse && f.Since.Offset <= l.Top && l.isAmbiguous(f.Since.Offset, inSync, now) {
		return l.unrecoverable(f.Since.Offset), position
	}
	from, to := Selected(f, l.first(), l.Top+1)
	pubs := make([]*centrifuge.Publication, 0, to-from)
	for _, it := range l.Items[from-l.first() : to-l.first()] {
		pubs = append(pubs, it.Pub)
	}
	if f.Reverse {
		slices.Reverse(pubs)
	}
	return pubs, position
}

// unrecoverable is an answer from which centrifuge concludes that a client can't be
// recovered: one that does not begin behind their position. (Its own error for this would
// leave them without a position.)
func (l *Log) unrecoverable(since uint64) []*centrifuge.Publication {
	if since == l.Top && len(l.Items) > 0 {
		return []*centrifuge.Publication{l.Items[len(l.Items)-1].Pub}
	}
	return nil
}

// Selected are the offsets that a filter selects of those from a first one up to, but
// without, an end.
func Selected(f centrifuge.HistoryFilter, first, end uint64) (from, to uint64) {
	from, to = first, end
	switch {
	case f.Since != nil && f.Reverse:
		to = max(from, min(f.Since.Offset, to))
	case f.Since != nil:
		from = min(max(f.Since.Offset+1, from), to)
	}
	if over := int(to-from) - f.Limit; f.Limit >= 0 && over > 0 {
		if f.Reverse {
			from += uint64(over)
		} else {
			to -= uint64(over)
		}
	}
	return from, to
}
