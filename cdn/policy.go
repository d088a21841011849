package cdn

// Kind is a kind of object that caches see.
type Kind uint8

// The kinds of objects.
const (
	// Media is an initialization section, segment or part: its URL is never reused.
	Media Kind = iota
	// Multivariant is the multivariant playlist.
	Multivariant
	// LivePlaylist is a media playlist asked for as it is now.
	LivePlaylist
	// BlockingPlaylist is one asked for with _HLS_msn: what it holds doesn't depend
	// on who asks, so that a cache may answer everybody who waits with one copy.
	BlockingPlaylist
	// EndedPlaylist has EXT-X-ENDLIST. The next show may use the same URL soon.
	EndedPlaylist
	// Recorded is a playlist or another file of a recording: it stays as it is until
	// the recording is deleted.
	Recorded
	// Status is a stream's state for the watch page.
	Status
	// Page is an HTML page.
	Page
	// Asset is a file whose name holds its hash.
	Asset
	// NotFound is a 404 or 410.
	NotFound
	// Failure is any 5xx.
	Failure
)

var cacheControl = map[Kind]string{
	Media:            "public, max-age=31536000, immutable",
	Multivariant:     "public, max-age=1",
	LivePlaylist:     "public, max-age=0, s-maxage=1",
	BlockingPlaylist: "public, max-age=4",
	EndedPlaylist:    "public, max-age=2",
	Recorded:         "public, max-age=60",
	Status:           "public, max-age=1",
	Page:             "public, max-age=0, must-revalidate",
	Asset:            "public, max-age=31536000, immutable",
	NotFound:         "public, max-age=1",
	Failure:          "no-store",
}

// headers are the values of cacheControl as net/http wants them.
var headers = func() map[Kind][]string {
	h := make(map[Kind][]string)
	for k, v := range cacheControl {
		h[k] = []string{v}
	}
	return h
}()

// CacheControl is the Cache-Control header of a kind of object.
func CacheControl(k Kind) string { return cacheControl[k] }

// Header is the same as a value of an http.Header; it must not be written to.
func Header(k Kind) []string { return headers[k] }
