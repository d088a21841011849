package http1

import "net/http"

// CloseAfterChunked ends an HTTP/1.1 connection after each chunked request: for
// listeners with TLS, whose connections net/http must see as they are. It takes
// Transfer-Encoding beside Content-Length, drops the latter and keeps the connection open,
// which after such a request must be closed (RFC 9112 §6.1).
func CloseAfterChunked(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.ProtoMajor == 1 && len(r.TransferEncoding) > 0 {
			w.Header().Set("Connection", "close")
		}
		h.ServeHTTP(w, r)
	})
}
