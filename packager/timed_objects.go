package packager

import (
	"context"
	"sort"
	"sync"
	"sync/atomic"
	"time"
)

// TimedObjects is a series of small JSON objects beside the segments: object n holds what
// came from its source while segment n was being cut. They lie beside the renditions'
// segments, in the epoch's directory, so that no name is used twice; an index
// lists the newest, and can be waited for as a playlist can.
//
// A number is cut once: what comes when it is taken already goes into the next.
// Methods that are exported may be called from any goroutine.
type TimedObjects struct {
	name, base string
	static     bool
	recorder   Recorder
	snap       atomic.Pointer[TimedObjectSnapshot]

	mu            sync.Mutex        // not held while source or recorder is called
	source        TimedObjectSource // nil: nothing more comes
	closed        []*TimedObject    // shared with snapshots; without holes
	inMemory      []*TimedObject    // those of closed whose text is
	changed       bool              // the snapshot doesn't show everything
	ended, halted bool
}

// Name is the timed objects' name, as URLs have it.
func (c *TimedObjects) Name() string { return c.name }

// Snapshot is the newest state.
func (c *TimedObjects) Snapshot() *TimedObjectSnapshot { return c.snap.Load() }

// Object finds an object by its number. It fails with ErrGone.
func (c *TimedObjects) Object(msn int64) (*TimedObject, error) {
	closed := c.snap.Load().closed
	if len(closed) == 0 || msn < closed[0].MSN || msn > closed[len(closed)-1].MSN {
		return nil, ErrGone
	}
	return closed[msn-closed[0].MSN], nil // they have no holes
}

