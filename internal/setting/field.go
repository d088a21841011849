package setting

import (
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
	// Group is the innermost struct with the field that has a Validate method.
	Group *Group

	words     []string
	separator string // between the items of a list; "": is no list
	secret    bool
	value     reflect.Value
	text      string // as it is written
}

// Group is a struct of settings, with what is in it.
type Group struct {
	// Validate reports what the types of the fields can't say; nil: nothing.
	Validate func() error
}

// Fields finds the settings of a struct and of the structs in it, in their order. It takes
// a pointer.
func Fields(settings any) []*Field {
	return fieldsOf(reflect.ValueOf(settings).Elem(), &Group{})
}

func fieldsOf(v reflect.Value, g *Group) (fields []*Field) {
	if validator, ok := v.Addr().Interface().(interface{ Validate() error }); ok {
		g = &Group{validator.Validate}
	}
	for i := range v.NumField() {
		field := v.Type().Field(i)
		switch key := field.Tag.Get("key"); {
		case key != "":
			fields = append(fields, newField(key, field, v.Field(i), g))
		case field.Type.Kind() == reflect.Struct && field.IsExported():
			fields = append(fields, fieldsOf(v.Field(i), g)...)
		}
	}
	return fields
}

func newField(key string, s reflect.StructField, v reflect.Value, g *Group) *Field {
	f := &Field{
		Key: key, Group: g, Default: s.Tag.Get("default"), Help: s.Tag.Get("help"),
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
