package replication

import (
	"bytes"

	"github.com/globalfandom/lightstick/media"
	"github.com/globalfandom/lightstick/packager"
	"github.com/globalfandom/lightstick/storage/recording"
)

// playlistWriter writes the playlists that list what the storage has of a broadcast.
type playlistWriter struct {
	sender  *sender
	writers *writerRegistry
	head    recording.Head
	mirror  *packager.Stream  // lists what the storage has
	written map[string][]byte // as they were stored last, by key
}

// playlist is a playlist as it stands.
type playlist struct {
	key  string
	text []byte
}

// rendered are the mirror's, the multivariant one last, and the indexes of its timed objects.
func (w *playlistWriter) rendered() (all []playlist) {
	add := func(name string, d *packager.Document) {
		all = append(all, playlist{recording.PlaylistKey(w.head.Stream, name), d.Plain()})
	}
	for _, r := range w.mirror.Renditions() {
		snap := r.Snapshot()
		if snap.Empty() {
			continue
		}
		add(r.Name()+".m3u8", snap.Playlist(packager.SkipNothing))
		if r.IsVideo() {
			add(r.Name()+packager.IFramesSuffix+".m3u8", snap.IFrames())
		}
	}
	if len(all) > 0 {
		add("index.m3u8", w.mirror.Multivariant(packager.Span{}))
	}
	return append(all, w.timedObjectIndexes()...)
}

// timedObjectIndexes are the mirror's. An index without messages costs no request: it stays
// as it was written.
func (w *playlistWriter) timedObjectIndexes() (all []playlist) {
	for _, c := range w.mirror.AllTimedObjects() {
		snap := c.Snapshot()
		if snap.Empty() {
			continue
		}
		p := playlist{recording.TimedObjectIndexKey(w.head.Stream, c.Name()), snap.Index().Plain()}
		if old := w.written[p.key]; snap.Quiet() && !snap.Ended && old != nil && !bytes.Contains(old, []byte(`"uri"`)) {
			p.text = old
		}
		all = append(all, p)
	}
	return all
}

// write stores those that have changed, in one attempt each: one that fails
// is not tried again, but its next version. false means that not all are there.
func (w *playlistWriter) write() bool {
	done, err := w.writers.waitTurn(w.sender.lifetime(), w.head.Stream)
	if err != nil {
		return false
	}
	defer done()
	if !w.writers.owns(w.head) {
		return true // they are another's
	}
	for _, p := range w.rendered() {
		if bytes.Equal(w.written[p.key], p.text) {
			continue
		}
		if err := w.sender.putOnce(p.key, attributes(p.key, media.Video), p.text); err != nil {
			delete(w.written, p.key) // it may be there or not
			return false
		}
		w.written[p.key] = p.text
	}
	return true
}
