package reconcile

import "time"

// plan is the next step towards a log that agrees with Redis's history.
type plan struct {
	writeBack bool   // Redis has lost what the log has: write it back from offset from+1 on
	adopt     bool   // the two can't be merged: the history replaces the log, once nothing is missing
	from      uint64 // the last offset on which both agree
	foreign   []Item // what others published: append it
	missing   []Item // what was published here: publish it
}

// compare decides the step. The rules:
//
//  1. A log that never had anything takes Redis's history.
//  2. Redis without any publication gets the log's epoch and common part back.
//  3. In the same epoch, what Redis has lost of the common part is written back; else each
//     side gets what it lacks, the log first.
//  4. In another epoch, or with holes that nobody can fill, what was published here is
//     published, and Redis's history replaces the log.
func (l *Log) compare(theirs History, now time.Time) plan {
	if l.Epoch == "" {
		return plan{adopt: true}
	}
	if theirs.Top == 0 && (theirs.Epoch != l.Epoch || l.base > 0) {
		return plan{writeBack: true}
	}
	if theirs.Epoch != l.Epoch {
		return plan{adopt: true, from: l.base, missing: l.missing(l.base, theirs, now)}
	}
	from := l.lastCommon(theirs)
	if from == theirs.Top && theirs.Top < l.base {
		return plan{writeBack: true, from: from}
	}
	p := plan{from: from, missing: l.missing(min(from, theirs.first()-1), theirs, now)}
	if theirs.Top > from && theirs.first() > from+1 || l.Top > from && l.first() > from+1 {
		p.adopt = true // something between is lost
		return p
	}
	p.foreign = l.foreign(from, theirs, now)
	return p
}

// lastCommon finds the last offset at which the log and Redis hold the same publication,
// at most base. Below it the order may differ. The set may only if Redis was lost, and got
// its history back from a process that had not got all of it.
func (l *Log) lastCommon(theirs History) uint64 {
	top := min(l.base, theirs.Top)
	for offset := top; offset > 0; offset-- {
		a, ok := l.itemAt(offset)
		b, ok2 := theirs.itemAt(offset)
		if !ok || !ok2 {
			if offset == top {
				return top // nothing to compare: one of them has expired
			}
			return offset
		}
		if a.ID == b.ID {
			return offset
		}
	}
	return 0
}

// missing is what the log has behind an offset and Redis has not. A history that is full
// may not show any more what Redis was given, and what has expired is not given again.
func (l *Log) missing(from uint64, theirs History, now time.Time) []Item {
	full, known := len(theirs.Items) >= HistorySize, idsOf(theirs.Items)
	var missing []Item
	for _, it := range l.after(from) {
		if !known[it.ID] && !(it.Sent && full) && (it.Pub.Offset > l.base || !it.expired(now)) {
			missing = append(missing, it)
		}
	}
	return missing
}

// foreign is what Redis has and the log has not. Up to an offset on which both agree, the
// log may have had it: only that counts which the log would have to show.
func (l *Log) foreign(from uint64, theirs History, now time.Time) []Item {
	known := idsOf(l.Items)
	if len(l.Items) < HistorySize && l.first() <= from {
		from = l.first() - 1
	}
	var foreign []Item
	for _, it := range theirs.after(from) {
		if !known[it.ID] && (it.Pub.Offset > l.base || !it.expired(now)) {
			foreign = append(foreign, it)
		}
	}
	return foreign
}

func idsOf(items []Item) map[string]bool {
	ids := make(map[string]bool, len(items))
	for _, it := range items {
		ids[it.ID] = true
	}
	return ids
}

// disorder finds the offsets up to which the log and Redis have different publications:
// from the first at which they hold different ones to, but without, the last.
func (l *Log) disorder(theirs History) (r Range) {
	for offset := max(l.first(), theirs.first()); offset <= min(l.Top, theirs.Top); offset++ {
		a, _ := l.itemAt(offset)
		b, _ := theirs.itemAt(offset)
		if a.ID != b.ID {
			if r.To == 0 {
				r.From = offset - 1
			}
			r.To = offset
		}
	}
	return r
}
