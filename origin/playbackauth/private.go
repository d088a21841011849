package playbackauth

import (
	"net/http"
	"strings"

	"github.com/globalfandom/lightstick/internal/httpcache"
)

// private is an answer to a request whose token stands in a header: its address is that
// of everybody, so that a cache between us and the viewer would hand it to anybody.
type private struct {
	http.ResponseWriter
	written bool
}

func (p *private) Unwrap() http.ResponseWriter { return p.ResponseWriter }

func (p *private) WriteHeader(code int) {
	p.keep()
	p.ResponseWriter.WriteHeader(code)
}

func (p *private) Write(b []byte) (int, error) {
	p.keep()
	return p.ResponseWriter.Write(b)
}

// keep lets only the viewer's own cache keep the answer.
func (p *private) keep() {
	if p.written {
		return
	}
	p.written = true
	h := p.Header()
	if value, public := strings.CutPrefix(h.Get("Cache-Control"), "public"); public {
		httpcache.ResetHeader(h, httpcache.Private)
		value, _, _ = strings.Cut(value, ", s-maxage")
		h["Cache-Control"] = []string{"private" + value}
		h["Vary"] = []string{"Authorization, Cookie, Accept-Encoding"}
	}
}
