package control

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/globalfandom/lightstick/cdn/cdnlog"
	"github.com/globalfandom/lightstick/cdn/cost"
)

// LogImporter counts logs of CDNs.
type LogImporter interface {
	// ImportLog reads one log to its end. It fails with cdnlog.ErrFormat, cdnlog.ErrBusy, or
	// the reader's error.
	ImportLog(ctx context.Context, r io.Reader, cdn string, f cdnlog.Format) (cdnlog.Summary, error)
}

// The path of logs. Its body is a stream without bound, which huma would gather.
const cdnLogsPath = "/api/v1/cdn-logs"

func (a *API) registerLogs(api huma.API, mux *http.ServeMux) {
	mux.HandleFunc("POST "+cdnLogsPath, a.postLog)
	op := operation("POST", "/cdn-logs", "import-cdn-log", "Count a CDN's access log", http.StatusOK)
	op.Description = "The body is the log itself, plain or gzip, of any length. The same log counts once."
	text := &huma.Schema{Type: huma.TypeString}
	op.RequestBody = &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{"application/octet-stream": {Schema: text}}}
	formats := &huma.Schema{Type: huma.TypeString}
	for _, f := range cdnlog.Formats {
		formats.Enum = append(formats.Enum, f)
	}
	op.Parameters = []*huma.Param{
		{Name: "cdn", In: "query", Required: true, Schema: text, Example: "cloudfront", Description: "The CDN, as the price table names it"},
		{Name: "format", In: "query", Schema: formats, Description: "auto: by its first line"},
	}
	op.Responses = problems(api, http.StatusUnauthorized, http.StatusTooManyRequests, http.StatusConflict, http.StatusUnprocessableEntity, http.StatusInternalServerError)
	summary := api.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[cdnlog.Summary](), true, "Summary")
	op.Responses["200"] = &huma.Response{Description: "What it held", Content: map[string]*huma.MediaType{"application/json": {Schema: summary}}}
	api.OpenAPI().AddOperation(&op)
}

// logSilence is how long a sender may be silent.
const logSilence = time.Minute

// patient moves the deadline with each read: a long log takes longer than any fixed one.
type patient struct {
	body io.Reader
	rc   *http.ResponseController
}

func (p patient) Read(b []byte) (int, error) {
	_ = p.rc.SetReadDeadline(time.Now().Add(logSilence)) // where it can't be set the server's holds
	return p.body.Read(b)
}

func (a *API) postLog(w http.ResponseWriter, r *http.Request) {
	if _, refused := a.authorise(r); refused != nil {
		w.Header().Set(refused.header, refused.value)
		problem(w, refused.status, refused.detail)
		return
	}
	cdn, format := r.URL.Query().Get("cdn"), r.URL.Query().Get("format")
	switch {
	case !cost.NamePattern.MatchString(cdn) || cdn == cost.OriginCDN:
		problem(w, http.StatusUnprocessableEntity, "cdn: name the CDN as the price table does, such as cloudfront; 1 to 32 of a-z, 0-9 and -")
		return
	case format != "" && !slices.Contains(cdnlog.Formats, format):
		problem(w, http.StatusUnprocessableEntity, "format: use auto, cloudfront, fastly or json")
		return
	}
	summary, err := a.Logs.ImportLog(r.Context(), patient{r.Body, http.NewResponseController(w)}, cdn, cdnlog.Format(format))
	switch {
	case err == nil:
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(summary) // an error means that the client has gone
	case errors.Is(err, cdnlog.ErrBusy):
		problem(w, http.StatusConflict, err.Error())
	case errors.Is(err, cdnlog.ErrFormat), errors.Is(err, cdnlog.ErrRead):
		problem(w, http.StatusUnprocessableEntity, strings.TrimPrefix(err.Error(), "cdnlog: "))
	case r.Context().Err() == nil:
		a.Log.Error("api", "err", err)
		problem(w, http.StatusInternalServerError, "the database failed; see the server's log")
	}
}

// problem writes an error as huma does (RFC 9457).
func problem(w http.ResponseWriter, status int, detail string) {
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(huma.ErrorModel{Title: http.StatusText(status), Status: status, Detail: detail})
}
