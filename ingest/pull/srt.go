package pull

import (
	"errors"
	"log/slog"
	"strconv"
	"time"

	"github.com/globalfandom/lightstick/ingest/srt"
)

// defaultSRTLatency is SRT's own.
const defaultSRTLatency = 120 * time.Millisecond

var srtOptions = []string{"mode", "streamid", "passphrase", "pbkeylen", "latency", "localport", "program"}

func newSRT(a Address, _ *slog.Logger) (client, error) { return parseSRT(a) }

func checkSRT(a Address) error {
	_, err := parseSRT(a)
	return err
}

func parseSRT(a Address) (*srt.Client, error) {
	c := &srt.Client{
		Address: a.url.Host, StreamID: a.options.Get("streamid"), Passphrase: a.options.Get("passphrase"),
		KeyLength: 16, Latency: defaultSRTLatency,
	}
	if port, err := strconv.ParseUint(a.url.Port(), 10, 16); err != nil || port == 0 {
		return nil, errors.New("the address has no port")
	}
	switch a.options.Get("mode") {
	case "", "caller":
	case "rendezvous":
		c.Rendezvous = true
	default:
		return nil, errors.New("mode=: use caller or rendezvous; publishers call srt.listen")
	}
	if n := len(c.Passphrase); n > 0 && (n < 10 || n > 79) {
		return nil, errors.New("passphrase=: use 10 to 79 characters")
	}
	if len(c.StreamID) > 512 {
		return nil, errors.New("streamid=: use 512 bytes at most")
	}
	return c, a.srtNumbers(c)
}

// srtNumbers reads the options that are numbers.
func (a Address) srtNumbers(c *srt.Client) error {
	if text := a.options.Get("pbkeylen"); text != "" {
		lengths := map[string]int{"16": 16, "24": 24, "32": 32}
		if c.KeyLength = lengths[text]; c.KeyLength == 0 {
			return errors.New("pbkeylen=: use 16, 24 or 32 bytes")
		}
	}
	if text := a.options.Get("latency"); text != "" {
		latency, err := time.ParseDuration(text)
		if ms, e := strconv.Atoi(text); e == nil {
			latency, err = time.Duration(ms)*time.Millisecond, nil
		}
		if err != nil || latency < 20*time.Millisecond || latency > 10*time.Second {
			return errors.New("latency=: use 20ms to 10s; a number alone is milliseconds")
		}
		c.Latency = latency
	}
	for name, set := range map[string]func(uint16){
		"localport": func(n uint16) { c.LocalPort = int(n) }, "program": func(n uint16) { c.Program = n },
	} {
		if text := a.options.Get(name); text != "" {
			n, err := strconv.ParseUint(text, 10, 16)
			if err != nil || n == 0 {
				return errors.New(name + "=: use a number from 1 to 65535")
			}
			set(uint16(n))
		}
	}
	return nil
}
