package packager

import (
	"context"
	"strconv"
	"sync/atomic"
	"time"
)

// SidecarSource fills a sidecar. Its methods are called with a lock held: they must not
// block and must not call back.
type SidecarSource interface {
	// Cut gives what has come since the last cut, and begins anew.
	Cut() Items
	// End says that nothing more will be asked for.
	End()
}

// Items are what one object of a sidecar holds.
type Items struct {
	// Text is JSON values in the order in which they came, with commas between. It is
	// not read any more when Cut is called again.
	Text    []byte
	Count   int
	Dropped int   // left out, for there were too many
	From    int64 // the earliest time that an item is of, in Unix milliseconds
}

// SidecarEntry is what is known of an object besides its bytes.
type SidecarEntry struct {
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
func (e SidecarEntry) File() string {
	name := strconv.FormatInt(e.MSN, 10)
	if e.Revision > 0 {
		name += "-" + strconv.Itoa(e.Revision)
	}
	return name + ".json"
}

// end is when the object's segment ends.
func (e SidecarEntry) end() time.Time { return e.ProgramDateTime.Add(e.Duration) }

// SidecarHistory is what has become of a sidecar so far.
type SidecarHistory struct {
	Name    string
	Entries []SidecarEntry
}

// SidecarObject is one object. It is immutable, but for whether memory has its text.
type SidecarObject struct {
	SidecarEntry
	document atomic.Pointer[Document]
}

// Document is the object as it goes out, or nil when it is in storage only.
func (o *SidecarObject) Document() *Document {
	if d := o.document.Load(); d != nil || o.Items > 0 {
		return d
	}
	return NewDocument(appendObject(nil, o.SidecarEntry, Items{}))
}

// Sidecar is a series of small JSON objects beside the segments: object n holds what
// came from its source while segment n was being cut. They lie beside the renditions'
// segments, in the publication's directory, so that no name is used twice; an index
// lists the newest, and can be waited for as a playlist can.
//
// A number is cut once: what comes when it is taken already goes into the next.
// Methods that are exported may be called from any goroutine.
type Sidecar struct {
	name   string
	stream *Stream
	snap   atomic.Pointer[SidecarSnapshot]

	// For the writer, under Stream.mu.
	source   SidecarSource    // nil: nothing more comes
	closed   []*SidecarObject // shared with snapshots; without holes
	inMemory []*SidecarObject // those of closed whose text is
	dirty    bool
}

// Attach begins a sidecar, or goes on with one that was restored. It is called before
// the first publication.
func (s *Stream) Attach(name string, source SidecarSource) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.sidecar(name)
	c.source = source
	c.publish()
}

// Sidecar finds a sidecar by its name.
func (s *Stream) Sidecar(name string) (*Sidecar, bool) {
	for _, c := range s.Sidecars() {
		if c.name == name {
			return c, true
		}
	}
	return nil, false
}

// Sidecars lists the sidecars. The list must not be written to.
func (s *Stream) Sidecars() []*Sidecar {
	if all := s.sidecars.Load(); all != nil {
		return *all
	}
	return nil
}

// sidecar finds or makes a sidecar. Stream.mu is held, as in all below that is not
// exported.
func (s *Stream) sidecar(name string) *Sidecar {
	if c, ok := s.Sidecar(name); ok {
		return c
	}
	c := &Sidecar{name: name, stream: s}
	c.snap.Store(&SidecarSnapshot{next: make(chan struct{})})
	old := s.Sidecars()
	all := append(old[:len(old):len(old)], c)
	s.sidecars.Store(&all)
	return c
}

// Name is the sidecar's name, as URLs have it.
func (c *Sidecar) Name() string { return c.name }

// Snapshot is the newest state.
func (c *Sidecar) Snapshot() *SidecarSnapshot { return c.snap.Load() }

// Object finds an object by its number. It fails with ErrGone.
func (c *Sidecar) Object(msn int64) (*SidecarObject, error) {
	closed := c.snap.Load().closed
	if len(closed) == 0 || msn < closed[0].MSN || msn > closed[len(closed)-1].MSN {
		return nil, ErrGone
	}
	return closed[msn-closed[0].MSN], nil // they have no holes
}

