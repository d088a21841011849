package replication

import (
	"bytes"
	"context"
	"strings"

	"github.com/globalfandom/lightstick/cdn"
	"github.com/globalfandom/lightstick/media"
	"github.com/globalfandom/lightstick/packager"
	"github.com/globalfandom/lightstick/storage/objectstore"
	"github.com/globalfandom/lightstick/storage/recording"
)

// playlist is a playlist as it stands.
type playlist struct {
	key  string
	text []byte
}

// playlists are the mirror's, the multivariant one last, and the indexes of its timed objects.
func (l *replicaWriter) playlists() (all []playlist) {
	add := func(name string, d *packager.Document) {
		all = append(all, playlist{recording.PlaylistKey(l.head.Stream, name), d.Plain()})
	}
	for _, r := range l.mirror.Renditions() {
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
		add("index.m3u8", l.mirror.Multivariant(packager.Span{}))
	}
	return append(all, l.timedObjectIndexes()...)
}

// writePlaylists stores those that have changed, in one attempt each: one that fails
// is not tried again, but its next version. false means that not all are there.
func (l *replicaWriter) writePlaylists() bool {
	t := l.target
	t.playlists.RLock()
	defer t.playlists.RUnlock()
	if !t.owns(l.head) {
		return true // they are another's
	}
	for _, p := range l.playlists() {
		if bytes.Equal(l.written[p.key], p.text) {
			continue
		}
		err := t.attempt(attemptTimeout, func(ctx context.Context) error {
			return t.cfg.Store.Put(ctx, p.key, bytes.NewReader(p.text), attributes(p.key, media.Video))
		})
		if err != nil {
			delete(l.written, p.key) // it may be there or not
			if t.ctx.Err() == nil {
				t.failed(err)
			}
			return false
		}
		t.recovered()
		t.metrics.objects.Inc()
		l.written[p.key] = p.text
	}
	return true
}

// finish ends the playlists, or replaces them by those of the recording that the
// broadcast has become.
func (l *replicaWriter) finish() {
	l.mu.Lock()
	files, done, ended := l.files, l.done, l.ended && !l.closed
	l.mu.Unlock()
	if !ended {
		return
	}
	if len(files) > 0 {
		if l.target.putFiles(l.head.ID, files) {
			done()
		}
		return
	}
	l.mirror.Finish()
	for backoff := firstBackoff; !l.writePlaylists(); backoff = min(2*backoff, lastBackoff) {
		if l.isClosed() || !l.target.sleep(backoff) {
			return
		}
	}
	done()
}

// retirer hears from the mirror which segments the storage's playlists have not
// listed for so long that nobody asks for them.
type retirer struct {
	packager.Discard
	writer *replicaWriter
}

// Expire says so of one.
func (r retirer) Expire(rendition string, s *packager.Segment) {
	r.writer.retireObject(recording.SegmentKey(r.writer.head.Stream, rendition, s.Entry))
}

// Expire says that the archive doesn't need a segment any more.
func (l *replicaWriter) Expire(rendition string, e packager.Entry) {
	l.retireObject(recording.SegmentKey(l.head.Stream, rendition, e))
}

// retireObject deletes an object when both have said that they don't need it.
func (l *replicaWriter) retireObject(key string) {
	l.mu.Lock()
	second := l.retired[key]
	if second {
		delete(l.retired, key)
	} else if !l.head.Record {
		l.retired[key] = true
	}
	l.mu.Unlock()
	if second {
		l.target.drop(key)
	}
}

// attributes are what goes with an object.
func attributes(key string, kind media.Kind) objectstore.Attributes {
	a := objectstore.Attributes{ContentType: "application/octet-stream", CacheControl: cdn.CacheControl(cdn.Media)}
	switch _, ext, _ := cutLast(key, "."); ext {
	case "m3u8":
		a.ContentType, a.CacheControl = "application/vnd.apple.mpegurl", cdn.CacheControl(cdn.LivePlaylist)
		if strings.Contains(key, "/recordings/") {
			a.CacheControl = cdn.CacheControl(cdn.Recorded)
		}
	case "m4s", "mp4":
		a.ContentType = "video/mp4"
		if kind == media.Audio {
			a.ContentType = "audio/mp4"
		}
	case "json", "jsonl":
		a.ContentType, a.CacheControl = "application/json", cdn.CacheControl(cdn.Recorded)
		if isTimedObjectIndex(key) {
			a.CacheControl = cdn.CacheControl(cdn.LivePlaylist)
		} else if publicationPrefix(key) != "" && !strings.Contains(key, "/recordings/") {
			a.CacheControl = cdn.CacheControl(cdn.TimedObjects)
		}
	case "vtt":
		a.ContentType, a.CacheControl = "text/vtt", cdn.CacheControl(cdn.Recorded)
	case "jpg":
		a.ContentType, a.CacheControl = "image/jpeg", cdn.CacheControl(cdn.Recorded)
	}
	return a
}

func cutLast(s, sep string) (before, after string, found bool) {
	i := strings.LastIndex(s, sep)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+len(sep):], true
}

// publicationPrefix is the directory of a publication that a media object lies in, or
// "" for other objects: live/STREAM/PUBLICATION/RENDITION/FILE.
func publicationPrefix(key string) string {
	elements := strings.Split(key, "/")
	if len(elements) != 5 {
		return ""
	}
	return strings.Join(elements[:3], "/") + "/"
}
