package origin

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"path"
	"strings"

	"github.com/globalfandom/lightstick/internal/httpcache"
	"github.com/globalfandom/lightstick/media"
	"github.com/globalfandom/lightstick/packager"
	"github.com/globalfandom/lightstick/storage/objectstore"
	"github.com/globalfandom/lightstick/storage/recording"
)

// Archive knows what streams were, and what has left memory.
type Archive interface {
	// Recorded reports whether a stream's last broadcast can be watched as a recording in
	// its place.
	Recorded(id media.StreamID) bool
	// Latest serves the playlists of a stream that is not on air: those of its newest
	// recording. It fails with recording.ErrNotFound.
	Latest(ctx context.Context, id media.StreamID) (*packager.Stream, error)
	// Recording serves a recording's playlists. It fails with recording.ErrNotFound.
	Recording(ctx context.Context, id media.StreamID, recording string) (*packager.Stream, error)
	// Open opens an object that never changes. It fails with objectstore.ErrNotFound.
	Open(ctx context.Context, key string) (io.ReadSeekCloser, error)
	// Small reads an object that may change. It fails with objectstore.ErrNotFound.
	Small(ctx context.Context, key string) ([]byte, error)
}

// noArchive has nothing.
type noArchive struct{}

func (noArchive) Recorded(media.StreamID) bool { return false }

func (noArchive) Latest(context.Context, media.StreamID) (*packager.Stream, error) {
	return nil, recording.ErrNotFound
}

func (noArchive) Recording(context.Context, media.StreamID, string) (*packager.Stream, error) {
	return nil, recording.ErrNotFound
}

func (noArchive) Open(context.Context, string) (io.ReadSeekCloser, error) {
	return nil, objectstore.ErrNotFound
}
func (noArchive) Small(context.Context, string) ([]byte, error) { return nil, objectstore.ErrNotFound }

// recordings is where a path has the word instead of a publication: the recording's
// ID is then in the place of the rendition.
const recordings = "recordings"

// plausible reports whether something could lie there: names are ours, and harmless.
func (p requestPath) plausible() bool {
	if _, err := media.ParseStreamID(string(p.stream)); err != nil {
		return false
	}
	for _, name := range []string{p.publication, p.rendition, p.timedObjects, p.file} {
		if len(name) > maxName || strings.HasPrefix(name, ".") || strings.ContainsFunc(name, func(r rune) bool {
			return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '.' && r != '-' && r != '_'
		}) {
			return false
		}
	}
	return true
}

// maxName bounds an element of a path that the archive is asked for, in bytes.
const maxName = 100

// recordedTypes are the files of a recording that viewers may have, by their ending.
var recordedTypes = map[string][]string{
	".json": jsonType, ".jpg": {"image/jpeg"}, ".vtt": {"text/vtt"}, ".mp4": videoType,
}

// serveRecording serves what lies in a recording's directory.
func (s *Server) serveRecording(w http.ResponseWriter, r *http.Request, p requestPath) {
	if !p.plausible() {
		s.fail(w, r, kindMedia, errNoStream)
		return
	}
	if p.timedObjects != "" {
		stream, err := s.archive.Recording(r.Context(), p.stream, p.rendition)
		if err != nil {
			s.fail(w, r, kindTimedObjects, err)
			return
		}
		s.serveTimedObjects(w, r, stream, p)
		return
	}
	if strings.HasSuffix(p.file, playlistSuffix) {
		stream, err := s.archive.Recording(r.Context(), p.stream, p.rendition)
		if err != nil {
			s.fail(w, r, kindPlaylist, err)
			return
		}
		s.serveEnded(w, r, stream, p)
		return
	}
	contentType, ok := recordedTypes[path.Ext(p.file)]
	if !ok {
		s.fail(w, r, kindMedia, errNoStream)
		return
	}
	h := w.Header()
	h["Content-Type"] = contentType
	httpcache.SetHeader(h, httpcache.Recorded)
	key := strings.TrimPrefix(r.URL.Path, "/")
	if path.Ext(p.file) == ".mp4" {
		// video.2.mp4, the second file of a recording whose format changed, becomes ID.2.mp4.
		h["Content-Disposition"] = []string{`attachment; filename="` + p.rendition + strings.TrimPrefix(p.file, "video") + `"`}
		if err := s.serveObject(w, r, key); err != nil {
			s.fail(w, r, kindMedia, err)
		}
		return
	}
	text, err := s.archive.Small(r.Context(), key)
	if err != nil {
		s.fail(w, r, kindMedia, err)
		return
	}
	h["Etag"] = httpcache.EntityTag(text, "")
	s.serveContent(w, r, bytes.NewReader(text))
}

