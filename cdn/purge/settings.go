package purge

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/globalfandom/lightstick/cdn/cost"
)

// Settings are purge.* of the configuration.
type Settings struct {
	Targets Targets `key:"purge.targets" secret:"true" default:"" help:"CDNs that deleted media is purged from: NAME=URL pairs, separated by spaces. URLs are cloudfront://ACCESS_KEY:SECRET@DISTRIBUTION, fastly://TOKEN@SERVICE, cloudflare://TOKEN@ZONE, varnish://SECRET@HOST:PORT, or http(s)://…{path}. Empty: none."`
}

// Targets are the CDNs of the configuration, in the order of their names.
type Targets []*Target

// UnmarshalMap implements setting.MapUnmarshaler. Errors show no address.
func (t *Targets) UnmarshalMap(values map[string]string) error {
	*t = nil
	var errs []error
	for _, name := range slices.Sorted(maps.Keys(values)) {
		if !cost.NamePattern.MatchString(name) {
			errs = append(errs, fmt.Errorf("%.40q is not a name for a CDN; use 1 to 32 of a-z, 0-9 and -", name))
			continue
		}
		target, err := Parse(name, values[name])
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", name, err))
			continue
		}
		*t = append(*t, target)
	}
	return errors.Join(errs...)
}

// TagHeaders are the headers that the origin must put tags in, each once.
func (t Targets) TagHeaders() (headers []string) {
	for _, target := range t {
		if target.TagHeader != "" && !slices.Contains(headers, target.TagHeader) {
			headers = append(headers, target.TagHeader)
		}
	}
	return headers
}
