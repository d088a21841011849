package packager

import (
	"context"
	"strconv"
	"sync/atomic"
	"time"
)

// TimedObjectSource fills a series of timed objects. Its methods are called with a lock held: they must not
// block and must not call back.
type TimedObjectSource interface {
	// Cut gives what has come since the last cut, and begins anew.
	Cut() Items
	// End says that nothing more will be asked for.
	End()
}

// Items are what one object of a series of timed objects holds.
type Items struct {
	// Text is JSON values in the order in which they came, with commas between. It is
	// not read any more when Cut is called again.
	Text    []byte
	Count   int
	Dropped int   // left out, for there were too many
	From    int64 // the earliest time that an item is of, in Unix milliseconds
}

// TimedObjectEntry is what is known of an object besides its bytes.
type TimedObjectEntry struct {
	MSN             int64         `json:"msn"` // of the segment during which it was filled
	Publication     string        `json:"pub"`
	ProgramDateTime time.Time     `json:"at"`
	Duration        time.Duration `json:"dur"`
	Items           int           `json:"items,omitempty"` // 0: there is no object
	From            int64         `json:"from,omitempty"`
	// Revision is how often the object has been rewritten: it has another name then.
	Revision int `json:"rev,omitempty"`
}

// File is the object's name in its directory.
func (e TimedObjectEntry) File() string {
	name := strconv.FormatInt(e.MSN, 10)
	if e.Revision > 0 {
		name += "-" + strconv.Itoa(e.Revision)
	}
	return name + ".json"
}

// end is when the object's segment ends.
func (e TimedObjectEntry) end() time.Time { return e.ProgramDateTime.Add(e.Duration) }

// TimedObjectHistory is what has become of a series of timed objects so far.
type TimedObjectHistory struct {
	Name    string
	Entries []TimedObjectEntry
}

// TimedObject is one object. It is immutable, but for whether memory has its text.
type TimedObject struct {
	TimedObjectEntry
	document atomic.Pointer[Document]
}

// Document is the object as it goes out, or nil when it is in storage only.
func (o *TimedObject) Document() *Document {
	if d := o.document.Load(); d != nil || o.Items > 0 {
		return d
	}
	return NewDocument(appendObject(nil, o.TimedObjectEntry, Items{}))
}

// TimedObjects is a series of small JSON objects beside the segments: object n holds what
// came from its source while segment n was being cut. They lie beside the renditions'
// segments, in the publication's directory, so that no name is used twice; an index
// lists the newest, and can be waited for as a playlist can.
//
// A number is cut once: what comes when it is taken already goes into the next.
// Methods that are exported may be called from any goroutine.
type TimedObjects struct {
	name   string
	stream *Stream
	snap   atomic.Pointer[TimedObjectSnapshot]

	// For the writer, under Stream.mu.
	source   TimedObjectSource // nil: nothing more comes
	closed   []*TimedObject    // shared with snapshots; without holes
	inMemory []*TimedObject    // those of closed whose text is
	dirty    bool
}

// Attach begins a series of timed objects, or goes on with one that was restored. It is called before
// the first publication.
func (s *Stream) Attach(name string, source TimedObjectSource) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.timedObjects(name)
	c.source = source
	c.publish()
}

// TimedObjects finds a series of timed objects by its name.
func (s *Stream) TimedObjects(name string) (*TimedObjects, bool) {
	for _, c := range s.AllTimedObjects() {
		if c.name == name {
			return c, true
		}
	}
	return nil, false
}

// AllTimedObjects lists the timed objects. The list must not be written to.
func (s *Stream) AllTimedObjects() []*TimedObjects {
	if all := s.allTimedObjects.Load(); all != nil {
		return *all
	}
	return nil
}

