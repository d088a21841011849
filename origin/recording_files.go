package origin

import (
	"net/http"
	"path"
	"strings"

	"github.com/globalfandom/lightstick/internal/httpcache"
)

// recordedTypes are the files of a recording that viewers may have, by their ending.
var recordedTypes = map[string][]string{
	".json": jsonType, ".jpg": jpegType, ".vtt": {"text/vtt"}, ".mp4": videoType,
}

// recordingFileHandler serves the files of a recording that are neither playlists nor media:
// its description, pictures and MP4s.
type recordingFileHandler struct {
	*responder
	storage Storage
}

func (h *recordingFileHandler) serve(w http.ResponseWriter, r *http.Request, p requestPath, _ source) error {
	contentType, ok := recordedTypes[path.Ext(p.file)]
	if !ok {
		return errNoStream
	}
	header := w.Header()
	header["Content-Type"] = contentType
	httpcache.SetHeader(header, httpcache.Recorded)
	if path.Ext(p.file) == ".mp4" {
		// video.2.mp4, the second file of a recording whose format changed, becomes ID.2.mp4.
		header["Content-Disposition"] = []string{`attachment; filename="` + p.recording + strings.TrimPrefix(p.file, "video") + `"`}
		return h.serveObject(w, r, h.storage)
	}
	text, err := h.storage.Small(r.Context(), storageKey(r))
	if err != nil {
		return err
	}
	h.serveText(w, r, text)
	return nil
}
