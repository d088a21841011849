package packager

import "time"

// window is the segments of a rendition that can still be asked for, oldest
// first. closed and blocks are shared with snapshots: they are appended to and cut
// at the front, but what they hold is never overwritten.
type window struct {
	closed    []*Segment // listed
	retained  []*Segment // listed, or fetchable though they are not any more
	inMemory  []*Segment // those of retained whose bytes were not let go of
	blocks    []*block   // of closed
	dependent int        // so many of closed don't begin with a keyframe
	total     time.Duration
}

// addSegment lists a closed segment.
func (w *window) addSegment(s *Segment) {
	w.total += s.Duration
	s.at = w.total
	s.done.Store(true)
	w.closed = append(w.closed, s)
	w.retained = append(w.retained, s)
	if s.Chunks() != nil {
		w.inMemory = append(w.inMemory, s)
	}
	if s.Dependent {
		w.dependent++
	}
}

// clearListed forgets what is listed.
func (w *window) clearListed() { w.closed, w.blocks, w.dependent = nil, nil, 0 }

// oldestRetained is the number of the oldest segment that can be fetched; 0 if there is none.
func (w *window) oldestRetained() int64 {
	if len(w.retained) == 0 {
		return 0
	}
	return w.retained[0].MSN
}

func (w *window) lastSegment() *Segment { return w.closed[len(w.closed)-1] }

// timeAfter is how much time was listed after a segment.
func (w *window) timeAfter(s *Segment) time.Duration { return w.total - s.at }

// beginningWith is the media sequence number with which the window must begin to
// list so much time; 0 if it lists less. A rendition that is younger than the others
// has no say in what those list.
func (w *window) beginningWith(length time.Duration) int64 {
	i := 0
	for i < len(w.closed)-1 && w.timeAfter(w.closed[i]) >= length {
		i++
	}
	if i == 0 {
		return 0
	}
	return w.closed[i].MSN
}

// trimListed drops the segments before first from the playlist, and gaps that would then
// begin it, which some players reject, as long as so much is left as removal must leave.
func (w *window) trimListed(first int64, least time.Duration) {
	n := 0
	for n < len(w.closed) && (w.closed[n].MSN < first || w.closed[n].Gap) && w.timeAfter(w.closed[n]) >= least {
		if w.closed[n].Dependent {
			w.dependent--
		}
		n++
	}
	w.closed = w.closed[n:]
	for len(w.blocks) > 0 && (len(w.closed) == 0 || w.blocks[0].first < w.closed[0].MSN) {
		w.blocks = w.blocks[1:]
	}
}

// makeBlocks makes a block of the newest segments whose parts are not listed any more,
// when they fill one.
func (w *window) makeBlocks(listed int) {
	settled := w.closed[:len(w.closed)-listed]
	for from := w.unblocked(settled); len(settled)-from >= blockLen; from += blockLen {
		w.blocks = append(w.blocks, newBlock(settled[from:from+blockLen]))
	}
}

// unblocked is the index of the first segment that could begin the next block.
func (w *window) unblocked(settled []*Segment) int {
	if len(settled) == 0 {
		return 0
	}
	first := settled[0].MSN
	next := (first + blockLen - 1) / blockLen * blockLen
	if n := len(w.blocks); n > 0 {
		next = w.blocks[n-1].first + blockLen
	}
	return int(next - first)
}

// unloadStored lets go of the memory of stored segments that are further than near from
// the live edge. It returns the number after the newest segment that is further
// than far and was not stored: what can't be kept can't be listed.
func (w *window) unloadStored(near, far time.Duration) (firstKept int64) {
	kept := w.inMemory[:0]
	for _, s := range w.inMemory {
		after := w.timeAfter(s)
		if after > near && s.releaseMemory() {
			continue
		}
		if after > far {
			s.memory.Store(nil)
			if !s.Gap {
				firstKept = s.MSN + 1
			}
			continue
		}
		kept = append(kept, s)
	}
	clear(w.inMemory[len(kept):])
	w.inMemory = kept
	return firstKept
}

// expireSegments gives up the segments that no playlist has listed for so long.
func (w *window) expireSegments(keep time.Duration, forget func(*Segment)) {
	n := 0
	for n < len(w.retained) && w.timeAfter(w.retained[n]) > keep && !w.listsSegment(w.retained[n]) {
		forget(w.retained[n])
		n++
	}
	w.retained = w.retained[n:]
}

func (w *window) listsSegment(s *Segment) bool { return len(w.closed) > 0 && s.MSN >= w.closed[0].MSN }
