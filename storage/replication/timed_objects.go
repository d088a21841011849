package replication

import (
	"bytes"
	"io"
	"strings"

	"github.com/globalfandom/lightstick/media"
	"github.com/globalfandom/lightstick/packager"
	"github.com/globalfandom/lightstick/storage/recording"
)

// TimedObjects copies an object of a series of timed objects; the index lists it when it is there.
func (l *replicaWriter) TimedObjects(name string, e packager.TimedObjectEntry, open func() (io.ReadSeekCloser, error)) {
	t := &task{key: recording.TimedObjectKey(l.head.Stream, name, e), kind: media.Video, open: open}
	if e.Items == 0 {
		t.open = nil
	}
	t.apply = func(copied bool) {
		if !copied && e.Items > 0 {
			e.Items = 0
			l.retireObject(t.key) // the mirror will not say so of an empty one
		}
		l.mirror.AppendTimedObject(name, e)
	}
	l.enqueue(t)
}

// ExpireTimedObject says that the archive doesn't need an object any more.
func (l *replicaWriter) ExpireTimedObject(name string, e packager.TimedObjectEntry) {
	l.retireObject(recording.TimedObjectKey(l.head.Stream, name, e))
}

// ExpireTimedObject says so of the storage's index.
func (r retirer) ExpireTimedObject(name string, e packager.TimedObjectEntry) {
	r.writer.retireObject(recording.TimedObjectKey(r.writer.head.Stream, name, e))
}

// timedObjectIndexes are the mirror's. A room in which nobody speaks costs no request: its
// index stays as it was written.
func (l *replicaWriter) timedObjectIndexes() (all []playlist) {
	for _, c := range l.mirror.AllTimedObjects() {
		snap := c.Snapshot()
		if snap.Empty() {
			continue
		}
		p := playlist{recording.TimedObjectIndexKey(l.head.Stream, c.Name()), snap.Index().Plain()}
		if old := l.written[p.key]; snap.Quiet() && !snap.Ended && old != nil && !bytes.Contains(old, []byte(`"uri"`)) {
			p.text = old
		}
		all = append(all, p)
	}
	return all
}

// isTimedObjectIndex reports whether a key is that of a stream's index of a series of timed objects:
// live/STREAM/NAME/index.json.
func isTimedObjectIndex(key string) bool {
	return strings.HasSuffix(key, "/index.json") && strings.Count(key, "/") == 3
}
