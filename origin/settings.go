package origin

import (
	"fmt"
	"net/http"
)

// Settings are what of hls.* of the configuration concerns answers.
type Settings struct {
	// StaleCode is for playlists that have not changed for 1.5 target durations.
	StaleCode StaleCode `key:"hls.stale" default:"off" help:"off | 404 | 503: status of playlists that have not changed for 1.5 target durations, so that a CDN asks another origin. off: they are served as they are."`
}

// StaleCode is a status code, or 0: off.
type StaleCode int

// UnmarshalText implements encoding.TextUnmarshaler.
func (c *StaleCode) UnmarshalText(text []byte) error {
	switch string(text) {
	case "off":
		*c = 0
	case "404":
		*c = http.StatusNotFound
	case "503":
		*c = http.StatusServiceUnavailable
	default:
		return fmt.Errorf("%.40q is not allowed; use off, 404 or 503", text)
	}
	return nil
}
