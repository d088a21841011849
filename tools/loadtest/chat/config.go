package chat

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"runtime"
	"strconv"
	"strings"
	"time"

	"github.com/globalfandom/lightstick/tools/loadtest/internal/measure"
)

// Config is a run of [Run]. The zero value of a field means its default.
type Config struct {
	URL         string        // ws:// or wss://, of a server that speaks the centrifuge protocol in JSON
	Connections int           // readers, at least 1; they are spread evenly over the rooms
	Rooms       int           // default 1
	Channel     string        // name of a room's channel; {n} is the room's number from 1. Default "chat:load{n}"
	Rate        float64       // messages a second in each room; 0: none
	Publishers  int           // connections that write, in each room; default 1
	Even        bool          // messages at even distances, not at random ones as people write
	Text        int           // bytes of a message's text; default 100
	Token       string        // JWT of every connection; "": none
	Name        string        // guests' name, with a number behind it; default "load"
	Ramp        time.Duration // over which readers arrive; 0: as fast as the server takes them
	Duration    time.Duration // of the writing, after the ramp; default 30 s
	Timeout     time.Duration // of a connection's way to its first answer; default 30 s
	Connecting  int           // connections on that way at one time; default 256
	Insecure    bool          // accept any certificate

	API    string // http:// or https:// URL that publishes, in place of connections: Centrifugo's /api/publish
	APIKey string // its key
	PID    int    // server process on this machine to watch; 0: none

	Progress io.Writer // a line each second; nil: none

	settle  time.Duration // tests only: between arrivals and messages
	session string        // tells this run's messages from others'
}

func (c *Config) setDefaults() {
	c.Rooms = cmp.Or(c.Rooms, 1)
	c.Publishers = cmp.Or(c.Publishers, 1)
	c.Text = cmp.Or(c.Text, 100)
	c.Connecting = cmp.Or(c.Connecting, 256)
	c.Duration = cmp.Or(c.Duration, 30*time.Second)
	c.Timeout = cmp.Or(c.Timeout, 30*time.Second)
	c.Channel = cmp.Or(c.Channel, "chat:load{n}")
	c.Name = cmp.Or(c.Name, "load")
	c.settle = cmp.Or(c.settle, settleTime)
	c.session = cmp.Or(c.session, strconv.FormatInt(time.Now().UnixNano()&0xffffffff, 36))
	if c.Progress == nil {
		c.Progress = io.Discard
	}
}

// Validate reports every fault at once.
func (c *Config) Validate() error {
	var faults []error
	fault := func(format string, a ...any) { faults = append(faults, fmt.Errorf(format, a...)) }
	if u, err := url.Parse(c.URL); err != nil {
		fault("url: %w", err)
	} else if (u.Scheme != "ws" && u.Scheme != "wss") || u.Host == "" {
		fault("url: %q is not ws://HOST/… or wss://HOST/…", c.URL)
	}
	if c.API != "" {
		if u, err := url.Parse(c.API); err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" {
			fault("api: not http://HOST/… or https://HOST/…")
		}
	}
	for name, n := range map[string]int{"conns": c.Connections, "rooms": c.Rooms, "publishers": c.Publishers, "connecting": c.Connecting} {
		if n < 1 {
			fault("%s: %d, want at least 1", name, n)
		}
	}
	if c.Publishers > maxPublishers {
		fault("publishers: %d, want at most %d a room", c.Publishers, maxPublishers)
	}
	if c.Rooms > 1 && !strings.Contains(c.Channel, "{n}") {
		fault("channel: %q names one room; put {n} into it for the number of the room", c.Channel)
	}
	if strings.ContainsAny(c.Channel+c.Token+c.Name, "\"\\\r\n") {
		fault("channel, token, name: no quotes, backslashes or line ends")
	}
	if c.Rate < 0 {
		fault("rate: %v is negative", c.Rate)
	}
	if c.Text < minText || c.Text > 4096 {
		fault("text: %d bytes, want %d to 4096", c.Text, minText)
	}
	for name, d := range map[string]time.Duration{"ramp": c.Ramp, "for": c.Duration, "timeout": c.Timeout} {
		if d < 0 {
			fault("%s: %v is negative", name, d)
		}
	}
	return errors.Join(faults...)
}

// channel is the name of a room's channel, from 0.
func (c *Config) channel(room int) string {
	return strings.ReplaceAll(c.Channel, "{n}", strconv.Itoa(room+1))
}

// sockets is how many are needed. A connection has two for the moment in which it changes
// hands.
func (c *Config) sockets() int {
	return c.Connections + c.Rooms*c.Publishers + min(c.Connecting, c.Connections)
}

// Run connects the readers, lets the publishers write and reports what the
// readers received. When ctx ends, all leave at once and the report covers what was
// until then. Errors of the server are in the report: Run's own error means that
// there was nothing to run.
func Run(ctx context.Context, cfg Config) (*Report, error) {
	cfg.setDefaults()
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	if err := measure.CheckFiles(fmt.Sprintf("%d connections and %d publishers", cfg.Connections, cfg.Rooms*cfg.Publishers), cfg.sockets()); err != nil {
		return nil, err
	}
	if _, err := measure.Process(cfg.PID).CPU(); err != nil {
		return nil, fmt.Errorf("process %d: %w", cfg.PID, err)
	}
	r, err := newRun(&cfg)
	if err != nil {
		return nil, err
	}
	defer r.close()
	return r.phases(ctx)
}

// loops is how many loops read: half the processors, for the server may be
// on the same machine.
func loops() int { return max(1, runtime.NumCPU()/2) }
