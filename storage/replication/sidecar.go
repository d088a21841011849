package replication

import (
	"bytes"
	"io"
	"strings"

	"github.com/globalfandom/lightstick/media"
	"github.com/globalfandom/lightstick/packager"
	"github.com/globalfandom/lightstick/storage/recording"
)

// Sidecar copies an object of a sidecar; the index lists it when it is there.
func (l *replicaWriter) Sidecar(name string, e packager.SidecarEntry, open func() (io.ReadSeekCloser, error)) {
	t := &task{key: recording.SidecarKey(l.head.Stream, name, e), kind: media.Video, open: open}
	if e.Items == 0 {
		t.open = nil
	}
	t.apply = func(copied bool) {
		if !copied && e.Items > 0 {
			e.Items = 0
			l.retireObject(t.key) // the mirror will not say so of an empty one
		}
		l.mirror.AppendSidecar(name, e)
	}
	l.enqueue(t)
}

// ExpireSidecar says that the archive doesn't need an object any more.
func (l *replicaWriter) ExpireSidecar(name string, e packager.SidecarEntry) {
	l.retireObject(recording.SidecarKey(l.head.Stream, name, e))
}

// ExpireSidecar says so of the storage's index.
func (r retirer) ExpireSidecar(name string, e packager.SidecarEntry) {
	r.writer.retireObject(recording.SidecarKey(r.writer.head.Stream, name, e))
}

// sidecarIndexes are the mirror's. A room in which nobody speaks costs no request: its
// index stays as it was written.
func (l *replicaWriter) sidecarIndexes() (all []playlist) {
	for _, c := range l.mirror.Sidecars() {
		snap := c.Snapshot()
		if snap.Empty() {
			continue
		}
		p := playlist{recording.SidecarIndexKey(l.head.Stream, c.Name()), snap.Index().Plain()}
		if old := l.written[p.key]; snap.Quiet() && !snap.Ended && old != nil && !bytes.Contains(old, []byte(`"uri"`)) {
			p.text = old
		}
		all = append(all, p)
	}
	return all
}

// isSidecarIndex reports whether a key is that of a stream's index of a sidecar:
// live/STREAM/NAME/index.json.
func isSidecarIndex(key string) bool {
	return strings.HasSuffix(key, "/index.json") && strings.Count(key, "/") == 3
}