// serveEnded serves a playlist of what is over.
func (s *Server) serveEnded(w http.ResponseWriter, r *http.Request, stream *packager.Stream, p requestPath) {
	d, err := parseDirectives(r.URL.RawQuery)
	if isPosition(err) {
		err = nil // a position means nothing now (RFC 8216bis §6.2.5.2)
	}
	if err != nil {
		s.fail(w, r, kindPlaylist, err)
		return
	}
	if p.file == multivariantFile {
		s.writeDocument(w, r, kindMultivariant, httpcache.EndedPlaylist, stream.Multivariant(d.span))
		return
	}
	rendition, target, iFrames, ok := findPlaylist(stream, p.file)
	if !ok {
		s.fail(w, r, kindPlaylist, errNoStream)
		return
	}
	view, ok := rendition.Snapshot().In(target)
	if !ok {
		s.fail(w, r, kindPlaylist, errNoStream)
		return
	}
	s.writePlaylist(w, r, view, d, iFrames)
}

// serveOffAir serves a stream that has no broadcast going on here: its last one, or
// what a storage has of it.
func (s *Server) serveOffAir(w http.ResponseWriter, r *http.Request, p requestPath) {
	if p.timedObjects != "" {
		if err := s.serveOffAirTimedObjects(w, r, p); err != nil {
			s.fail(w, r, kindTimedObjects, err)
		}
		return
	}
	if p.publication != "" && path.Ext(p.file) == ".json" {
		if err := s.serveTimedObject(w, r, nil, p); err != nil {
			s.fail(w, r, kindTimedObjects, err)
		}
		return
	}
	if p.publication != "" {
		if err := s.serveArchived(w, r, p); err != nil {
			s.fail(w, r, kindMedia, err)
		}
		return
	}
	if !strings.HasSuffix(p.file, playlistSuffix) {
		s.fail(w, r, kindUnknown, errNoStream)
		return
	}
	if !p.plausible() {
		s.fail(w, r, kindPlaylist, errNoStream)
		return
	}
	stream, err := s.archive.Latest(r.Context(), p.stream)
	if err == nil {
		s.serveEnded(w, r, stream, p)
		return
	}
	if !errors.Is(err, recording.ErrNotFound) {
		s.fail(w, r, kindPlaylist, err)
		return
	}
	text, err := s.archive.Small(r.Context(), strings.TrimPrefix(r.URL.Path, "/"))
	if err != nil {
		s.fail(w, r, kindPlaylist, err)
		return
	}
	h := w.Header()
	h["Content-Type"] = playlistType
	httpcache.SetHeader(h, httpcache.LivePlaylist)
	h["Etag"] = httpcache.EntityTag(text, "")
	s.serveContent(w, r, bytes.NewReader(text))
}

// serveArchived serves an initialization section or a segment that memory does not
// have.
func (s *Server) serveArchived(w http.ResponseWriter, r *http.Request, p requestPath) error {
	if !p.plausible() {
		return packager.ErrGone
	}
	if position, ok := parseMediaFile(p.file); p.file != initFile && (!ok || position.Part != packager.WholeSegment) {
		return packager.ErrGone
	}
	mediaHeader(w.Header(), p, p.rendition != soundOnly)
	return s.serveObject(w, r, strings.TrimPrefix(r.URL.Path, "/"))
}

// soundOnly is the name of the rendition without picture.
const soundOnly = "audio"

func (s *Server) serveObject(w http.ResponseWriter, r *http.Request, key string) error {
	object, err := s.archive.Open(r.Context(), key)
	if errors.Is(err, objectstore.ErrNotFound) {
		return packager.ErrGone
	}
	if err != nil {
		return err
	}
	defer object.Close()
	s.serveContent(w, r, object)
	return nil
}
