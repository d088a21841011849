package packager

import (
	"strconv"
	"sync/atomic"
	"time"
)

// TimedObjectSource fills a series of timed objects. Its methods are called by one goroutine at
// a time, with no lock held, before the call of the stream returns that ended the segment. They
// must not change the stream: that would wait for itself.
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

// TimedObjectSeries is a series of timed objects that a stream begins with.
type TimedObjectSeries struct {
	Name   string
	Source TimedObjectSource
}

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

// newTimedObject makes an object of items.
func newTimedObject(e TimedObjectEntry, items Items) *TimedObject {
	e.Items, e.From = items.Count, items.From
	o := &TimedObject{TimedObjectEntry: e}
	if items.Count > 0 {
		o.document.Store(NewDocument(appendObject(nil, e, items)))
	}
	return o
}
