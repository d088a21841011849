package config

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"reflect"
	"slices"
	"strings"
)

// Loaded is a configuration and where each value came from.
type Loaded struct {
	Config
	fields []field
}

// field is one setting of the struct.
type field struct {
	key, help string
	value     reflect.Value
	source    string
}

// envPrefix begins the names of environment variables.
const envPrefix = "LIGHTSTICK_"

// Load builds the configuration from a YAML file ("" for none), the environment
// in the form of os.Environ, and key=value settings. The error reports every
// fault there is.
func Load(file string, environ, sets []string) (*Loaded, error) {
	l := &Loaded{}
	l.fields = fieldsOf(reflect.ValueOf(&l.Config).Elem())
	var errs []error
	for _, step := range []func() []error{
		l.applyDefaults,
		func() []error { return l.applyFile(file) },
		func() []error { return l.applyEnvironment(environ) },
		func() []error { return l.applySets(sets) },
	} {
		errs = append(errs, step()...)
	}
	if len(errs) == 0 {
		errs = append(errs, l.Validate())
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return l, nil
}

// Changed lists the keys whose values differ between two configurations, in the order
// of the documentation.
func Changed(a, b *Loaded) (keys []string) {
	for i, f := range a.fields {
		if !reflect.DeepEqual(f.value.Interface(), b.fields[i].value.Interface()) {
			keys = append(keys, f.key)
		}
	}
	return keys
}

func fieldsOf(v reflect.Value) []field {
	var fields []field
	for i := range v.NumField() {
		group := v.Field(i)
		for j := range group.NumField() {
			tag := group.Type().Field(j).Tag
			fields = append(fields, field{key: tag.Get("key"), help: tag.Get("help"), value: group.Field(j)})
		}
	}
	return fields
}

func (l *Loaded) applyDefaults() []error {
	v := reflect.ValueOf(&l.Config).Elem()
	i := 0
	for g := range v.NumField() {
		group := v.Field(g)
		for f := range group.NumField() {
			if err := l.set(&l.fields[i], group.Type().Field(f).Tag.Get("default"), "default"); err != nil {
				return []error{err} // a fault of ours
			}
			i++
		}
	}
	return nil
}

func (l *Loaded) applyFile(name string) []error {
	if name == "" {
		return nil
	}
	text, err := os.ReadFile(name)
	if err != nil {
		return []error{fmt.Errorf("configuration file: %w", err)}
	}
	values, err := parseYAML(text)
	if err != nil {
		return []error{fmt.Errorf("%s: %w", name, err)}
	}
	return l.applyAll(values, name)
}

func (l *Loaded) applyEnvironment(environ []string) []error {
	values := make(map[string]string)
	var errs []error
	for _, entry := range environ {
		name, value, _ := strings.Cut(entry, "=")
		if !strings.HasPrefix(name, envPrefix) || serviceLink(name) {
			continue
		}
		if f := l.findEnv(name); f != nil {
			values[f.key] = value
		} else {
			errs = append(errs, fmt.Errorf("environment variable %s: there is no such setting", name))
		}
	}
	return append(errs, l.applyAll(values, "environment")...)
}

// serviceLink recognises what Kubernetes sets in every pod near a Service that is
// called lightstick.
func serviceLink(name string) bool {
	rest := strings.TrimPrefix(name, envPrefix)
	return rest == "PORT" || strings.HasPrefix(rest, "PORT_") || strings.HasPrefix(rest, "SERVICE_")
}

func (l *Loaded) findEnv(name string) *field {
	for i := range l.fields {
		if EnvName(l.fields[i].key) == name {
			return &l.fields[i]
		}
	}
	return nil
}

// EnvName is the environment variable of a key.
func EnvName(key string) string {
	return envPrefix + strings.ToUpper(strings.ReplaceAll(key, ".", "_"))
}

func (l *Loaded) applySets(sets []string) []error {
	var errs []error
	for _, s := range sets {
		key, value, ok := strings.Cut(s, "=")
		if !ok {
			errs = append(errs, fmt.Errorf("--set %q: use --set key=value", key))
			continue
		}
		errs = append(errs, l.applyAll(map[string]string{key: value}, "--set")...)
	}
	return errs
}

func (l *Loaded) applyAll(values map[string]string, source string) []error {
	var errs []error
	for _, key := range slices.Sorted(maps.Keys(values)) {
		if err := l.applyOne(key, values[key], source); err != nil {
			errs = append(errs, err)
		}
	}
	return errs
}

func (l *Loaded) applyOne(key, value, source string) error {
	for i := range l.fields {
		if l.fields[i].key == key {
			return l.set(&l.fields[i], value, source)
		}
	}
	return fmt.Errorf("%s: unknown key %q%s", source, key, l.suggest(key))
}

// suggest finds the key that was probably meant.
func (l *Loaded) suggest(key string) string {
	best, distance := "", 4
	for _, f := range l.fields {
		if d := editDistance(key, f.key); d < distance {
			best, distance = f.key, d
		}
	}
	if best == "" {
		return "; `lightstick config` lists all keys"
	}
	return fmt.Sprintf("; did you mean %q?", best)
}

// editDistance is Levenshtein's, for keys of bounded length.
func editDistance(a, b string) int {
	if len(a) > 64 {
		return len(a)
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost = 1 + min(diagonal, row[j], row[j+1])
			}
			diagonal, row[j+1] = row[j+1], cost
		}
	}
	return row[len(b)]
}
