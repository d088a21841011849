package cluster

import "github.com/centrifugal/centrifuge"

// stream is a room's history as Redis has it.
type stream struct {
	epoch string
	top   uint64
	items []item
}

// newStream takes what Redis answered. Only what follows each other up to the top counts.
func newStream(pubs []*centrifuge.Publication, position centrifuge.StreamPosition) stream {
	s := stream{epoch: position.Epoch, top: position.Offset}
	for i, p := range pubs {
		if i > 0 && p.Offset != pubs[i-1].Offset+1 {
			s.items = nil
		}
		s.items = append(s.items, untag(p))
	}
	if n := len(s.items); n > 0 && s.items[n-1].pub.Offset != s.top {
		s.items = nil
	}
	return s
}

func (s stream) first() uint64 { return s.top + 1 - uint64(len(s.items)) }

// at is the item at an offset.
func (s stream) at(offset uint64) (item, bool) {
	if offset < s.first() || offset > s.top {
		return item{}, false
	}
	return s.items[offset-s.first()], true
}

// plan is the next step towards a log that agrees with Redis's.
type plan struct {
	seed    bool   // Redis has lost what the log has: write it back from offset from+1 on
	adopt   bool   // the two can't be brought together, once nothing is missing
	from    uint64 // the last offset on which both agree
	foreign []item // what others said: append it
	missing []item // what was said here: publish it
}

// compare decides the step. The rules:
//
//  1. A log that never had anything takes Redis's.
//  2. Redis without any publication gets the log's epoch and common part back.
//  3. In the same epoch, what Redis has lost of the common part is written back; behind
//     the last common offset, each side gets what it lacks, the log first.
//  4. In another epoch, or with holes that nobody can fill, what was said here is published,
//     and Redis's history replaces the log.
func compare(r *room, theirs stream) plan {
	if r.epoch == "" {
		return plan{adopt: true}
	}
	if theirs.top == 0 {
		if theirs.epoch != r.epoch || r.base > 0 {
			return plan{seed: true}
		}
	}
	if theirs.epoch != r.epoch {
		return plan{adopt: true, from: r.base, missing: r.missing(r.base, theirs)}
	}
	from := common(r, theirs)
	if from == theirs.top && theirs.top < r.base {
		return plan{seed: true, from: from}
	}
	p := plan{from: from, missing: r.missing(from, theirs)}
	if theirs.top > from && theirs.first() > from+1 || r.top > from && r.first() > from+1 {
		p.adopt = true // something between is lost
		return p
	}
	for _, it := range theirs.items {
		if it.pub.Offset > from && !hasItem(r.items, it.id) {
			p.foreign = append(p.foreign, it)
		}
	}
	return p
}

// common finds the last offset on which the log and Redis agree, at most base. Below it
// the order may differ, but not the set.
func common(r *room, theirs stream) uint64 {
	ours := stream{r.epoch, r.top, r.items}
	top := min(r.base, theirs.top)
	for offset := top; offset > 0; offset-- {
		a, ok := ours.at(offset)
		b, ok2 := theirs.at(offset)
		if !ok || !ok2 {
			if offset == top {
				return top // nothing to compare: one of them has expired
			}
			return offset
		}
		if a.id == b.id {
			return offset
		}
	}
	return 0
}

// missing is what the log has behind an offset and Redis has not. A history that is full
// may not show any more what Redis was given.
func (r *room) missing(from uint64, theirs stream) []item {
	var missing []item
	for _, it := range r.part(from) {
		if !(it.sent && len(theirs.items) >= historySize) && !hasItem(theirs.items, it.id) {
			missing = append(missing, it)
		}
	}
	return missing
}

// part is the log behind an offset.
func (r *room) part(from uint64) []item {
	if from >= r.top {
		return nil
	}
	skip := max(from+1, r.first()) - r.first()
	return r.items[skip:]
}

// disorder finds the first and the last offset at which log and Redis hold different
// publications; 0, 0 if there is none.
func disorder(r *room, theirs stream) (low, high uint64) {
	ours := stream{r.epoch, r.top, r.items}
	for offset := max(ours.first(), theirs.first()); offset <= min(ours.top, theirs.top); offset++ {
		a, _ := ours.at(offset)
		b, _ := theirs.at(offset)
		if a.id != b.id {
			if low == 0 {
				low = offset
			}
			high = offset
		}
	}
	return low, high
}
