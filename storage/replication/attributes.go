package replication

import (
	"strings"

	"github.com/globalfandom/lightstick/internal/httpcache"
	"github.com/globalfandom/lightstick/media"
	"github.com/globalfandom/lightstick/storage/objectstore"
)

// attributes are what goes with an object.
func attributes(key string, kind media.Kind) objectstore.Attributes {
	a := objectstore.Attributes{ContentType: "application/octet-stream", CacheControl: httpcache.CacheControl(httpcache.Media)}
	switch _, ext, _ := cutLast(key, "."); ext {
	case "m3u8":
		a.ContentType, a.CacheControl = "application/vnd.apple.mpegurl", httpcache.CacheControl(httpcache.LivePlaylist)
		if strings.Contains(key, "/recordings/") {
			a.CacheControl = httpcache.CacheControl(httpcache.Recorded)
		}
	case "m4s", "mp4":
		a.ContentType = "video/mp4"
		if kind == media.Audio {
			a.ContentType = "audio/mp4"
		}
	case "json", "jsonl":
		a.ContentType, a.CacheControl = "application/json", httpcache.CacheControl(httpcache.Recorded)
		if isTimedObjectIndex(key) {
			a.CacheControl = httpcache.CacheControl(httpcache.LivePlaylist)
		} else if publicationPrefix(key) != "" && !strings.Contains(key, "/recordings/") {
			a.CacheControl = httpcache.CacheControl(httpcache.TimedObjects)
		}
	case "vtt":
		a.ContentType, a.CacheControl = "text/vtt", httpcache.CacheControl(httpcache.Recorded)
	case "jpg":
		a.ContentType, a.CacheControl = "image/jpeg", httpcache.CacheControl(httpcache.Recorded)
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

// isTimedObjectIndex reports whether a key is that of a stream's index of a series of timed objects:
// live/STREAM/NAME/index.json.
func isTimedObjectIndex(key string) bool {
	return strings.HasSuffix(key, "/index.json") && strings.Count(key, "/") == 3
}
