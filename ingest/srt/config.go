package srt

import (
	"errors"
	"fmt"
	"time"

	"github.com/globalfandom/lightstick/internal/setting"
)

// Config of a server. What has a key is srt.* of the configuration; the zero value of Latency is
// its default.
type Config struct {
	// Listen is the UDP address, e.g. ":8890": IPv4 and IPv6, as far as the machine has them.
	Listen string `key:"srt.listen" default:":8890" help:"Address (UDP) for SRT publishers. Empty: off."`
	// Passphrase makes encryption obligatory; "" leaves it off.
	Passphrase setting.Secret `key:"srt.passphrase" default:"" help:"Passphrase that SRT publishers must encrypt with, 10 to 79 characters. Empty: no encryption."`
	// Latency is the receiver's buffer. The default is SRT's own.
	Latency time.Duration `key:"srt.latency" default:"120ms" help:"How long a lost packet may take to be sent again, 20ms to 10s. Use 3 to 4 round trips."`
	// IdleTimeout ends a publication that sends nothing. 0 is 5 s.
	IdleTimeout time.Duration
	// Attempt is asked before a passphrase of a caller is tried, and told whether it was
	// right. Its error wraps ingest.ErrTooManyAttempts. nil lets everybody try.
	Attempt func(remote string) (end func(right bool), err error)
}

// Bounds of a passphrase, which the protocol sets.
const minPassphrase, maxPassphrase = 10, 79

// Validate reports every fault at once. It never quotes the passphrase.
func (c *Config) Validate() error {
	errs := []error{
		setting.CheckAddress("srt.listen", c.Listen),
		setting.CheckRange("srt.latency", c.Latency, 20*time.Millisecond, 10*time.Second),
	}
	if n := len(c.Passphrase); n > 0 && (n < minPassphrase || n > maxPassphrase) {
		errs = append(errs, fmt.Errorf("srt.passphrase: has %d characters; use %d to %d", n, minPassphrase, maxPassphrase))
	}
	return errors.Join(errs...)
}
