package edge

import (
	"cmp"
	"errors"
	"fmt"
	"net/netip"
	"regexp"
	"strings"
	"time"
)

// Verify is how playback tokens are checked.
type Verify string

// The ways of checking tokens.
const (
	VerifyNone   Verify = "none"   // by nobody: streams are public
	VerifyOrigin Verify = "origin" // by the origin's verdict, which the edge keeps for seconds
	VerifyNative Verify = "native" // by the edge itself, with a key
)

// Options of a configuration. The zero value of a field means its default.
type Options struct {
	Origin string // host:port, or https://host[:port]
	Listen string // host:port; without a host on all addresses
	Name   string // what the edge calls itself in CDN-Loop; default lightstick-edge

	Verify Verify // default VerifyNone

	Secret       string // of the origin shield; "" writes a place to put it. Never logged
	SecretFile   string // where Secret was read from: Varnish reads it there by itself
	SecretHeader string // default X-Origin-Secret

	TLSCert, TLSKey string // files; both or neither

	PartDuration    time.Duration // of the streams; default 250 ms
	SegmentDuration time.Duration // likewise; default 2 s

	CacheSize string         // as 512m or 4g; default 1g
	Dir       string         // where nginx keeps files; "": its prefix (-p)
	User      string         // as whom nginx's workers run, when it is started by root; "": nginx's own default
	AccessLog string         // file of nginx's log, or off; default access.log
	API       bool           // forward /api and /dashboard too
	PurgeFrom []netip.Prefix // who may purge Varnish, besides this machine
}

// errOption reports an option that can't be used; its text says what to do.
var errOption = errors.New("edge")

func (o *Options) setDefaults() {
	o.Name = cmp.Or(o.Name, "lightstick-edge")
	o.Verify = cmp.Or(o.Verify, VerifyNone)
	o.SecretHeader = cmp.Or(o.SecretHeader, "X-Origin-Secret")
	o.CacheSize = cmp.Or(o.CacheSize, "1g")
	o.AccessLog = cmp.Or(o.AccessLog, "access.log")
	o.PartDuration = cmp.Or(o.PartDuration, 250*time.Millisecond)
	o.SegmentDuration = cmp.Or(o.SegmentDuration, 2*time.Second)
}

var (
	nameRule   = regexp.MustCompile(`^[a-z0-9-]{1,32}$`)
	headerRule = regexp.MustCompile(`^[A-Za-z0-9-]{1,64}$`)
	sizeRule   = regexp.MustCompile(`^[1-9][0-9]{0,6}[kmgKMG]$`)
	userRule   = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_-]{0,31}$`)
	// pathRule leaves out whatever any of the products could take for syntax.
	pathRule = regexp.MustCompile(`^[A-Za-z0-9_./@%+=:,-]{1,1000}$`)
	// secretRule is what can stand between double quotes in all of them.
	secretRule = regexp.MustCompile(`^[A-Za-z0-9_./@+=:,!#&*()<>?^|~-]{1,200}$`)
)

// Validate reports every fault at once.
func (o *Options) Validate() error {
	var faults []error
	fault := func(format string, a ...any) {
		faults = append(faults, fmt.Errorf("%w: "+format, append([]any{errOption}, a...)...))
	}
	rule := func(option, value string, r *regexp.Regexp, want string) {
		if value != "" && !r.MatchString(value) {
			fault("%s %q: use %s", option, value, want)
		}
	}
	if _, err := parseOrigin(o.Origin); err != nil {
		fault("--origin: %w", err)
	}
	if _, err := parseAddress(o.Listen, true); err != nil {
		fault("--listen: %w", err)
	}
	rule("--name", o.Name, nameRule, "1 to 32 of a-z, 0-9 and -")
	rule("--secret-header", o.SecretHeader, headerRule, "letters, digits and -, as X-Origin-Secret")
	rule("--cache-size", o.CacheSize, sizeRule, "a number with k, m or g, as 512m")
	rule("--user", o.User, userRule, "the name of a user, as www-data")
	for option, path := range map[string]string{
		"--dir": o.Dir, "--tls-cert": o.TLSCert, "--tls-key": o.TLSKey, "--secret-file": o.SecretFile, "--access-log": o.AccessLog,
	} {
		rule(option, path, pathRule, "a path without spaces, quotes, braces and semicolons")
	}
	if o.Secret != "" && !secretRule.MatchString(o.Secret) { // it is not to be shown
		fault("the secret has characters that not every product can hold, or over 200: use letters, digits and any of _./@+=:,!#&*()<>?^|~-")
	}
	switch o.Verify {
	case "", VerifyNone, VerifyOrigin, VerifyNative:
	default:
		fault("--verify %q: use none, origin or native", o.Verify)
	}
	if (o.TLSCert == "") != (o.TLSKey == "") {
		fault("--tls-cert and --tls-key belong together: give both")
	}
	for option, d := range map[string]time.Duration{"--part-duration": o.PartDuration, "--segment-duration": o.SegmentDuration} {
		if d != 0 && (d < 50*time.Millisecond || d > time.Minute) {
			fault("%s %v: use what the origin uses, between 50ms and 1m", option, d)
		}
	}
	return errors.Join(faults...)
}

// hold is longer than the origin holds any request: three target durations, which
// may be a half longer than what was asked for, since cuts wait for keyframes.
func (o *Options) hold() time.Duration {
	return max(30*time.Second, 3*(o.SegmentDuration*2)).Round(time.Second)
}

// firstSecret is the one to send while two are valid.
func (o *Options) firstSecret() string {
	secret, _, _ := strings.Cut(strings.TrimSpace(o.Secret), " ")
	return secret
}
