package setting

import (
	"encoding"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
)

// MapUnmarshaler is a type that is read from names and their values. Errors must not show
// a value that may be secret. There may be several, joined.
type MapUnmarshaler interface {
	UnmarshalMap(values map[string]string) error
}

// Value is what a source has for a setting.
type Value struct {
	Text string
	// Items are those of a list, or NAME=VALUE of a map, where the source can tell them apart;
	// nil: Text holds the value.
	Items []string
}

// Field is one setting.
type Field struct {
	Key, Default, Help string

	words     []string
	separator string // between the items of a list; "": is no list
	secret    bool
	value     reflect.Value
	text      string // as it is written
}

// Group is a struct of settings that belong to one package.
type Group struct {
	Fields []*Field
	// Validate reports what the types of the fields can't say; nil: nothing.
	Validate func() error
}

// Groups finds the settings of a struct and of the structs in it, in their order. It takes
// a pointer.
func Groups(settings any) []Group {
	return groups(reflect.ValueOf(settings).Elem())
}

func groups(v reflect.Value) []Group {
	var g Group
	var inner []Group
	for i := range v.NumField() {
		field := v.Type().Field(i)
		switch key := field.Tag.Get("key"); {
		case key != "":
			g.Fields = append(g.Fields, newField(key, field, v.Field(i)))
		case field.Type.Kind() == reflect.Struct && field.IsExported():
			inner = append(inner, groups(v.Field(i))...)
		}
	}
	if validator, ok := v.Addr().Interface().(interface{ Validate() error }); ok {
		g.Validate = validator.Validate
	}
	if len(g.Fields) == 0 {
		return inner
	}
	return append([]Group{g}, inner...)
}

func newField(key string, s reflect.StructField, v reflect.Value) *Field {
	f := &Field{
		Key: key, Default: s.Tag.Get("default"), Help: s.Tag.Get("help"),
		words: strings.Fields(s.Tag.Get("words")), separator: s.Tag.Get("list"), value: v,
	}
	switch v.Interface().(type) {
	case Secret, []Secret, map[string]Secret:
		f.secret = true
	default:
		f.secret = s.Tag.Get("secret") != ""
	}
	if f.IsMap() {
		f.separator = " "
	}
	return f
}

// IsMap reports whether the setting has names with values.
func (f *Field) IsMap() bool {
	_, own := f.value.Addr().Interface().(MapUnmarshaler)
	return own || f.value.Kind() == reflect.Map
}

// IsList reports whether the setting has several values. A map is a list of pairs.
func (f *Field) IsList() bool { return f.separator != "" }

// Set reads a value. The error says what is wrong, but neither the key nor the source; it may be
// several, joined. It shows no secret.
func (f *Field) Set(v Value) error {
	if v.Items == nil {
		f.text = v.Text
		return f.decode(f.split(v.Text))
	}
	if !f.IsList() {
		return errors.New("a list; use one value")
	}
	for _, item := range v.Items {
		if item == "" || strings.ContainsAny(item, f.separator+" \t\r\n") {
			return fmt.Errorf("an item of the list is empty, or has a space or %q in it", f.separator)
		}
	}
	f.text = strings.Join(v.Items, f.separator)
	return f.decode(v.Items)
}

// split finds the items of a list in a text.
func (f *Field) split(text string) []string {
	if f.separator == " " {
		return strings.Fields(text)
	}
	return nil // of other lists the type of the package's own reads the text
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

// String is the value for people to read, secrets masked. Numbers, durations and sizes have
// their usual form, maps the order of their names; all else is as it is written.
func (f *Field) String() string {
	if f.IsMap() {
		pairs, _ := parsePairs(strings.Fields(f.text))
		var list []string
		for _, name := range slices.Sorted(maps.Keys(pairs)) {
			if f.secret {
				pairs[name] = masked
			}
			list = append(list, name+"="+pairs[name])
		}
		return strings.Join(list, " ")
	}
	if f.secret {
		return Secret(f.text).String()
	}
	switch v := f.value.Interface().(type) {
	case int, float64, time.Duration, Size:
		return fmt.Sprint(v)
	case bool:
		if len(f.words) == 0 {
			return strconv.FormatBool(v)
		}
	}
	return f.text
}

// Equal reports whether the same setting of another struct has the same value.
func (f *Field) Equal(other *Field) bool {
	return f.text == other.text || reflect.DeepEqual(f.value.Interface(), other.value.Interface())
}
