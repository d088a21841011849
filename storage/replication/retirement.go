package replication

import (
	"sync"

	"github.com/globalfandom/lightstick/media"
	"github.com/globalfandom/lightstick/packager"
	"github.com/globalfandom/lightstick/storage/recording"
)

// retirement deletes the objects of a broadcast that neither the library nor the playlists in
// the storage need. It is the mirror's recorder, which is told when the playlists have not listed a
// segment for long enough.
type retirement struct {
	packager.Discard
	stream       media.StreamID
	record       bool // of a recording nothing is deleted
	deleteObject func(key string)

	mu   sync.Mutex
	once map[string]bool // objects that one of the two does not need
}

func newRetirement(h recording.Head, deleteObject func(key string)) *retirement {
	return &retirement{stream: h.Stream, record: h.Record, deleteObject: deleteObject, once: make(map[string]bool)}
}

// Expire says so of a segment.
func (r *retirement) Expire(rendition string, s *packager.Segment) {
	r.retire(recording.SegmentKey(r.stream, rendition, s.Entry))
}

// ExpireTimedObject says so of an object of the index.
func (r *retirement) ExpireTimedObject(name string, e packager.TimedObjectEntry) {
	r.retire(recording.TimedObjectKey(r.stream, name, e))
}

// retire deletes an object when both have said that they don't need it.
func (r *retirement) retire(key string) {
	if r.record {
		return
	}
	r.mu.Lock()
	second := r.once[key]
	if second {
		delete(r.once, key)
	} else {
		r.once[key] = true
	}
	r.mu.Unlock()
	if second {
		r.deleteObject(key)
	}
}