// timedObjects finds or makes a series of timed objects. Stream.mu is held, as in all below that is not
// exported.
func (s *Stream) timedObjects(name string) *TimedObjects {
	if c, ok := s.TimedObjects(name); ok {
		return c
	}
	c := &TimedObjects{name: name, stream: s}
	c.snap.Store(&TimedObjectSnapshot{next: make(chan struct{})})
	old := s.AllTimedObjects()
	all := append(old[:len(old):len(old)], c)
	s.allTimedObjects.Store(&all)
	return c
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

// cut ends the object of a segment that is closed.
func (c *TimedObjects) cut(e Entry) {
	if n := len(c.closed); c.source == nil || n > 0 && e.MSN <= c.closed[n-1].MSN {
		return
	}
	c.end(TimedObjectEntry{MSN: e.MSN, Publication: e.Publication, ProgramDateTime: e.ProgramDateTime, Duration: e.Duration})
}

// finish ends the last object: what came after the last segment, if there is anything.
func (c *TimedObjects) finish() {
	if c.source == nil {
		return
	}
	if n := len(c.closed); n > 0 {
		last := c.closed[n-1].TimedObjectEntry
		tail := TimedObjectEntry{MSN: last.MSN + 1, Publication: last.Publication, ProgramDateTime: last.end()}
		if tail.Duration = time.Since(tail.ProgramDateTime); tail.Duration <= 0 {
			tail.Duration = time.Millisecond
		}
		c.endUnlessEmpty(tail)
	}
	c.source.End()
	c.source = nil
}

func (c *TimedObjects) end(e TimedObjectEntry) { c.take(e, c.source.Cut()) }

func (c *TimedObjects) endUnlessEmpty(e TimedObjectEntry) {
	if items := c.source.Cut(); items.Count > 0 {
		c.take(e, items)
	}
}

// take makes an object of items, and lets go of the texts that the index lists no more.
func (c *TimedObjects) take(e TimedObjectEntry, items Items) {
	e.Items, e.From = items.Count, items.From
	o := &TimedObject{TimedObjectEntry: e}
	if items.Count > 0 {
		o.document.Store(NewDocument(appendObject(nil, e, items)))
		c.inMemory = append(c.inMemory, o)
	}
	c.list(o)
	for len(c.inMemory) > 0 && c.inMemory[0].MSN <= e.MSN-timedObjectListed {
		c.inMemory[0].document.Store(nil)
		c.inMemory = c.inMemory[1:]
	}
	c.stream.recorder.TimedObject(c.name, o)
}

// list adds an object, after empty ones for the numbers that are missing before it.
func (c *TimedObjects) list(o *TimedObject) {
	if n := len(c.closed); n > 0 {
		last := c.closed[n-1].TimedObjectEntry
		if o.MSN-last.MSN > maxHole {
			c.closed = nil // nobody follows over such a hole
		} else if missing := o.MSN - last.MSN - 1; missing > 0 {
			length := max(o.ProgramDateTime.Sub(last.end())/time.Duration(missing), 0)
			for last.MSN+1 < o.MSN {
				last = TimedObjectEntry{MSN: last.MSN + 1, Publication: last.Publication, ProgramDateTime: last.end(), Duration: length}
				c.put(&TimedObject{TimedObjectEntry: last})
			}
		}
	}
	c.put(o)
}

func (c *TimedObjects) put(o *TimedObject) {
	c.closed = append(c.closed, o)
	c.dirty = true
}

// trim gives up the objects before a segment that can still be fetched.
func (c *TimedObjects) trim(first int64) {
	for len(c.closed) > 0 && c.closed[0].MSN < first {
		o := c.closed[0]
		c.closed = c.closed[1:]
		if o.Items > 0 {
			c.stream.recorder.ExpireTimedObject(c.name, o.TimedObjectEntry)
		}
		c.dirty = true
	}
}

// restore takes up what is known. Numbers that are lost are not used again.
func (c *TimedObjects) restore(entries []TimedObjectEntry, next int64) {
	for _, e := range entries {
		if n := len(c.closed); n == 0 || e.MSN > c.closed[n-1].MSN {
			c.list(&TimedObject{TimedObjectEntry: e})
		}
	}
	if n := len(c.closed); n > 0 && c.closed[n-1].MSN < next-1 {
		last := c.closed[n-1].TimedObjectEntry
		c.list(&TimedObject{TimedObjectEntry: TimedObjectEntry{MSN: next - 1, Publication: last.Publication, ProgramDateTime: last.end()}})
	}
	c.publish()
}

// AppendTimedObject lists an object of another stream's series of timed objects; those that were there
// already are ignored.
func (s *Stream) AppendTimedObject(name string, e TimedObjectEntry) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.timedObjects(name)
	if n := len(c.closed); n > 0 && e.MSN <= c.closed[n-1].MSN {
		return
	}
	c.list(&TimedObject{TimedObjectEntry: e})
	s.publishDirty()
}
