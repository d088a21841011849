// Package web holds the pages, of viewers and of the operator, and serves them:
// TypeScript in src, built by Vite into dist, embedded into the binary. Without a build
// the server still works, and its pages say what to do.
package web

import (
	"bytes"
	"embed"
	"io/fs"
	"net/http"
	"strings"
	"time"

	"github.com/globalfandom/lightstick/internal/httpcache"
)

//go:embed all:dist
var dist embed.FS

// Origins are where pages may fetch from besides their own: scheme, host and port.
type Origins struct {
	Media    []string
	Pictures []string // of the chat's emotes
}

// policyFor is the Content-Security-Policy of viewers' pages: nothing from elsewhere,
// but what comes from the origins given. Components style their shadow roots inline;
// media come through blob: URLs, or with the browser's own player from where they are, and
// pictures of segments from where the segments are,
// and each text track that hls.js makes is an empty data: URL at first.
// The chat's WebSocket is 'self', too (CSP 3, section 6.7.2.8).
func policyFor(origins Origins) string {
	also, pictures := list(origins.Media), list(origins.Pictures)
	return "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self'" + also + pictures + "; font-src 'self'; " +
		"connect-src 'self'" + also + "; media-src 'self' blob: data:" + also + "; base-uri 'none'; form-action 'none'; frame-ancestors *"
}

// list puts a space in front of each origin.
func list(origins []string) string {
	var b strings.Builder
	for _, origin := range origins {
		b.WriteString(" " + origin)
	}
	return b.String()
}

const notBuilt = `<!doctype html>
<meta charset="utf-8"><title>Lightstick</title>
<body style="font: 16px/1.5 system-ui; max-width: 40em; margin: 15vh auto; padding: 0 1em">
<h1>The pages are not built yet</h1>
<p>This server was compiled without its web pages. Run <code>make build</code> (it needs Node) and start it again.
The streams themselves work: open <code>/live/STREAM/index.m3u8</code> in any HLS player.</p>
`

// Built reports whether the pages were built into this binary.
func Built() bool {
	_, err := fs.Stat(dist, "dist/watch.html")
	return err == nil
}

// Register adds the pages' routes to mux.
func Register(mux *http.ServeMux, origins Origins, shows Shows) {
	policy := policyFor(origins)
	mux.HandleFunc("GET /watch/{stream}", page("watch.html", func(body []byte) http.HandlerFunc { return watchPage(body, policy, shows) }))
	list := page("shows.html", func(body []byte) http.HandlerFunc { return showsPage(body, policy, shows) })
	mux.HandleFunc("GET /watch", list)
	mux.HandleFunc("GET /watch/{$}", list)
	mux.HandleFunc("GET /dashboard", page("dashboard.html", func(body []byte) http.HandlerFunc { return document{body, operatorPolicy}.serve }))
	mux.HandleFunc("GET /publish", page("publish.html", func(body []byte) http.HandlerFunc { return document{body, operatorPolicy}.serve }))
	mux.Handle("GET /static/", assets())
}

// page serves a file of the build by what makes a handler of it; without a build it says
// what to do.
func page(name string, handler func(body []byte) http.HandlerFunc) http.HandlerFunc {
	body, err := fs.ReadFile(dist, "dist/"+name)
	if err == nil {
		return handler(body)
	}
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		httpcache.SetHeader(w.Header(), httpcache.Failure)
		w.WriteHeader(http.StatusServiceUnavailable)
		_, _ = w.Write([]byte(notBuilt))
	}
}

// document is an HTML page and its Content-Security-Policy.
type document struct {
	body   []byte
	policy string
}

func (d document) serve(w http.ResponseWriter, r *http.Request) {
	header := w.Header()
	header.Set("Content-Type", "text/html; charset=utf-8")
	header.Set("X-Content-Type-Options", "nosniff")
	// Just the site: a link to this page may hold a token.
	header.Set("Referrer-Policy", "strict-origin")
	header.Set("Content-Security-Policy", d.policy)
	httpcache.SetHeader(header, httpcache.Page)
	header["Etag"] = httpcache.EntityTag(d.body, "")
	http.ServeContent(w, httpcache.WithoutIgnoredRange(r), "", time.Time{}, bytes.NewReader(d.body))
}

// assets serves the files whose names hold their hash.
func assets() http.Handler {
	root, err := fs.Sub(dist, "dist")
	if err != nil {
		panic(err) // the pattern above names the folder
	}
	files := http.FileServerFS(root)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/") {
			http.NotFound(w, r) // no listings
			return
		}
		if _, err := fs.Stat(root, strings.TrimPrefix(r.URL.Path, "/")); err == nil {
			httpcache.SetHeader(w.Header(), httpcache.Asset)
		}
		w.Header().Set("X-Content-Type-Options", "nosniff")
		files.ServeHTTP(w, httpcache.WithoutIgnoredRange(r))
	})
}
