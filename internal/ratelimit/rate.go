package ratelimit

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Rate is a bucket that holds Burst and is filled with Burst more in every Per. The
// zero Rate is no limit.
type Rate struct {
	Burst int
	Per   time.Duration
}

// Bounds of a rate. A bucket must not hold more time than fits an int64.
const (
	maxBurst = 1_000_000
	minPer   = time.Millisecond
	maxPer   = 24 * time.Hour
)

// ParseRate reads "N/DURATION", such as "5/10s", "20/m" or "off". The error says what
// would be right, but not which key of the configuration it stood in.
func ParseRate(text string) (Rate, error) {
	text = strings.TrimSpace(text)
	if text == "off" {
		return Rate{}, nil
	}
	count, per, ok := strings.Cut(text, "/")
	if !ok {
		return Rate{}, fmt.Errorf("%q is not a rate; use N/DURATION such as 5/10s, or off", text)
	}
	burst, err := strconv.Atoi(strings.TrimSpace(count))
	if err != nil || burst < 1 || burst > maxBurst {
		return Rate{}, fmt.Errorf("%q is not a rate: before the slash use a number from 1 to %d", text, maxBurst)
	}
	per = strings.TrimSpace(per)
	if per == "s" || per == "m" || per == "h" { // 20/m is how people write it
		per = "1" + per
	}
	d, err := time.ParseDuration(per)
	if err != nil || d < minPer || d > maxPer {
		return Rate{}, fmt.Errorf("%q is not a rate: after the slash use a duration from %v to %v, such as 10s", text, minPer, maxPer)
	}
	return Rate{burst, d}, nil
}

// Off tells whether the rate is no limit.
func (r Rate) Off() bool { return r.Burst <= 0 || r.Per <= 0 }

// String is what ParseRate reads.
func (r Rate) String() string {
	if r.Off() {
		return "off"
	}
	return strconv.Itoa(r.Burst) + "/" + r.Per.String()
}

// Times is n times as much in the same time; off stays off.
func (r Rate) Times(n int) Rate {
	if r.Off() {
		return Rate{}
	}
	return Rate{min(r.Burst*n, maxBurst), r.Per}
}

// UnmarshalText implements encoding.TextUnmarshaler.
func (r *Rate) UnmarshalText(text []byte) (err error) {
	*r, err = ParseRate(string(text))
	return err
}

// MarshalText implements encoding.TextMarshaler.
func (r Rate) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// interval is the time that one token takes to come back; 0: no limit.
func (r Rate) interval() time.Duration {
	if r.Off() {
		return 0
	}
	return max(1, r.Per/time.Duration(r.Burst))
}
