package whip

import (
	"errors"
	"net/http"
	"strconv"

	"github.com/globalfandom/lightstick/ingest"
)

var (
	errFull = errors.New("as many publish by WebRTC as this server takes; try again later")
	errRate = errors.New("too many offers from this network; try again later")
	// errNoKey: a request without a stream key.
	errNoKey = errors.New("send the stream key as bearer token in the Authorization field")
	// errUnprocessable: an offer or fragment that is well-formed, and asks for what is not
	// done here. The error that wraps it says what to send.
	errUnprocessable = errors.New("offer can't be answered")
	// errBusyNegotiating: two restarts of one session at a time.
	errBusyNegotiating = errors.New("another request changes this session; try again")
)

// status is the code of the answer to an offer or a fragment.
func status(err error) int {
	for _, known := range []struct {
		err  error
		code int
	}{
		{errNoKey, http.StatusUnauthorized},
		{ingest.ErrUnauthorized, http.StatusUnauthorized},
		{ingest.ErrTooManyAttempts, http.StatusTooManyRequests},
		{errRate, http.StatusTooManyRequests},
		{ingest.ErrBusy, http.StatusConflict},
		{errBusyNegotiating, http.StatusConflict},
		{ingest.ErrMalformed, http.StatusBadRequest},
		{ingest.ErrUnsupported, http.StatusUnprocessableEntity},
		{errUnprocessable, http.StatusUnprocessableEntity},
	} {
		if errors.Is(err, known.err) {
			return known.code
		}
	}
	return http.StatusServiceUnavailable
}

// refuse answers with the reason as text.
func refuse(w http.ResponseWriter, err error) {
	code := status(err)
	switch code {
	case http.StatusUnauthorized: // RFC 9725 §4.7, RFC 6750 §3
		w.Header().Set("WWW-Authenticate", `Bearer realm="stream key"`)
	case http.StatusServiceUnavailable, http.StatusTooManyRequests:
		w.Header().Set("Retry-After", strconv.Itoa(int(retryAfter.Seconds())))
	}
	http.Error(w, err.Error(), code)
}
