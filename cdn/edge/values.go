package edge

import (
	"fmt"
	"strings"
	"time"

	"github.com/globalfandom/lightstick/internal/randomid"
)

// values are what templates are given.
type values struct {
	Options
	Product   string
	Origin    address
	Listen    address
	Hold      time.Duration // longer than any request is held
	Playlists []string      // query parameters that belong to the key, in its order
	Command   string        // that wrote this, without secrets
	Waits     []wait        // nginx
	Own       string        // nginx: in the names by which it asks itself, which no viewer may guess
}

// keyParameters are the query parameters that answers depend on, in the order of cache keys.
var keyParameters = []string{"_HLS_msn", "_HLS_part", "_HLS_skip", "start", "end"}

// CountryHeaders are names that CDNs have for the viewer's country. An edge that knows no
// country lets no viewer claim one: the origin would believe it.
func (*values) CountryHeaders() []string {
	return []string{
		"CF-IPCountry", "CloudFront-Viewer-Country", "X-Lightstick-Country", "X-Country", "X-Country-Code", "X-Geo-Country", "X-Client-Geo-Location",
	}
}

func newValues(product string, o Options) (*values, error) {
	v := &values{Options: o, Product: product, Hold: o.hold(), Playlists: keyParameters, Command: command(product, o)}
	var err error
	if v.Origin, err = parseOrigin(o.Origin); err != nil {
		return nil, err
	}
	if v.Listen, err = parseAddress(o.Listen, true); err != nil {
		return nil, err
	}
	v.Waits = waits(o.PartDuration)
	v.Own = randomid.Base32(26)
	return v, nil
}

// command is the command line that writes this configuration again.
func command(product string, o Options) string {
	var b strings.Builder
	fmt.Fprintf(&b, "lightstick cdn config %s --origin %s --listen %s", product, o.Origin, o.Listen)
	if o.Verify != VerifyNone {
		fmt.Fprintf(&b, " --verify %s", o.Verify)
	}
	if o.SecretFile != "" {
		fmt.Fprintf(&b, " --secret-file %s", o.SecretFile)
	}
	return b.String()
}

// Seconds is a duration as configurations have it, rounded up.
func (*values) Seconds(d time.Duration) int { return int((d + time.Second - 1) / time.Second) }

// HalfPart is how long a plain live playlist may be kept.
func (v *values) HalfPart() string { return fmt.Sprintf("%.3f", (v.PartDuration / 2).Seconds()) }

// Path is where nginx keeps a file: below --dir, or relative to its prefix.
func (v *values) Path(name string) string {
	if v.Dir == "" {
		return name
	}
	return strings.TrimSuffix(v.Dir, "/") + "/" + name
}
