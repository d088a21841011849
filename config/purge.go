package config

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/globalfandom/lightstick/cdn/cost"
	"github.com/globalfandom/lightstick/cdn/purge"
)

// PurgeTargets are the CDNs of purge.targets, by name. The error reports every fault,
// and shows no address.
func (c *Config) PurgeTargets() ([]*purge.Target, error) {
	var targets []*purge.Target
	var errs []error
	for _, name := range slices.Sorted(maps.Keys(c.Purge.Targets)) {
		if !cost.NamePattern.MatchString(name) {
			errs = append(errs, fmt.Errorf("purge.targets: %.40q is no name; use 1 to 32 of a-z, 0-9 and -", name))
			continue
		}
		target, err := purge.Parse(name, string(c.Purge.Targets[name]))
		if err != nil {
			errs = append(errs, fmt.Errorf("purge.targets %s: %w", name, err))
			continue
		}
		targets = append(targets, target)
	}
	return targets, errors.Join(errs...)
}
