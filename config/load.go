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
	separator string // between the items of a list; "": is no list
	value     reflect.Value
	source    string
}

// isMap reports whether the setting has NAME=VALUE pairs.
func (f *field) isMap() bool { return f.value.Kind() == reflect.Map }

// envPrefix begins the names of environment variables.
const envPrefix = "LIGHTSTICK_"

// Load builds the configuration from a YAML file ("" for none), the environment
// in the form of os.Environ, and key=value settings. The error reports every
// fault there is.
func Load(file string, environ, sets []string) (*Loaded, error) {
	l := &Loaded{}
	l.fields = l.allFields()
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

// allFields are the settings of the struct, in its order.
func (l *Loaded) allFields() []field {
	v := reflect.ValueOf(&l.Config).Elem()
	var fields []field
	for i := range v.NumField() {
		group := v.Field(i)
		for j := range group.NumField() {
			tag := group.Type().Field(j).Tag
			f := field{key: tag.Get("key"), help: tag.Get("help"), separator: tag.Get("list"), value: group.Field(j)}
			if f.isMap() {
				f.separator = " "
			}
			fields = append(fields, f)
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
	values, err := parseYAML(text, func(key string) bool {
		f := l.find(key)
		return f != nil && f.isMap()
	})
	if err != nil {
		return []error{fmt.Errorf("%s: %w", name, err)}
	}
	return l.applyGiven(values, name)
}

// applyGiven sets what a file has.
func (l *Loaded) applyGiven(values []given, file string) []error {
	var errs []error
	lines := make(map[string]int)
	for _, v := range values {
		source := fmt.Sprintf("%s:%d", file, v.line)
		first, again := lines[v.key]
		lines[v.key] = v.line
		f := l.find(v.key)
		var err error
		switch {
		case again:
			err = fmt.Errorf("%s: %s is set in line %d already", source, v.key, first)
		case f == nil && v.shape == scalar && v.text == "" && l.isGroup(v.key):
			// All lines below it are comments.
		case f == nil:
			err = l.unknown(v.key, source)
		default:
			err = l.setGiven(f, v, source)
		}
		if err != nil {
			errs = append(errs, err)
		}
	}
	return errs
}

// setGiven writes a list as the environment would, and sets that.
func (l *Loaded) setGiven(f *field, v given, source string) error {
	if v.shape == scalar {
		return l.set(f, v.text, source)
	}
	if f.separator == "" {
		return fmt.Errorf("%s: %s: a list; use one value", source, f.key)
	}
	for _, item := range v.items {
		if item == "" || strings.ContainsAny(item, f.separator+" \t\r\n") {
			return fmt.Errorf("%s: %s: an item of the list is empty, or has a space or %q in it", source, f.key, f.separator)
		}
	}
	return l.set(f, strings.Join(v.items, f.separator), source)
}

func (l *Loaded) find(key string) *field {
	for i := range l.fields {
		if l.fields[i].key == key {
			return &l.fields[i]
		}
	}
	return nil
}

// isGroup reports whether there are settings below the key.
func (l *Loaded) isGroup(key string) bool {
	return slices.ContainsFunc(l.fields, func(f field) bool { return strings.HasPrefix(f.key, key+".") })
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
	if f := l.find(key); f != nil {
		return l.set(f, value, source)
	}
	return l.unknown(key, source)
}

func (l *Loaded) unknown(key, source string) error {
	if l.isGroup(key) {
		return fmt.Errorf("%s: %q is a group of keys; `lightstick config` lists them", source, key)
	}
	return fmt.Errorf("%s: unknown key %.80q%s", source, key, l.suggest(key))
}

// suggest finds the key that was probably meant.
func (l *Loaded) suggest(key string) string {
	best, distance := "", max(4, len(key)/2)
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