// Await waits until an object exists, or nothing more comes, and returns the snapshot
// that has it; below 0 any will do. It fails with ErrTooFar, ErrHalted or the context's
// cause.
func (c *TimedObjects) Await(ctx context.Context, msn int64) (*TimedObjectSnapshot, error) {
	for {
		snap := c.snap.Load()
		switch {
		case snap.Has(msn):
			return snap, nil
		case !snap.Empty() && msn > snap.LastMSN+maxAhead:
			return nil, ErrTooFar
		case snap.halted:
			return nil, ErrHalted
		}
		select {
		case <-snap.next:
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
}

// endObject ends the object of a segment that is closed, and gives up those before the oldest
// that can still be fetched.
func (c *TimedObjects) endObject(segment Entry, oldest int64) {
	c.mu.Lock()
	source, n := c.source, len(c.closed)
	late := n > 0 && segment.MSN <= c.closed[n-1].MSN
	c.mu.Unlock()
	if source == nil || late {
		c.addAndExpire(nil, oldest)
		return
	}
	c.addAndExpire(newTimedObject(TimedObjectEntry{
		MSN: segment.MSN, Publication: segment.Epoch, ProgramDateTime: segment.ProgramDateTime, Duration: segment.Duration,
	}, source.Cut()), oldest)
}

// finishSeries ends the series, and its last object: what came after the last segment, if there
// is anything.
func (c *TimedObjects) finishSeries() {
	c.mu.Lock()
	source := c.source
	tail, ok := c.tailEntry()
	c.mu.Unlock()
	if source != nil {
		if ok {
			if items := source.Cut(); items.Count > 0 {
				c.addAndExpire(newTimedObject(tail, items), 0)
			}
		}
		source.End()
	}
	c.changeAndPublish(func() { c.source, c.ended, c.changed = nil, true, true })
}

// tailEntry is the object that would follow the last one and last until now. The mutex is held.
func (c *TimedObjects) tailEntry() (TimedObjectEntry, bool) {
	if len(c.closed) == 0 {
		return TimedObjectEntry{}, false
	}
	last := c.closed[len(c.closed)-1].TimedObjectEntry
	tail := TimedObjectEntry{MSN: last.MSN + 1, Publication: last.Publication, ProgramDateTime: last.end()}
	if tail.Duration = time.Since(tail.ProgramDateTime); tail.Duration <= 0 {
		tail.Duration = time.Millisecond
	}
	return tail, true
}

// addAndExpire adds an object, if it isn't nil, and gives up those before the oldest that can
// still be fetched.
func (c *TimedObjects) addAndExpire(added *TimedObject, oldest int64) {
	var expired []*TimedObject
	c.changeAndPublish(func() {
		if added != nil {
			c.addObject(added)
		}
		n := sort.Search(len(c.closed), func(i int) bool { return c.closed[i].MSN >= oldest })
		expired, c.closed = c.closed[:n], c.closed[n:]
		c.changed = c.changed || n > 0
	})
	if added != nil {
		c.recorder.TimedObject(c.name, added)
	}
	for _, o := range expired {
		if o.Items > 0 {
			c.recorder.ExpireTimedObject(c.name, o.TimedObjectEntry)
		}
	}
}

// addObject lists an object, and lets go of the texts that the index lists no more. The mutex is
// held.
func (c *TimedObjects) addObject(o *TimedObject) {
	c.listObject(o)
	if o.Items > 0 {
		c.inMemory = append(c.inMemory, o)
	}
	for len(c.inMemory) > 0 && c.inMemory[0].MSN <= o.MSN-timedObjectListed {
		c.inMemory[0].document.Store(nil)
		c.inMemory = c.inMemory[1:]
	}
}

// changeAndPublish does something with the mutex held, and publishes what came of it.
func (c *TimedObjects) changeAndPublish(f func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	f()
	if c.changed {
		c.publishSnapshot()
	}
}

// listObject adds an object, after empty ones for the numbers that are missing before it. The
// mutex is held, as in the next.
func (c *TimedObjects) listObject(o *TimedObject) {
	if n := len(c.closed); n > 0 {
		last := c.closed[n-1].TimedObjectEntry
		if o.MSN-last.MSN > maxHole {
			c.closed = nil // nobody follows over such a hole
		} else if missing := o.MSN - last.MSN - 1; missing > 0 {
			length := max(o.ProgramDateTime.Sub(last.end())/time.Duration(missing), 0)
			for last.MSN+1 < o.MSN {
				last = TimedObjectEntry{MSN: last.MSN + 1, Publication: last.Publication, ProgramDateTime: last.end(), Duration: length}
				c.closed = append(c.closed, &TimedObject{TimedObjectEntry: last})
			}
		}
	}
	c.closed = append(c.closed, o)
	c.changed = true
}

// publishSnapshot makes the snapshot that shows the series as it is now, and wakes those who
// wait for it.
func (c *TimedObjects) publishSnapshot() {
	c.changed = false
	snap := &TimedObjectSnapshot{
		name: c.name, base: c.base, closed: c.closed[:len(c.closed):len(c.closed)], whole: c.static && c.ended,
		LastMSN: -1, halted: c.halted, Changed: time.Now(), next: make(chan struct{}),
		Ended: c.ended || c.source == nil && !c.static, // nobody fills it any more
	}
	if n := len(c.closed); n > 0 {
		snap.LastMSN = c.closed[n-1].MSN
	}
	snap.index.compose = func() []piece { return snap.compose(snap.listed()) }
	old := c.snap.Swap(snap)
	close(old.next)
}

// restoreEntries takes up what is known. Numbers that are lost are not used again.
func (c *TimedObjects) restoreEntries(entries []TimedObjectEntry, next int64) {
	c.changeAndPublish(func() {
		for _, e := range entries {
			c.listEntry(e)
		}
		if n := len(c.closed); n > 0 && c.closed[n-1].MSN < next-1 {
			last := c.closed[n-1].TimedObjectEntry
			c.listObject(&TimedObject{TimedObjectEntry: TimedObjectEntry{MSN: next - 1, Publication: last.Publication, ProgramDateTime: last.end()}})
		}
		c.changed = true
	})
}

// appendEntry lists an object whose bytes are in storage; one that was there already is
// ignored.
func (c *TimedObjects) appendEntry(e TimedObjectEntry) {
	c.changeAndPublish(func() { c.listEntry(e) })
}

func (c *TimedObjects) listEntry(e TimedObjectEntry) {
	if n := len(c.closed); n == 0 || e.MSN > c.closed[n-1].MSN {
		c.listObject(&TimedObject{TimedObjectEntry: e})
	}
}
