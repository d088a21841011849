package origin

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/globalfandom/lightstick/internal/httpcache"
	"github.com/globalfandom/lightstick/packager"
	"github.com/globalfandom/lightstick/storage/objectstore"
	"github.com/globalfandom/lightstick/storage/recording"
)

var (
	// errHeld ends the wait for a position that did not come in time.
	errHeld = errors.New("origin: nothing new came within three target durations")
	// errNoStream reports a stream or rendition that isn't there.
	errNoStream = errors.New("origin: no such stream")
	// errStale reports a playlist that has stood still for too long.
	errStale = errors.New("origin: nothing new came for one and a half target durations")
	// Errors of requests that no player makes.
	errMethod     = errors.New("origin: method")
	errLongURI    = errors.New("origin: the address is too long")
	errLongHeader = errors.New("origin: the header is too long")
)

// queryError reports query parameters that contradict RFC 8216bis §6.2.5, or are not what
// they should be. Its text is for whoever sent them.
type queryError struct {
	text     string
	position bool // of _HLS_msn and _HLS_part, which mean nothing once a stream has ended
}

// Error implements error.
func (e *queryError) Error() string { return e.text }

func badQuery(format string, args ...any) error {
	return &queryError{text: fmt.Sprintf(format, args...)}
}

func badPosition(format string, args ...any) error {
	return &queryError{text: fmt.Sprintf(format, args...), position: true}
}

// isPosition reports whether an error is about the position that a query names.
func isPosition(err error) bool {
	query, ok := errors.AsType[*queryError](err)
	return ok && query.position
}

// failure is the answer to an error: text says to viewers and developers of players what
// has happened and what to do.
type failure struct {
	code   int
	policy httpcache.Kind
	text   string
}

// failures are the one table from errors to answers.
var failures = []struct {
	of error
	failure
}{
	{packager.ErrTooFar, failure{http.StatusBadRequest, httpcache.NotFound, "this position is too far ahead of the live edge; load the playlist without _HLS_msn and go on from there"}},
	{packager.ErrGone, failure{http.StatusNotFound, httpcache.NotFound, "this part of the stream is not here: it is no longer kept, or never was; load the playlist again"}},
	{errNoStream, failure{http.StatusNotFound, httpcache.NotFound, "there is no such stream or file, or it has not begun; check the address, or try again in a moment"}},
	{errNoThumbnail, failure{http.StatusNotFound, httpcache.NotFound, "there is no picture of this stream: it is off air, has sound only, or the server has no FFmpeg"}},
	{errBusy, failure{http.StatusServiceUnavailable, httpcache.Failure, "too many other pictures wait to be drawn; try again in a moment"}},
	{recording.ErrNotFound, failure{http.StatusNotFound, httpcache.NotFound, "there is no such recording; it may have been deleted"}},
	{objectstore.ErrNotFound, failure{http.StatusNotFound, httpcache.NotFound, "there is no such stream or file: it has not begun, is no longer kept, or never was; check the address, or try again in a moment"}},
	{errMethod, failure{http.StatusMethodNotAllowed, httpcache.NotFound, "use " + methods}},
	{errLongURI, failure{http.StatusRequestURITooLong, httpcache.NotFound, fmt.Sprintf("the address is longer than %d bytes; shorten it", maxURI)}},
	{errLongHeader, failure{http.StatusRequestHeaderFieldsTooLarge, httpcache.NotFound, fmt.Sprintf("the request's header is longer than %d bytes; send fewer or shorter fields", maxHeader)}},
	{errHeld, failure{http.StatusServiceUnavailable, httpcache.Failure, "nothing new came in time: the broadcast is interrupted; try again in a moment"}},
	{packager.ErrHalted, failure{http.StatusServiceUnavailable, httpcache.Failure, "the server is restarting; try again in a moment"}},
	{errStale, failure{0, httpcache.Failure, "the stream stands still here; try again in a moment, or at another server"}}, // Config.StaleCode
}

// internal is the answer to errors that nobody outside can do anything about.
var internal = failure{http.StatusInternalServerError, httpcache.Failure, "the server could not answer; try again in a moment"}

// failureOf finds the answer to an error.
func failureOf(err error, staleCode int) failure {
	if query, ok := errors.AsType[*queryError](err); ok {
		return failure{http.StatusBadRequest, httpcache.NotFound, query.text}
	}
	for _, f := range failures {
		if !errors.Is(err, f.of) {
			continue
		}
		if f.code == 0 {
			if f.code = staleCode; staleCode == http.StatusNotFound {
				f.policy = httpcache.NotFound
			}
		}
		return f.failure
	}
	return internal
}
