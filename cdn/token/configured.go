package token

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
)

// ConfiguredKeys are keys as they stand in the configuration, in the order of their names.
type ConfiguredKeys []Key

var keyName = regexp.MustCompile(`^[A-Za-z0-9._-]{1,64}$`)

// UnmarshalMap implements setting.MapUnmarshaler. Errors never show a key.
func (k *ConfiguredKeys) UnmarshalMap(values map[string]string) error {
	*k = nil
	var errs []error
	for _, name := range slices.Sorted(maps.Keys(values)) {
		if !keyName.MatchString(name) {
			errs = append(errs, fmt.Errorf("%q is not a name; use 1 to 64 letters, digits, '.', '_' and '-'", name))
			continue
		}
		key, err := ParseKey(name, values[name])
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", name, err))
			continue
		}
		*k = append(*k, key)
	}
	return errors.Join(errs...)
}

// Find is the key of a name.
func (k ConfiguredKeys) Find(name string) (Key, bool) {
	i := slices.IndexFunc(k, func(key Key) bool { return key.ID() == name })
	if i < 0 {
		return Key{}, false
	}
	return k[i], true
}
