package origin

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/globalfandom/lightstick/cdn"
	"github.com/globalfandom/lightstick/packager"
)

// initFile is the name of every initialization section.
const initFile = "init.mp4"

// serveMedia serves initialization sections, segments and parts. A request for
// the part that EXT-X-PRELOAD-HINT names is held until the part is whole.
func (s *Server) serveMedia(w http.ResponseWriter, r *http.Request) {
	_, stream, err := s.find(r)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	rendition, ok := stream.Rendition(r.PathValue("rendition"))
	if !ok {
		s.fail(w, r, errNoStream)
		return
	}
	publication, file := r.PathValue("publication"), r.PathValue("file")
	header := w.Header()
	header.Set("Content-Type", rendition.ContentType())
	header.Set("Etag", `"`+publication+"-"+rendition.Name()+"-"+file+`"`)
	header.Set("Cache-Control", cdn.CacheControl(cdn.Media))
	if file == initFile {
		section, err := rendition.Init(publication)
		if err != nil {
			s.failMedia(w, r, err)
			return
		}
		deadline(w)
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(section))
		return
	}
	position, ok := parseMediaFile(file)
	if !ok {
		s.failMedia(w, r, packager.ErrGone)
		return
	}
	if err := s.servePosition(w, r, stream, rendition, publication, position); err != nil {
		s.failMedia(w, r, err)
	}
}

// failMedia takes back the headers that were meant for the media.
func (s *Server) failMedia(w http.ResponseWriter, r *http.Request, err error) {
	w.Header().Del("Etag")
	w.Header().Del("Content-Type")
	s.fail(w, r, err)
}

// parseMediaFile reads "MSN.m4s" and "MSN.PART.m4s".
func parseMediaFile(file string) (packager.Position, bool) {
	name, ok := strings.CutSuffix(file, ".m4s")
	if !ok {
		return packager.Position{}, false
	}
	first, second, isPart := strings.Cut(name, ".")
	p := packager.Position{Part: packager.WholeSegment}
	msn, err := strconv.ParseInt(first, 10, 64)
	if err != nil || msn < 0 || strconv.FormatInt(msn, 10) != first {
		return p, false
	}
	p.MSN = msn
	if isPart {
		if p.Part, err = strconv.Atoi(second); err != nil || p.Part < 0 || strconv.Itoa(p.Part) != second {
			return p, false
		}
	}
	return p, true
}

func (s *Server) servePosition(
	w http.ResponseWriter, r *http.Request, stream *packager.Stream, rendition *packager.Rendition,
	publication string, p packager.Position,
) error {
	if p.Part != packager.WholeSegment && !rendition.Snapshot().Has(p) {
		ctx, cancel := context.WithTimeoutCause(r.Context(), 3*stream.TargetDuration(), errHeld)
		defer cancel()
		if _, err := rendition.Await(ctx, p); err != nil {
			return err
		}
	}
	segment, err := rendition.Segment(publication, p)
	if err != nil {
		return err
	}
	if chunks := segment.Chunks(); chunks != nil && r.Method == http.MethodGet && r.Header.Get("Range") == "" {
		if p.Part != packager.WholeSegment {
			if p.Part >= len(chunks) {
				return packager.ErrGone
			}
			chunks = chunks[p.Part : p.Part+1]
		}
		if !notModified(w, r) {
			writeChunks(w, chunks)
		}
		return nil
	}
	return serveReader(w, r, segment, p)
}

// notModified answers a conditional request for an object that never changes.
func notModified(w http.ResponseWriter, r *http.Request) bool {
	match := r.Header.Get("If-None-Match")
	if match == "" || (match != "*" && !strings.Contains(match, w.Header().Get("Etag"))) {
		return false
	}
	w.WriteHeader(http.StatusNotModified)
	return true
}

// writeChunks writes memory that all viewers share, without copying it.
func writeChunks(w http.ResponseWriter, chunks [][]byte) {
	size := 0
	for _, c := range chunks {
		size += len(c)
	}
	w.Header().Set("Content-Length", strconv.Itoa(size))
	w.Header().Set("Accept-Ranges", "bytes")
	deadline(w)
	for _, c := range chunks {
		if _, err := w.Write(c); err != nil {
			return // the player has gone
		}
	}
}

func serveReader(w http.ResponseWriter, r *http.Request, segment *packager.Segment, p packager.Position) error {
	open := segment.Open
	if p.Part != packager.WholeSegment {
		open = func() (io.ReadSeekCloser, error) { return segment.OpenPart(p.Part) }
	}
	reader, err := open()
	if err != nil {
		return err
	}
	defer reader.Close()
	deadline(w)
	http.ServeContent(w, r, "", time.Time{}, reader)
	return nil
}
