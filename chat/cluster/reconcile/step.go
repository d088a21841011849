package reconcile

import (
	"slices"
	"time"
)

// Step is what one look at Redis's history leads to. The owner of the log hands out Add
// and New first, then writes to Redis, and looks again unless Done.
type Step struct {
	Add     []Item // subscribers here get them, in order
	New     []Item // the log took them with Redis's history: subscribers load that anew
	Past    bool   // New was published before this process opened the room
	Publish []Item // to be published in Redis, in order
	// WriteBack has to replace what was seen in Redis, if that is still there; nil: nothing.
	WriteBack *History
	// Ambiguous are offsets that other processes must not recover from, either.
	Ambiguous Range
	// Resubscribe: the positions of clients here are void.
	Resubscribe bool
	Done        bool // log and Redis are the same
}

// Step compares the log with Redis's history and goes one step towards each other. missed
// tells that Redis sent something meanwhile that the log did not take. graceEnd, if Done
// comes after an outage, is until when nobody above the last common position is recovered.
func (l *Log) Step(theirs History, missed bool, graceEnd, now time.Time) (s Step) {
	p := l.compare(theirs, now)
	if p.writeBack {
		common := slices.Clone(l.after(p.from))
		common = slices.DeleteFunc(common, func(it Item) bool { return it.Pub.Offset > l.base })
		s.WriteBack = &History{l.Epoch, l.base, common[max(0, len(common)-HistorySize):]}
		return s
	}
	if !p.adopt {
		for _, it := range p.foreign {
			s.Add = append(s.Add, l.add(it, MaxLog))
			l.forgetUnseen(it.ID)
		}
	}
	switch {
	case len(p.missing) > 0:
		s.Publish = p.missing
		return s
	case missed && !p.adopt:
		return s
	case p.adopt || l.Top != theirs.Top:
		l.adopt(theirs, p.from, &s)
	default:
		s.Ambiguous = l.disorder(theirs)
		l.MarkAmbiguous(s.Ambiguous)
	}
	if !graceEnd.IsZero() {
		l.graceFrom, l.graceEnd = l.base, graceEnd
	}
	l.base, s.Done = l.Top, true
	l.trim(now)
	return s
}

// adopt takes Redis's history for the log: the two can't be merged.
func (l *Log) adopt(theirs History, from uint64, s *Step) {
	old := l.History
	s.Past, s.Resubscribe = old.Epoch == "", old.Epoch != "" && (old.Top > 0 || old.Epoch != theirs.Epoch)
	l.History = History{Epoch: theirs.Epoch, Top: theirs.Top}
	if old.Epoch != theirs.Epoch {
		l.ambiguous = Range{} // of offsets that nobody has any more
	}
	for i, it := range theirs.Items {
		it = it.at(theirs.first() + uint64(i))
		l.Items = append(l.Items, it)
		l.forgetUnseen(it.ID)
		if !hasItem(old.Items, it.ID) {
			s.New = append(s.New, it)
		}
	}
	if s.Resubscribe && old.Epoch == theirs.Epoch {
		s.Ambiguous = Range{from, max(old.Top, theirs.Top) + 1}
		l.MarkAmbiguous(s.Ambiguous)
	}
}
