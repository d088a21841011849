package check

import (
	"mime"
	"path"
	"strings"
)

// checkHeaders checks an answer's headers. kind is one of those of fetch.go.
func checkHeaders(l *ledger, where Position, q request, r *response) {
	if r.status != 200 && r.status != 206 {
		return
	}
	header := r.header
	l.check(ruleNoCookie, where, header.Get("Set-Cookie") == "", "%s: Set-Cookie", q.url.Path)
	l.check(ruleCacheControl, where, header.Get("Cache-Control") != "" || header.Get("Expires") != "",
		"%s: neither Cache-Control nor Expires", q.url.Path)
	l.check(ruleCORS, where, header.Get("Access-Control-Allow-Origin") != "", "%s: no Access-Control-Allow-Origin", q.url.Path)
	if q.url.Scheme == "https" {
		l.check(ruleHTTP2, where, r.proto >= 2, "HTTP/%d", r.proto)
	}
	kind, _, _ := mime.ParseMediaType(header.Get("Content-Type"))
	switch q.kind {
	case kindMultivariant, kindPlaylist, kindProbe:
		checkPlaylistHeaders(l, where, q, r, kind)
	default:
		media := strings.HasPrefix(kind, "video/") || strings.HasPrefix(kind, "audio/") || kind == "application/mp4" || kind == "text/vtt"
		l.check(ruleMediaMIME, where, media, "%s: Content-Type %s", q.url.Path, quote(kind))
	}
}

func checkPlaylistHeaders(l *ledger, where Position, q request, r *response, kind string) {
	kind = strings.ToLower(kind)
	known := kind == "application/vnd.apple.mpegurl" || kind == "audio/mpegurl"
	ext := path.Ext(q.url.Path)
	l.check(rulePlaylistMIME, where, known || ext == ".m3u8" || ext == ".m3u", "%s: Content-Type %s", q.url.Path, quote(kind))
	if q.gzip {
		l.check(ruleGzip, where, r.gzipped || q.kind == kindMultivariant, "%s: gzip was asked for", q.url.Path)
	} else {
		l.check(ruleGzipAsked, where, r.header.Get("Content-Encoding") == "", "%s: Content-Encoding %s",
			q.url.Path, quote(r.header.Get("Content-Encoding")))
	}
}
