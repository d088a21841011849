package setting

import (
	"fmt"
	"net"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// CheckAddress refuses what is no address to listen on. Empty is none, and right.
func CheckAddress(key, address string) error {
	if address == "" {
		return nil
	}
	_, port, err := net.SplitHostPort(address)
	if err == nil {
		if n, e := strconv.Atoi(port); e == nil && n >= 0 && n <= 65535 {
			return nil
		}
	}
	return fmt.Errorf("%s: %q is not an address; use HOST:PORT or :PORT", key, address)
}

// CheckURL refuses what is neither empty nor an absolute URL of the web. It never quotes the
// text, which may hold a password.
func CheckURL(key, text string) error {
	if text == "" {
		return nil
	}
	if u, err := url.Parse(text); err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
		return fmt.Errorf("%s: not a URL that begins with http:// or https://", key)
	}
	return nil
}

// CheckRange refuses a duration outside two bounds.
func CheckRange(key string, d, low, high time.Duration) error {
	if d < low || d > high {
		return fmt.Errorf("%s: %s is out of range; use %s to %s", key, short(d), short(low), short(high))
	}
	return nil
}

// short writes 1h for 1h0m0s.
func short(d time.Duration) string {
	text := d.String()
	for _, unit := range []string{"m", "h"} {
		for _, zero := range []string{"0s", "0m"} {
			if strings.HasSuffix(text, unit+zero) {
				text = strings.TrimSuffix(text, zero)
			}
		}
	}
	return text
}

// CheckNotNegative refuses numbers below 0.
func CheckNotNegative(key string, n int) error {
	if n < 0 {
		return fmt.Errorf("%s: %d is negative; use 0 or more", key, n)
	}
	return nil
}

// Lengths of a secret in characters: 16 of hexadecimal digits are 64 bits, which nobody
// guesses at the rate that guesses are answered; less can be guessed. More than 256 does
// not fit into the headers that CDNs let one add.
const (
	minSecret = 16
	maxSecret = 256
)

var visible = regexp.MustCompile(`^[!-~]*$`)

// CheckSecret refuses what can be guessed, and what does not fit into a header. Empty is none,
// and right. It never quotes the secret.
func CheckSecret(key string, s Secret) error {
	if s == "" || len(s) >= minSecret && len(s) <= maxSecret && visible.MatchString(string(s)) {
		return nil
	}
	return fmt.Errorf("%s: use %d to %d visible ASCII characters without a space, for example from `openssl rand -hex 24`", key, minSecret, maxSecret)
}
