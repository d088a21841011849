package config

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"
)

// set parses a value by the type of its field. The error names key and source,
// but not the value of a secret.
func (l *Loaded) set(f *field, text, source string) error {
	wrong := func(want string) error {
		shown := strconv.Quote(text)
		switch f.value.Interface().(type) {
		case Secret, map[string]Secret:
			shown = "the value"
		}
		return fmt.Errorf("%s: %s is not %s (from %s)", f.key, shown, want, source)
	}
	switch v := f.value.Addr().Interface().(type) {
	case *string:
		*v = text
	case *Secret:
		*v = Secret(text)
	case *bool:
		b, err := strconv.ParseBool(text)
		if err != nil {
			return wrong("true or false")
		}
		*v = b
	case *int:
		n, err := strconv.Atoi(text)
		if err != nil {
			return wrong("a whole number")
		}
		*v = n
	case *float64:
		n, err := strconv.ParseFloat(text, 64)
		if err != nil {
			return wrong("a number")
		}
		*v = n
	case *time.Duration:
		d, err := time.ParseDuration(text)
		if err != nil {
			return wrong("a duration such as 250ms, 2s or 1m30s")
		}
		*v = d
	case *Size:
		n, err := ParseSize(text)
		if err != nil {
			return wrong(err.Error())
		}
		*v = n
	case *map[string]Secret:
		pairs, ok := parsePairs(text)
		if !ok {
			return wrong("a list of NAME=ADDRESS pairs, separated by spaces")
		}
		*v = pairs
	case *map[string]string:
		pairs, ok := parsePairs(text)
		if !ok {
			return wrong("a list of NAME=ADDRESS pairs, separated by spaces")
		}
		*v = make(map[string]string, len(pairs))
		for name, value := range pairs {
			(*v)[name] = string(value)
		}
	default:
		return fmt.Errorf("%s: type %s can't be configured", f.key, f.value.Type())
	}
	f.source = source
	return nil
}

// parsePairs reads NAME=VALUE pairs. A name with what only addresses have is an
// address whose name was forgotten: it may hold a secret, and errors quote names.
func parsePairs(text string) (map[string]Secret, bool) {
	pairs := make(map[string]Secret)
	for pair := range strings.FieldsSeq(text) {
		name, value, ok := strings.Cut(pair, "=")
		if !ok || name == "" || value == "" || strings.ContainsAny(name, ":/@?") {
			return nil, false
		}
		pairs[name] = Secret(value)
	}
	return pairs, true
}

// Entry is one effective setting, for people to read.
type Entry struct{ Key, Value, Source, Help string }

// Entries lists all settings in the order of the documentation, secrets masked.
func (l *Loaded) Entries() []Entry {
	entries := make([]Entry, len(l.fields))
	for i, f := range l.fields {
		entries[i] = Entry{Key: f.key, Value: show(f.value), Source: f.source, Help: f.help}
	}
	return entries
}

// Print writes the settings as a table, secrets masked.
func (l *Loaded) Print(out io.Writer) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "KEY\tVALUE\tFROM\tENVIRONMENT\tMEANING")
	for _, e := range l.Entries() {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", e.Key, cmp.Or(e.Value, `""`), e.Source, EnvName(e.Key), strings.TrimSuffix(e.Help, "."))
	}
	return w.Flush()
}

// IsDefault tells whether nobody has set the key.
func (l *Loaded) IsDefault(key string) bool {
	for _, f := range l.fields {
		if f.key == key {
			return f.source == "default"
		}
	}
	return false
}

func show(v reflect.Value) string {
	if pairs, ok := v.Interface().(map[string]Secret); ok {
		var list []string
		for _, name := range slices.Sorted(maps.Keys(pairs)) {
			list = append(list, name+"="+masked)
		}
		return strings.Join(list, " ")
	}
	if pairs, ok := v.Interface().(map[string]string); ok {
		var list []string
		for _, name := range slices.Sorted(maps.Keys(pairs)) {
			list = append(list, name+"="+pairs[name])
		}
		return strings.Join(list, " ")
	}
	return fmt.Sprint(v.Interface())
}
