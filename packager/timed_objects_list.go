package packager

import (
	"sync"
	"sync/atomic"
)

// timedObjectList is the series of timed objects of one stream. Its methods that call a source
// or the recorder are called by one goroutine at a time.
type timedObjectList struct {
	base     string
	static   bool
	recorder Recorder

	mu     sync.Mutex // orders those that add a series
	series atomic.Pointer[[]*TimedObjects]
}

func newTimedObjectList(cfg Config, rec Recorder) *timedObjectList {
	l := &timedObjectList{base: cfg.Base, static: cfg.Static, recorder: rec}
	l.series.Store(new([]*TimedObjects))
	return l
}

// all lists the series. The list must not be written to.
func (l *timedObjectList) all() []*TimedObjects { return *l.series.Load() }

// findSeries finds a series by its name.
func (l *timedObjectList) findSeries(name string) (*TimedObjects, bool) {
	for _, c := range l.all() {
		if c.name == name {
			return c, true
		}
	}
	return nil, false
}

// openSeries finds or makes a series.
func (l *timedObjectList) openSeries(name string) *TimedObjects {
	l.mu.Lock()
	defer l.mu.Unlock()
	if c, ok := l.findSeries(name); ok {
		return c
	}
	c := &TimedObjects{name: name, base: l.base, static: l.static, recorder: l.recorder}
	c.snap.Store(&TimedObjectSnapshot{next: make(chan struct{})})
	old := l.all()
	all := append(old[:len(old):len(old)], c)
	l.series.Store(&all)
	return c
}

// attachSources begins series, or goes on with those that were restored.
func (l *timedObjectList) attachSources(series []TimedObjectSeries) {
	for _, s := range series {
		c := l.openSeries(s.Name)
		c.changeAndPublish(func() { c.source, c.changed = s.Source, true })
	}
}

// endObjects ends the objects of a segment that is closed, and gives up those before the oldest
// segment that can still be fetched.
func (l *timedObjectList) endObjects(segment Entry, oldest int64) {
	for _, c := range l.all() {
		c.endObject(segment, oldest)
	}
}

// expireObjects gives up the objects before the oldest segment that can still be fetched.
func (l *timedObjectList) expireObjects(oldest int64) {
	for _, c := range l.all() {
		c.addAndExpire(nil, oldest)
	}
}

// finishAll ends all series.
func (l *timedObjectList) finishAll() {
	for _, c := range l.all() {
		c.finishSeries()
	}
}

// haltAll sends away those who wait.
func (l *timedObjectList) haltAll() {
	for _, c := range l.all() {
		c.changeAndPublish(func() { c.halted, c.changed = true, true })
	}
}
