package config

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/globalfandom/lightstick/internal/setting"
)

// Loaded is a configuration and where each value came from.
type Loaded struct {
	Config
	entries []*entry
}

// entry is one setting with the value that is to hold.
type entry struct {
	*setting.Field
	given  setting.Value
	source string
}

// envPrefix begins the names of environment variables.
const envPrefix = "LIGHTSTICK_"

// Load builds the configuration from a YAML file ("" for none), the environment
// in the form of os.Environ, and key=value settings. A value is read once, when it is known which
// source has the last word. The error reports every fault there is.
func Load(file string, environ, sets []string) (*Loaded, error) {
	l := newLoaded()
	errs := slices.Concat(l.applyFile(file), l.applyEnvironment(environ), l.applySets(sets))
	errs = append(errs, l.decode()...)
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return l, nil
}

// newLoaded finds the settings, which have their defaults.
func newLoaded() *Loaded {
	l := &Loaded{}
	for _, f := range setting.Fields(&l.Config) {
		l.entries = append(l.entries, &entry{f, setting.Value{Text: f.Default}, "default"})
	}
	return l
}

// decode reads the values, and has the packages judge their settings. What could not be read is
// judged no further.
func (l *Loaded) decode() (errs []error) {
	unreadable := make(map[*setting.Group]bool)
	for _, e := range l.entries {
		for _, err := range parts(e.Set(e.given)) {
			errs = append(errs, fmt.Errorf("%s: %w (from %s)", e.Key, err, e.source))
			unreadable[e.Group] = true
		}
	}
	judged := maps.Clone(unreadable)
	for _, e := range l.entries {
		if !judged[e.Group] && e.Group.Validate != nil {
			errs = append(errs, parts(e.Group.Validate())...)
		}
		judged[e.Group] = true
	}
	if len(unreadable) == 0 {
		errs = append(errs, l.checkTogether()...)
	}
	return errs
}

// parts are the errors that one may be joined of.
func parts(err error) []error {
	if err == nil {
		return nil
	}
	// What has several %w is no list.
	if several, ok := err.(interface{ Unwrap() []error }); ok && err.Error() == errors.Join(several.Unwrap()...).Error() {
		return several.Unwrap()
	}
	return []error{err}
}

// Changed lists the keys whose values differ between two configurations, in the order
// of the documentation.
func Changed(a, b *Loaded) (keys []string) {
	for i, e := range a.entries {
		if !e.Equal(b.entries[i].Field) {
			keys = append(keys, e.Key)
		}
	}
	return keys
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
		e := l.find(key)
		return e != nil && e.IsMap()
	})
	if err != nil {
		return []error{fmt.Errorf("%s: %w", name, err)}
	}
	return l.applyGiven(values, name)
}

// applyGiven takes what a file has.
func (l *Loaded) applyGiven(values []given, file string) []error {
	var errs []error
	lines := make(map[string]int)
	for _, v := range values {
		source := fmt.Sprintf("%s:%d", file, v.line)
		first, again := lines[v.key]
		lines[v.key] = v.line
		switch {
		case again:
			errs = append(errs, fmt.Errorf("%s: %s is already set in line %d", source, v.key, first))
		case v.value.Text == "" && v.value.Items == nil && l.isGroup(v.key):
			// All lines below it are comments.
		default:
			errs = append(errs, l.apply(v.key, v.value, source)...)
		}
	}
	return errs
}

func (l *Loaded) find(key string) *entry {
	i := slices.IndexFunc(l.entries, func(e *entry) bool { return e.Key == key })
	if i < 0 {
		return nil
	}
	return l.entries[i]
}

// isGroup reports whether there are settings below the key.
func (l *Loaded) isGroup(key string) bool {
	return slices.ContainsFunc(l.entries, func(e *entry) bool { return strings.HasPrefix(e.Key, key+".") })
}

func (l *Loaded) applyEnvironment(environ []string) (errs []error) {
	keys := make(map[string]string)
	for _, e := range l.entries {
		keys[EnvName(e.Key)] = e.Key
	}
	for _, assignment := range environ {
		name, value, _ := strings.Cut(assignment, "=")
		rest, ours := strings.CutPrefix(name, envPrefix)
		if !ours || serviceLink(rest) {
			continue
		}
		if key, known := keys[name]; known {
			errs = append(errs, l.apply(key, setting.Value{Text: value}, "environment")...)
		} else {
			errs = append(errs, l.unknown(strings.ToLower(rest), "environment", EnvName))
		}
	}
	return errs
}

// serviceLink recognises what Kubernetes sets in every pod near a Service that is
// called lightstick, by what follows the prefix.
func serviceLink(rest string) bool {
	return rest == "PORT" || strings.HasPrefix(rest, "PORT_") || strings.HasPrefix(rest, "SERVICE_")
}

// EnvName is the environment variable of a key.
func EnvName(key string) string {
	return envPrefix + strings.ToUpper(strings.ReplaceAll(key, ".", "_"))
}

func (l *Loaded) applySets(sets []string) (errs []error) {
	for _, s := range sets {
		key, value, ok := strings.Cut(s, "=")
		if !ok {
			errs = append(errs, fmt.Errorf("--set %q: use --set key=value", key))
			continue
		}
		errs = append(errs, l.apply(key, setting.Value{Text: value}, "--set")...)
	}
	return errs
}

// apply lets a value hold in place of those of earlier sources.
func (l *Loaded) apply(key string, value setting.Value, source string) []error {
	e := l.find(key)
	if e == nil {
		return []error{l.unknown(key, source, asIs)}
	}
	e.given, e.source = value, source
	return nil
}
