package control

import (
	"net/http"
	"strings"
)

// apiPrefix is the path that the API answers for.
const apiPrefix = "/api/"

// NoRoute is the detail of a 404 for an address that the API doesn't have.
const NoRoute = "there is nothing at this address; GET /api/openapi.json describes the API"

// requestMethods are those that some operation may have.
var requestMethods = []string{http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete}

// unknown answers what no route of mux is for: 405 with the methods that the address
// has (RFC 9110 §15.5.6), or 404.
func unknown(mux *http.ServeMux) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		allowed := methodsAt(mux, r)
		if len(allowed) == 0 {
			problem(w, http.StatusNotFound, NoRoute)
			return
		}
		list := strings.Join(allowed, ", ")
		w.Header().Set("Allow", list)
		problem(w, http.StatusMethodNotAllowed, "this address does not take "+r.Method+"; use "+list)
	}
}

// methodsAt are the methods that mux has another route for than that of the unknown.
func methodsAt(mux *http.ServeMux, r *http.Request) []string {
	var allowed []string
	for _, method := range requestMethods {
		other := r.Clone(r.Context())
		other.Method = method
		if _, pattern := mux.Handler(other); pattern != "" && pattern != apiPrefix {
			allowed = append(allowed, method)
		}
	}
	return allowed
}