// Await waits until an object exists, or nothing more comes, and returns the snapshot
// that has it; below 0 any will do. It fails with ErrTooFar, ErrHalted or the context's
// cause.
func (c *Sidecar) Await(ctx context.Context, msn int64) (*SidecarSnapshot, error) {
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
func (c *Sidecar) cut(e Entry) {
	if n := len(c.closed); c.source == nil || n > 0 && e.MSN <= c.closed[n-1].MSN {
		return
	}
	c.end(SidecarEntry{MSN: e.MSN, Publication: e.Publication, ProgramDateTime: e.ProgramDateTime, Duration: e.Duration})
}

// finish ends the last object: what came after the last segment, if there is anything.
func (c *Sidecar) finish() {
	if c.source == nil {
		return
	}
	if n := len(c.closed); n > 0 {
		last := c.closed[n-1].SidecarEntry
		tail := SidecarEntry{MSN: last.MSN + 1, Publication: last.Publication, ProgramDateTime: last.end()}
		if tail.Duration = time.Since(tail.ProgramDateTime); tail.Duration <= 0 {
			tail.Duration = time.Millisecond
		}
		c.endUnlessEmpty(tail)
	}
	c.source.End()
	c.source = nil
}

func (c *Sidecar) end(e SidecarEntry) { c.take(e, c.source.Cut()) }

func (c *Sidecar) endUnlessEmpty(e SidecarEntry) {
	if items := c.source.Cut(); items.Count > 0 {
		c.take(e, items)
	}
}

// take makes an object of items, and lets go of the texts that the index lists no more.
func (c *Sidecar) take(e SidecarEntry, items Items) {
	e.Items, e.From = items.Count, items.From
	o := &SidecarObject{SidecarEntry: e}
	if items.Count > 0 {
		o.document.Store(NewDocument(appendObject(nil, e, items)))
		c.inMemory = append(c.inMemory, o)
	}
	c.list(o)
	for len(c.inMemory) > 0 && c.inMemory[0].MSN <= e.MSN-sidecarListed {
		c.inMemory[0].document.Store(nil)
		c.inMemory = c.inMemory[1:]
	}
	c.stream.recorder.Sidecar(c.name, o)
}

// list adds an object, after empty ones for the numbers that are missing before it.
func (c *Sidecar) list(o *SidecarObject) {
	if n := len(c.closed); n > 0 {
		last := c.closed[n-1].SidecarEntry
		if o.MSN-last.MSN > maxHole {
			c.closed = nil // nobody follows over such a hole
		} else if missing := o.MSN - last.MSN - 1; missing > 0 {
			length := max(o.ProgramDateTime.Sub(last.end())/time.Duration(missing), 0)
			for last.MSN+1 < o.MSN {
				last = SidecarEntry{MSN: last.MSN + 1, Publication: last.Publication, ProgramDateTime: last.end(), Duration: length}
				c.put(&SidecarObject{SidecarEntry: last})
			}
		}
	}
	c.put(o)
}

func (c *Sidecar) put(o *SidecarObject) {
	c.closed = append(c.closed, o)
	c.dirty = true
}

// trim gives up the objects before a segment that can still be fetched.
func (c *Sidecar) trim(first int64) {
	for len(c.closed) > 0 && c.closed[0].MSN < first {
		o := c.closed[0]
		c.closed = c.closed[1:]
		if o.Items > 0 {
			c.stream.recorder.ExpireSidecar(c.name, o.SidecarEntry)
		}
		c.dirty = true
	}
}

// restore takes up what is known. Numbers that are lost are not used again.
func (c *Sidecar) restore(entries []SidecarEntry, next int64) {
	for _, e := range entries {
		if n := len(c.closed); n == 0 || e.MSN > c.closed[n-1].MSN {
			c.list(&SidecarObject{SidecarEntry: e})
		}
	}
	if n := len(c.closed); n > 0 && c.closed[n-1].MSN < next-1 {
		last := c.closed[n-1].SidecarEntry
		c.list(&SidecarObject{SidecarEntry: SidecarEntry{MSN: next - 1, Publication: last.Publication, ProgramDateTime: last.end()}})
	}
	c.publish()
}

// AppendSidecar lists an object of another stream's sidecar; those that were there
// already are ignored.
func (s *Stream) AppendSidecar(name string, e SidecarEntry) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.sidecar(name)
	if n := len(c.closed); n > 0 && e.MSN <= c.closed[n-1].MSN {
		return
	}
	c.list(&SidecarObject{SidecarEntry: e})
	s.publishDirty()
}
