package httpcache

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Kind is a kind of object that caches see.
type Kind uint8

// The kinds of objects.
const (
	Media            Kind = iota // an initialization section, segment, part or preview picture
	TimedObjects                 // an object beside a segment: what a chat room received meanwhile
	Multivariant                 // the multivariant playlist
	LivePlaylist                 // a media playlist asked for as it is now
	BlockingPlaylist             // a media playlist asked for with _HLS_msn
	EndedPlaylist                // a playlist with EXT-X-ENDLIST
	Recorded                     // a playlist or another file of a recording
	Status                       // a stream's state for the watch page
	Page                         // an HTML page
	Asset                        // a file whose name holds its hash
	NotFound                     // a request that was refused for what it asked: any 4xx but those of Private
	Private                      // an answer to one viewer: tokens, redirects to them, steering, 401 and 403
	Failure                      // any 5xx
	kindCount
)

const (
	year = 365 * 24 * time.Hour
	// HalfPart stands for half a part of the stream, in Policy.Shared.
	HalfPart = -time.Nanosecond
)

// Policy says how long an object may be kept, and by what it is told from others
// (RFC 9111, RFC 9213).
type Policy struct {
	Name string // for people and edge configurations
	What string // which objects, and why so
	// Client is how long a player's own cache may keep it, Shared a cache that many
	// viewers share. Zero: it must ask again each time.
	Client, Shared time.Duration
	NoStore        bool // nobody may keep it
	Immutable      bool // its URL is never used for anything else
	ETag           bool // it can be asked for with If-None-Match
	ByEncoding     bool // it comes as gzip and as it is
}

// Policies are the table: of each kind.
var Policies = [kindCount]Policy{
	Media: {
		Name: "media", What: "initialization sections, segments, parts and preview pictures: a URL is never used twice",
		Client: year, Shared: year, Immutable: true, ETag: true,
	},
	TimedObjects: {
		Name: "chat object", What: "what a chat room received during a segment: a URL is never used twice, but words may have to be taken back from caches",
		Client: time.Hour, Shared: time.Hour, Immutable: true, ETag: true, ByEncoding: true,
	},
	Multivariant: {
		Name: "multivariant", What: "the multivariant playlist: it changes when renditions come and go",
		Client: time.Second, Shared: time.Second, ETag: true, ByEncoding: true,
	},
	LivePlaylist: {
		Name: "live playlist", What: "a media playlist, or the index of a chat, as it is now; caches that count in seconds keep it for one",
		Shared: HalfPart, ETag: true, ByEncoding: true,
	},
	BlockingPlaylist: {
		Name: "blocking playlist", What: "a media playlist or an index asked for with _HLS_msn: one copy answers all who wait",
		Client: 4 * time.Second, Shared: 4 * time.Second, ETag: true, ByEncoding: true,
	},
	EndedPlaylist: {
		Name: "ended playlist", What: "a playlist with EXT-X-ENDLIST, or the index of a chat that is over: the next show may use its URL soon",
		Client: 2 * time.Second, Shared: 2 * time.Second, ETag: true, ByEncoding: true,
	},
	Recorded: {
		Name: "recording", What: "a recording's playlists, description and pictures: as they are until it is deleted",
		Client: time.Minute, Shared: time.Minute, ETag: true,
	},
	Status: {
		Name: "status", What: "a stream's state for the watch page",
		Client: time.Second, Shared: time.Second,
	},
	Page: {
		Name: "page", What: "HTML pages: they name the assets",
		ETag: true,
	},
	Asset: {
		Name: "asset", What: "scripts, styles and pictures of pages, with a hash in the name",
		Client: year, Shared: year, Immutable: true,
	},
	NotFound: {
		Name: "refusal", What: "404, 400 and other refusals of what was asked for: it may exist in a moment",
		Client: time.Second, Shared: time.Second,
	},
	Private: {
		Name: "private", What: "what one viewer was told: 401, 403, tokens, steering",
		NoStore: true,
	},
	Failure: {
		Name: "failure", What: "5xx: the next request may succeed",
		NoStore: true,
	},
}

// cacheControl is the Cache-Control header: whole seconds, rounded up, since it knows
// no others and since a cache that keeps nothing can't let one request answer many.
func (p Policy) cacheControl() string {
	if p.NoStore {
		return "no-store"
	}
	text := "public, max-age=" + seconds(p.Client)
	switch {
	case p.Immutable:
		text += ", immutable"
	case p.Client == 0 && p.Shared == 0:
		text += ", must-revalidate"
	case p.Client != p.Shared:
		text += ", s-maxage=" + seconds(p.Shared)
	}
	if p.ByEncoding {
		// Some CDNs serve a stale playlist while the origin fails, unless told not to.
		text += ", stale-if-error=0"
	}
	return text
}

// targeted is the value of Surrogate-Control and CDN-Cache-Control, for caches on our
// side of the network; "" where they may do as everybody does.
func (p Policy) targeted() string {
	if p.NoStore || p.Client == p.Shared {
		return ""
	}
	return "max-age=" + seconds(p.Shared)
}

// seconds rounds up.
func seconds(d time.Duration) string {
	if d == HalfPart {
		d = time.Second
	}
	return strconv.FormatInt(int64((d+time.Second-1)/time.Second), 10)
}

// fields are the header fields of a kind, as net/http wants them.
type fields struct{ cacheControl, targeted, vary []string }

var headers = func() (h [kindCount]fields) {
	for k, p := range Policies {
		h[k].cacheControl = []string{p.cacheControl()}
		if t := p.targeted(); t != "" {
			h[k].targeted = []string{t}
		}
		if p.ByEncoding {
			h[k].vary = []string{"Accept-Encoding"}
		}
	}
	return h
}()

// CacheControl is the Cache-Control header of a kind of object.
func CacheControl(k Kind) string { return headers[k].cacheControl[0] }

// SetHeader says in an answer's header how the answer may be kept: Cache-Control,
// Surrogate-Control and CDN-Cache-Control where caches may do otherwise than players,
// and Vary. To say something else later, call ResetHeader.
func SetHeader(h http.Header, k Kind) {
	f := &headers[k]
	h["Cache-Control"] = f.cacheControl
	if f.targeted != nil {
		h["Surrogate-Control"] = f.targeted
		h["Cdn-Cache-Control"] = f.targeted
	}
	if f.vary != nil {
		h["Vary"] = f.vary
	}
}

// ResetHeader takes back what SetHeader said, and says another thing.
func ResetHeader(h http.Header, k Kind) {
	delete(h, "Surrogate-Control")
	delete(h, "Cdn-Cache-Control")
	delete(h, "Vary")
	SetHeader(h, k)
}

// Table is the whole policy as a table in Markdown, for the documentation.
func Table() string {
	var b strings.Builder
	b.WriteString("| object | `Cache-Control` | `Surrogate-Control`, `CDN-Cache-Control` | `Vary` | `ETag` |\n|---|---|---|---|---|\n")
	code := func(s string) string {
		if s == "" {
			return "–"
		}
		return "`" + s + "`"
	}
	for _, p := range Policies {
		vary, tag := "", "–"
		if p.ByEncoding {
			vary = "Accept-Encoding"
		}
		if p.ETag {
			tag = "yes"
		}
		b.WriteString("| **" + p.Name + "**: " + p.What + " | " + code(p.cacheControl()) + " | " + code(p.targeted()) + " | " + code(vary) + " | " + tag + " |\n")
	}
	return b.String()
}
