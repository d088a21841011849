package origin

import (
	"net/http"
	"path"
	"strings"

	"github.com/globalfandom/lightstick/media"
)

// Prefix is the path that everything a server answers for begins with.
const Prefix = "/live/"

// Limits of a request, in bytes. Players' and CDNs' requests have a tenth of it.
const (
	maxURI    = 8 << 10
	maxHeader = 16 << 10
)

// methods are those that are answered.
const methods = "GET, HEAD, OPTIONS"

// Header values that every answer shares: they are never written to.
var (
	exposedHeaders = []string{"Date, Content-Length, Content-Range"}
	allowedMethods = []string{methods}
)

// Names of files and folders below a stream.
const (
	multivariantFile = "index.m3u8"
	statusFile       = "status.json"
	steeringFile     = "steering.json"
	thumbnailFile    = "thumbnail.jpg"
	playlistSuffix   = ".m3u8"
	// recordings is the folder of recordings, each of which is a folder in it.
	recordings = "recordings"
	// previewFolder is where a publication's preview pictures are, beside its renditions:
	// one of each segment for all of them.
	previewFolder = "preview"
	previewSuffix = ".jpg"
)

// readRequest reads what a request asks for into p, and refuses what no player sends.
func readRequest(r *http.Request, p *requestPath) error {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		return errMethod
	}
	if err := checkSize(r); err != nil {
		return err
	}
	if !p.parse(r.URL.Path) {
		return errNoStream
	}
	return nil
}

// checkSize refuses what is too large.
func checkSize(r *http.Request) error {
	if len(r.RequestURI) > maxURI {
		return errLongURI
	}
	size := 0
	for name, values := range r.Header {
		for _, v := range values {
			size += len(name) + len(v)
		}
	}
	if size > maxHeader {
		return errLongHeader
	}
	return nil
}

// requestPath is a path under Prefix, taken apart:
//
//	STREAM/FILE
//	STREAM/SERIES/FILE
//	STREAM/PUBLICATION/RENDITION/FILE
//	STREAM/recordings/RECORDING/FILE
//	STREAM/recordings/RECORDING/SERIES/FILE
type requestPath struct {
	kind                   kind // kindUnknown: there is nothing of that name
	stream                 media.StreamID
	recording              string
	publication, rendition string
	series                 string // of timed objects
	file                   string
}

// parse takes a path apart. It reports whether the path is one of those above.
func (p *requestPath) parse(text string) bool {
	text, ok := strings.CutPrefix(text, Prefix)
	if !ok {
		return false
	}
	stream, rest, _ := strings.Cut(text, "/")
	p.stream, p.file = media.StreamID(stream), rest
	first, rest, deeper := strings.Cut(rest, "/")
	if !deeper {
		p.kind = p.kindOfFile()
		return stream != "" && p.file != ""
	}
	second, rest, deeper := strings.Cut(rest, "/")
	switch {
	case !deeper:
		p.series, p.file, p.kind = first, second, kindTimedObjects
		return stream != "" && first != "" && second != ""
	case first == recordings:
		p.recording, p.file = second, rest
		if series, file, deeper := strings.Cut(rest, "/"); deeper {
			p.series, p.file, p.kind = series, file, kindTimedObjects
			if series == "" || file == "" {
				return false
			}
		} else {
			p.kind = p.kindOfFile()
		}
	default:
		p.publication, p.rendition, p.file = first, second, rest
		p.kind = p.kindInPublication()
	}
	return stream != "" && first != "" && second != "" && !strings.Contains(p.file, "/")
}

// kindOfFile is the kind of a file of a stream or a recording.
func (p *requestPath) kindOfFile() kind {
	switch {
	case p.file == multivariantFile:
		return kindMultivariant
	case strings.HasSuffix(p.file, playlistSuffix):
		return kindPlaylist
	case p.recording != "":
		return kindRecordingFile
	case p.file == statusFile:
		return kindStatus
	case p.file == thumbnailFile:
		return kindThumbnail
	case p.file == steeringFile:
		return kindSteering
	}
	return kindUnknown
}

func (p *requestPath) kindInPublication() kind {
	switch ext := path.Ext(p.file); {
	case ext == ".json":
		return kindTimedObjects
	case ext == previewSuffix && p.rendition == previewFolder:
		return kindPreview
	}
	return kindMedia
}

// maxName bounds an element of a path that the storage is asked for, in bytes.
const maxName = 100

// plausible reports whether the storage could have something of that name: names are ours,
// and harmless as files and as keys.
func (p *requestPath) plausible() bool {
	if _, err := media.ParseStreamID(string(p.stream)); err != nil {
		return false
	}
	for _, name := range [...]string{p.recording, p.publication, p.rendition, p.series, p.file} {
		if len(name) > maxName || strings.HasPrefix(name, ".") || strings.ContainsFunc(name, foreign) {
			return false
		}
	}
	return true
}

// foreign reports whether a character stands in none of our names.
func foreign(r rune) bool {
	return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '.' && r != '-' && r != '_'
}

// storageKey is the key of what a request asks for in the storage.
func storageKey(r *http.Request) string { return strings.TrimPrefix(r.URL.Path, "/") }
