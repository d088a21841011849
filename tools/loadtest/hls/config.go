package hls

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"strings"
	"time"
)

// Mode is how viewers follow a stream.
type Mode string

// The modes of a viewer.
const (
	LowLatency Mode = "low-latency" // blocking reloads, parts
	Plain      Mode = "plain"       // polling, whole segments
)

// Config of a run. The zero value of a field means its default.
type Config struct {
	URL      string        // multivariant or media playlist, http or https
	Viewers  int           // at least 1
	Ramp     time.Duration // over which viewers arrive; 0: all at once
	Duration time.Duration // after the ramp; default 30 s
	Timeout  time.Duration // of a whole answer, held reloads included; default 20 s
	Mode     Mode          // default LowLatency
	Variant  int           // which of the variants with picture, from 0
	NoMedia  bool          // playlists only: a part counts as seen when it is listed
	Preload  bool          // request the hinted part while the reload is held, as Apple's player does
	Gzip     bool          // ask for gzip and unpack playlists, as browsers do; costs the tool CPU
	Header   []string      // further request headers, "Name: value"
	Insecure bool          // accept any certificate

	PID    int           // server process on this machine to watch; 0: none
	Before time.Duration // how long to watch it before the first viewer; 0 without PID
	After  time.Duration // and after the last one; likewise

	Progress io.Writer // a line each second; nil: none

	dial func(ctx context.Context, network, address string) (net.Conn, error) // tests only
}

func (c *Config) setDefaults() {
	c.Duration = cmp.Or(c.Duration, 30*time.Second)
	c.Timeout = cmp.Or(c.Timeout, 20*time.Second)
	c.Mode = cmp.Or(c.Mode, LowLatency)
	if c.PID == 0 {
		c.Before, c.After = 0, 0 // nothing to watch
	}
	if c.Progress == nil {
		c.Progress = io.Discard
	}
	if c.dial == nil {
		c.dial = (&net.Dialer{Timeout: c.Timeout}).DialContext
	}
}

// Validate reports every fault at once.
func (c *Config) Validate() error {
	var faults []error
	fault := func(format string, a ...any) { faults = append(faults, fmt.Errorf(format, a...)) }
	if u, err := url.Parse(c.URL); err != nil {
		fault("url: %w", err)
	} else if (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" {
		fault("url: %q is not http://HOST/… or https://HOST/…", c.URL)
	}
	if c.Viewers < 1 {
		fault("viewers: %d, want at least 1", c.Viewers)
	}
	if c.Mode != "" && c.Mode != LowLatency && c.Mode != Plain {
		fault("mode: %q, want %s or %s", c.Mode, LowLatency, Plain)
	}
	if c.Variant < 0 {
		fault("variant: %d, want 0 or more", c.Variant)
	}
	if c.Preload && (c.NoMedia || c.Mode == Plain) {
		fault("preload: there are no hints to follow without media or in plain mode")
	}
	for _, h := range c.Header {
		if name, _, ok := strings.Cut(h, ":"); !ok || name == "" || strings.ContainsAny(h, "\r\n") {
			fault("header: %q is not 'Name: value'", h)
		}
	}
	for name, d := range map[string]time.Duration{
		"ramp": c.Ramp, "duration": c.Duration, "timeout": c.Timeout, "before": c.Before, "after": c.After,
	} {
		if d < 0 {
			fault("%s: %v is negative", name, d)
		}
	}
	return errors.Join(faults...)
}

// connections is how many sockets a viewer needs.
func (c *Config) connections() int {
	if c.Preload {
		return 4
	}
	return 2
}
