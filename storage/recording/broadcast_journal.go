package recording

import (
	"errors"
	"slices"
)

// broadcastJournal is the journal of a broadcast that goes on. What can't be written is
// written later, in order. Only the writing goroutine uses it.
type broadcastJournal struct {
	path     string
	file     *journal // nil: it can't be written
	preamble []line   // what a journal begins with: stream parameters and initialization sections
	backlog  []line   // what could not be written so far
}

// open makes the file, unless there is one.
func (j *broadcastJournal) open(h Head) error {
	if j.file != nil {
		return nil
	}
	file, err := createJournal(j.path, h)
	if err != nil {
		return err
	}
	j.file = file
	j.backlog = append(slices.Clone(j.preamble), slices.DeleteFunc(j.backlog, func(l line) bool { return l.StreamParams != nil || l.Init != nil })...)
	return nil
}

// resume goes on with the file of an earlier run.
func (j *broadcastJournal) resume(c *parsedJournal) error {
	file, err := reopenJournal(j.path, c.whole)
	if err != nil {
		return err
	}
	j.file = file
	j.preamble = append(j.preamble, line{StreamParams: &c.StreamParams})
	for _, r := range c.Renditions {
		for _, init := range r.Inits {
			j.preamble = append(j.preamble, line{Init: &initLine{r.Name, init}})
		}
	}
	return nil
}

// maxBacklog bounds the lines that wait for the disk: hours of segments.
const maxBacklog = 20_000

// append appends a line, after those that could not be written before.
func (j *broadcastJournal) append(l line) error {
	if len(j.backlog) == maxBacklog {
		j.backlog = j.backlog[1:]
	}
	j.backlog = append(j.backlog, l)
	if j.file == nil {
		return errors.New("recording: there is no journal")
	}
	for len(j.backlog) > 0 {
		if err := j.file.append(j.backlog[0]); err != nil {
			return err
		}
		j.backlog = j.backlog[1:]
	}
	return nil
}

// appendPreamble appends a line that the journal has to begin with if it is begun anew.
func (j *broadcastJournal) appendPreamble(l line) error {
	j.preamble = append(j.preamble, l)
	return j.append(l)
}

func (j *broadcastJournal) isOpen() bool { return j.file != nil }

func (j *broadcastJournal) close() {
	if j.file != nil {
		_ = j.file.close()
		j.file = nil
	}
}

// keptDates is how many date ranges stay in a journal that is compacted.
const keptDates = 500

// compact rewrites the journal with what is still needed: segments from the oldest of each
// rendition on. It gives the initialization sections that are not needed any more.
func (j *broadcastJournal) compact(oldest map[string]int64) (unused []initLine, err error) {
	listed := func(l line) bool { return l.Segment.MSN >= oldest[l.Segment.Rendition] }
	used, dates, err := j.count(listed)
	if err != nil {
		return nil, err
	}
	if n := len(j.preamble); n > 0 && j.preamble[n-1].Init != nil {
		used[j.preamble[n-1].Init.Epoch] = true // of which no segment has been closed yet
	}
	j.preamble = slices.DeleteFunc(j.preamble, func(l line) bool { return l.Init != nil && !used[l.Init.Epoch] })
	oldestObject := oldestOf(oldest)
	err = j.file.compact(func(l line) bool {
		switch {
		case l.Segment != nil:
			return listed(l)
		case l.TimedObjects != nil:
			return l.TimedObjects.MSN >= oldestObject
		case l.Init != nil:
			if !used[l.Init.Epoch] {
				unused = append(unused, *l.Init)
			}
			return used[l.Init.Epoch]
		case l.Date != nil:
			dates--
			return dates < keptDates
		}
		return true
	})
	return unused, err
}

// count gives the publications that segments are listed of, and how many date ranges there
// are.
func (j *broadcastJournal) count(listed func(line) bool) (used map[string]bool, dates int, err error) {
	used = make(map[string]bool)
	err = j.file.scan(func(l line) error {
		switch {
		case l.Segment != nil && listed(l):
			used[l.Segment.Epoch] = true
		case l.Date != nil:
			dates++
		}
		return nil
	})
	return used, dates, err
}

// oldestOf is the number from which on any rendition lists segments.
func oldestOf(oldest map[string]int64) int64 {
	first := int64(1<<62 - 1)
	for _, msn := range oldest {
		first = min(first, msn)
	}
	return first
}
