package setting

import (
	"encoding"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
)

// split finds the items of a list in a text.
func (f *Field) split(text string) []string {
	switch f.separator {
	case "":
		return nil
	case " ":
		return strings.Fields(text)
	}
	return strings.Split(text, f.separator)
}

// decode reads the text, or its items.
func (f *Field) decode(items []string) (err error) {
	switch v := f.value.Addr().Interface().(type) {
	case encoding.TextUnmarshaler:
		return v.UnmarshalText([]byte(f.text))
	case MapUnmarshaler:
		pairs, ok := parsePairs(items)
		if !ok {
			return f.wrong(pairForm)
		}
		return v.UnmarshalMap(pairs)
	case *map[string]string:
		return f.decodeMap(items)
	case *map[string]Secret:
		return f.decodeMap(items)
	case *[]string:
		*v = items
	case *[]Secret:
		*v = nil
		for _, item := range items {
			*v = append(*v, Secret(item))
		}
	case *bool:
		return f.decodeBool(v)
	case *int:
		if *v, err = strconv.Atoi(f.text); err != nil {
			return f.wrong("a whole number")
		}
	case *float64:
		if *v, err = strconv.ParseFloat(f.text, 64); err != nil {
			return f.wrong("a number")
		}
	case *time.Duration:
		if *v, err = time.ParseDuration(f.text); err != nil {
			return f.wrong("a duration such as 250ms, 2s or 1m30s")
		}
	default:
		return f.decodeString()
	}
	return nil
}

func (f *Field) decodeString() error {
	if f.value.Kind() != reflect.String {
		panic(f.Key + ": its type can't be a setting's")
	}
	if len(f.words) > 0 && !slices.Contains(f.words, f.text) {
		return f.noWord()
	}
	f.value.SetString(f.text)
	return nil
}

func (f *Field) decodeBool(v *bool) (err error) {
	if len(f.words) > 0 {
		i := slices.Index(f.words, f.text)
		if i < 0 {
			return f.noWord()
		}
		*v = i > 0
		return nil
	}
	if *v, err = strconv.ParseBool(f.text); err != nil {
		return f.wrong("true or false")
	}
	return nil
}

// pairForm is how a map is written as one text.
const pairForm = "a list of NAME=VALUE pairs, separated by spaces"

// decodeMap fills a map of strings or Secrets.
func (f *Field) decodeMap(items []string) error {
	pairs, ok := parsePairs(items)
	if !ok {
		return f.wrong(pairForm)
	}
	f.value.Set(reflect.MakeMapWithSize(f.value.Type(), len(pairs)))
	for name, value := range pairs {
		f.value.SetMapIndex(reflect.ValueOf(name), reflect.ValueOf(value).Convert(f.value.Type().Elem()))
	}
	return nil
}

// parsePairs reads NAME=VALUE pairs. A name with what only addresses have is an
// address whose name was forgotten: it may hold a secret, and errors quote names.
func parsePairs(items []string) (map[string]string, bool) {
	pairs := make(map[string]string, len(items))
	for _, item := range items {
		name, value, ok := strings.Cut(item, "=")
		if !ok || name == "" || value == "" || strings.ContainsAny(name, ":/@?") {
			return nil, false
		}
		pairs[name] = value
	}
	return pairs, true
}

func (f *Field) wrong(want string) error {
	shown := strconv.Quote(f.text)
	if f.secret {
		shown = "the value"
	}
	return fmt.Errorf("%s is not %s", shown, want)
}

func (f *Field) noWord() error {
	last := len(f.words) - 1
	return fmt.Errorf("%q is not allowed; use %s or %s", f.text, strings.Join(f.words[:last], ", "), f.words[last])
}
