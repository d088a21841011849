package hls

import (
	"errors"

	"github.com/globalfandom/lightstick/tools/loadtest/internal/measure"
)

var (
	errPlaylist  = errors.New("malformed playlist")
	errNoReload  = errors.New("no blocking reload offered")
	errStale     = errors.New("reload answered without news")
	errRewound   = errors.New("playlist went back")
	errTooMuch   = errors.New("absurd playlist")
	errRedirects = errors.New("too many redirects")
)

// kindOf sorts an error into one of few kinds.
func kindOf(err error) string {
	return measure.KindOf(err, errPlaylist, errNoReload, errStale, errRewound, errTooMuch, errRedirects)
}
