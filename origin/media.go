package origin

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"

	"github.com/globalfandom/lightstick/internal/httpcache"
	"github.com/globalfandom/lightstick/packager"
)

// initFile is the name of every initialization section.
const initFile = "init.mp4"

// Header values that every answer shares.
var (
	videoType  = []string{"video/mp4"}
	audioType  = []string{"audio/mp4"}
	byteRanges = []string{"bytes"}
)

// mediaHandler serves initialization sections, segments and parts. A request for
// the part that EXT-X-PRELOAD-HINT names is held until the part is whole.
type mediaHandler struct {
	*responder
	storage Storage
}

func (h *mediaHandler) serve(w http.ResponseWriter, r *http.Request, p requestPath, from source) error {
	err := packager.ErrGone
	if from.stream != nil {
		err = h.serveLive(w, r, p, from.stream)
	}
	if errors.Is(err, packager.ErrGone) {
		return h.serveStored(w, r, p)
	}
	return err
}

func (h *mediaHandler) serveLive(w http.ResponseWriter, r *http.Request, p requestPath, stream *packager.Stream) error {
	rendition, ok := stream.Rendition(p.rendition)
	if !ok {
		return packager.ErrGone
	}
	mediaHeader(w.Header(), p, rendition.IsVideo())
	if position, ok := parseMediaFile(p.file); ok {
		return h.servePosition(w, r, stream, rendition, p.publication, position)
	}
	return h.serveInit(w, r, rendition, p)
}

// soundOnly is the name of the rendition without picture.
const soundOnly = "audio"

// serveStored serves an initialization section or a segment that memory does not
// have.
func (h *mediaHandler) serveStored(w http.ResponseWriter, r *http.Request, p requestPath) error {
	if !p.plausible() {
		return packager.ErrGone
	}
	if position, ok := parseMediaFile(p.file); p.file != initFile && (!ok || position.Part != packager.WholeSegment) {
		return packager.ErrGone
	}
	mediaHeader(w.Header(), p, p.rendition != soundOnly)
	return h.serveObject(w, r, h.storage)
}

func mediaHeader(h http.Header, p requestPath, video bool) {
	h["Content-Type"] = audioType
	if video {
		h["Content-Type"] = videoType
	}
	h["Etag"] = mediaTag(p)
	httpcache.SetHeader(h, httpcache.Media)
}

// mediaTag is the entity tag of what has a publication in its URL: the URL is never
// reused, so that it is as good a tag as any.
func mediaTag(p requestPath) []string {
	return []string{`"` + p.publication + "-" + p.rendition + "-" + p.file + `"`}
}

func (h *mediaHandler) serveInit(w http.ResponseWriter, r *http.Request, rendition *packager.Rendition, p requestPath) error {
	if p.file != initFile {
		return packager.ErrGone
	}
	section, err := rendition.Init(p.publication)
	if err != nil {
		return err
	}
	h.serveContent(w, r, bytes.NewReader(section))
	return nil
}

// parseMediaFile reads "MSN.m4s" and "MSN.PART.m4s".
func parseMediaFile(file string) (packager.Position, bool) {
	name, ok := strings.CutSuffix(file, ".m4s")
	if !ok {
		return packager.Position{}, false
	}
	first, second, isPart := strings.Cut(name, ".")
	p := packager.Position{Part: packager.WholeSegment}
	if p.MSN, ok = parseNumber(first); !ok {
		return p, false
	}
	if isPart {
		part, ok := parseNumber(second)
		p.Part = int(part)
		return p, ok
	}
	return p, true
}

// parseNumber reads a number that has only one spelling: no sign, no leading zero.
func parseNumber(text string) (int64, bool) {
	if text == "" || (text[0] == '0' && len(text) > 1) || len(text) > 15 {
		return 0, false
	}
	n := int64(0)
	for _, c := range []byte(text) {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + int64(c-'0')
	}
	return n, true
}

func (h *mediaHandler) servePosition(
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
	chunks := segment.Chunks()
	if chunks == nil || r.Method != http.MethodGet || len(r.Header["Range"]) > 0 || len(r.Header["If-Match"]) > 0 {
		return h.serveReader(w, r, segment, p)
	}
	if p.Part != packager.WholeSegment {
		if p.Part >= len(chunks) {
			return packager.ErrGone
		}
		chunks = chunks[p.Part : p.Part+1]
	}
	if notModified(w, r) {
		h.count(r, kindMedia, http.StatusNotModified, 0)
		return nil
	}
	h.count(r, kindMedia, http.StatusOK, writeChunks(w, chunks))
	return nil
}

// writeChunks writes memory that all viewers share, without copying it.
func writeChunks(w http.ResponseWriter, chunks [][]byte) (written int) {
	size := 0
	for _, c := range chunks {
		size += len(c)
	}
	header := w.Header()
	header["Content-Length"] = []string{strconv.Itoa(size)}
	header["Accept-Ranges"] = byteRanges
	for _, c := range chunks {
		n, err := w.Write(c)
		written += n
		if err != nil {
			break // the player has gone
		}
	}
	return written
}

func (h *mediaHandler) serveReader(w http.ResponseWriter, r *http.Request, segment *packager.Segment, p packager.Position) error {
	open := segment.Open
	if p.Part != packager.WholeSegment {
		open = func() (io.ReadSeekCloser, error) { return segment.OpenPart(p.Part) }
	}
	reader, err := open()
	if err != nil {
		return err
	}
	defer reader.Close()
	h.serveContent(w, r, reader)
	return nil
}
