package httpserver

import (
	"net/http"
	"strings"
)

// RedirectToHTTPS leads to the same path at our own name, whatever name was asked for.
func RedirectToHTTPS(domain string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		target := *r.URL
		target.Scheme, target.Host, target.User, target.Opaque = "https", domain, nil, ""
		if !strings.HasPrefix(target.Path, "/") {
			target.Path, target.RawPath = "/", ""
		}
		http.Redirect(w, r, target.String(), http.StatusMovedPermanently)
	})
}
