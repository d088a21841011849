package packager

import (
	"slices"
	"sort"
	"strconv"
	"sync"
	"time"
)

const (
	// timedObjectListed is how many objects the index of a live stream lists: a minute at
	// segments of two seconds. They are those in memory.
	timedObjectListed = 30
	// maxTimedObjectsSpan bounds the objects that the index of a span lists.
	maxTimedObjectsSpan = 2000
	// timedObjectVersion is of the index's format.
	timedObjectVersion = 1
)

// TimedObjectSnapshot is a series of timed objects at one moment. It is immutable and may be used by any
// number of goroutines.
type TimedObjectSnapshot struct {
	name, base string
	closed     []*TimedObject // shared with other snapshots: never written to
	whole      bool           // the index lists all
	// LastMSN is the number of the newest object, -1 before the first.
	LastMSN int64
	Ended   bool // nothing more will come
	Changed time.Time
	halted  bool

	next  chan struct{} // closed when a newer snapshot is there
	index Document
	mu    sync.Mutex
	spans map[[2]int]*Document
}

// Empty reports whether there is no object yet.
func (s *TimedObjectSnapshot) Empty() bool { return len(s.closed) == 0 }

// Has reports whether there is an object, or one after it, or never will be.
func (s *TimedObjectSnapshot) Has(msn int64) bool {
	return s.Ended || !s.Empty() && msn <= s.LastMSN
}

// Quiet reports whether the index lists nothing to fetch.
func (s *TimedObjectSnapshot) Quiet() bool {
	return !slices.ContainsFunc(s.listed(), func(o *TimedObject) bool { return o.Items > 0 })
}

// listed are the objects in the index.
func (s *TimedObjectSnapshot) listed() []*TimedObject {
	if s.whole {
		return s.closed
	}
	return s.closed[max(0, len(s.closed)-timedObjectListed):]
}

// Index lists the newest objects; of a stream that lies in storage, all.
func (s *TimedObjectSnapshot) Index() *Document { return &s.index }

// Span is the index of the objects whose segments a span touches, at most 2,000 of
// them. It fails with ErrGone when there is none.
func (s *TimedObjectSnapshot) Span(span Span) (*Document, error) {
	from := sort.Search(len(s.closed), func(i int) bool { return playlistTime(s.closed[i].end()).After(span.Start) })
	to := len(s.closed)
	if !span.End.IsZero() {
		to = sort.Search(len(s.closed), func(i int) bool { return !playlistTime(s.closed[i].ProgramDateTime).Before(span.End) })
	}
	if from >= to {
		return nil, ErrGone
	}
	to = min(to, from+maxTimedObjectsSpan)
	s.mu.Lock()
	defer s.mu.Unlock()
	key := [2]int{from, to}
	if d := s.spans[key]; d != nil {
		return d, nil
	}
	if s.spans == nil || len(s.spans) >= maxClips {
		s.spans = make(map[[2]int]*Document)
	}
	d := &Document{compose: func() []piece { return s.compose(s.closed[from:to]) }}
	s.spans[key] = d
	return d, nil
}

func (s *TimedObjectSnapshot) compose(objects []*TimedObject) []piece {
	return []piece{{text: s.appendIndex(nil, objects)}}
}

// appendIndex writes the index of objects that follow each other.
func (s *TimedObjectSnapshot) appendIndex(b []byte, objects []*TimedObject) []byte {
	first, next := s.LastMSN+1, s.LastMSN+1
	if n := len(objects); n > 0 {
		first, next = objects[0].MSN, objects[n-1].MSN+1
		b = append(make([]byte, 0, 80+n*120), b...)
	}
	b = append(b, `{"version":`...)
	b = strconv.AppendInt(b, timedObjectVersion, 10)
	b = append(b, `,"first":`...)
	b = strconv.AppendInt(b, first, 10)
	b = append(b, `,"next":`...)
	b = strconv.AppendInt(b, next, 10)
	if s.Ended {
		b = append(b, `,"ended":true`...)
	}
	b = append(b, `,"objects":[`...)
	for i, o := range objects {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, '\n')
		b = appendPlace(b, o.TimedObjectEntry)
		b = append(b, `,"items":`...)
		b = strconv.AppendInt(b, int64(o.Items), 10)
		if o.Items > 0 {
			b = append(b, `,"from":`...)
			b = strconv.AppendInt(b, o.From, 10)
			b = append(b, `,"uri":"../`...)
			b = append(b, s.base...)
			b = append(b, o.Publication...)
			b = append(b, '/')
			b = append(b, s.name...)
			b = append(b, '/')
			b = append(b, o.File()...)
			b = append(b, '"')
		}
		b = append(b, '}')
	}
	return append(b, "]}\n"...)
}

// appendPlace begins what is said of an object: its number, and when its segment is.
func appendPlace(b []byte, e TimedObjectEntry) []byte {
	b = append(b, `{"n":`...)
	b = strconv.AppendInt(b, e.MSN, 10)
	b = append(b, `,"date":`...)
	b = strconv.AppendInt(b, e.ProgramDateTime.UnixMilli(), 10)
	b = append(b, `,"duration":`...)
	return strconv.AppendInt(b, e.Duration.Milliseconds(), 10)
}

// appendObject writes an object.
func appendObject(b []byte, e TimedObjectEntry, items Items) []byte {
	if b == nil {
		b = make([]byte, 0, len(items.Text)+128)
	}
	b = appendPlace(b, e)
	if items.Dropped > 0 {
		b = append(b, `,"dropped":`...)
		b = strconv.AppendInt(b, int64(items.Dropped), 10)
	}
	b = append(b, `,"items":[`...)
	b = append(b, items.Text...)
	return append(b, "]}\n"...)
}
