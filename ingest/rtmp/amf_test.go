package rtmp

import (
	"bytes"
	"errors"
	"reflect"
	"testing"

	"github.com/bluenviron/gortmplib/pkg/amf0"
)

func TestDecodeAMF(t *testing.T) {
	long := bytes.Repeat([]byte{'x'}, 70_000)
	number := "\x00\x40\x45\x00\x00\x00\x00\x00\x00" // 42
	tests := []struct {
		name, b string
		want    amf0.Data
		err     error
	}{
		{"scalars", number + "\x01\x01\x02\x00\x01a\x05\x0d", amf0.Data{42.0, true, "a", nil, nil}, nil},
		{"undefined", "\x06", amf0.Data{amf0.Undefined{}}, nil},
		{"object", "\x03\x00\x01a" + number + "\x00\x00\x09", amf0.Data{amf0.Object{{Key: "a", Value: 42.0}}}, nil},
		{"ECMA array whose count is wrong", "\x08\xff\xff\xff\xff\x00\x01a" + number + "\x00\x00\x09", amf0.Data{amf0.ECMAArray{{Key: "a", Value: 42.0}}}, nil},
		{"strict array", "\x0a\x00\x00\x00\x02\x05" + number, amf0.Data{amf0.StrictArray{nil, 42.0}}, nil},
		{"date", "\x0b" + number[1:] + "\x00\x00", amf0.Data{42.0}, nil},
		{"long string", "\x0c\x00\x01\x11\x70" + string(long), amf0.Data{string(long)}, nil},
		{"XML", "\x0f\x00\x00\x00\x02<>", amf0.Data{"<>"}, nil},
		{"typed object", "\x10\x00\x01C\x00\x01a" + number + "\x00\x00\x09", amf0.Data{amf0.Object{{Key: "a", Value: 42.0}}}, nil},
		{"reference", "\x03\x00\x01a" + number + "\x00\x00\x09\x07\x00\x00", amf0.Data{amf0.Object{{Key: "a", Value: 42.0}}, amf0.Object{{Key: "a", Value: 42.0}}}, nil},
		{"reference to itself", "\x03\x00\x01a\x07\x00\x00\x00\x00\x09", amf0.Data{amf0.Object{{Key: "a"}}}, nil},
		{"reference to nothing", "\x07\x00\x05", amf0.Data{nil}, nil},
		{"what comes before a fault", "\x02\x00\x01a" + number + "\x11\x0a", amf0.Data{"a", 42.0}, ErrAMF},
		{"cut short", "\x02\x00\x05a", nil, ErrAMF},
		{"a string longer than 2 GB", "\x0c\xff\xff\xff\xffa", nil, ErrAMF},
		{"object without end", "\x03\x00\x00\x05", nil, ErrAMF},
		{"an array of four billion", "\x0a\xff\xff\xff\xff\x05", nil, ErrAMF},
		{"movie clip", "\x04", nil, ErrAMF},
		{"nothing", "", nil, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := decodeAMF([]byte(tt.b))
			if !errors.Is(err, tt.err) || !reflect.DeepEqual(got, tt.want) {
				t.Errorf("got %v, %v", got, err)
			}
		})
	}
}

func TestAMFDepth(t *testing.T) {
	deep := func(n int) []byte { return append(bytes.Repeat([]byte{amfStrictArray, 0, 0, 0, 1}, n), amfNull) }
	if _, err := decodeAMF(deep(10)); err != nil {
		t.Error(err)
	}
	if _, err := decodeAMF(deep(13_000)); !errors.Is(err, ErrAMF) {
		t.Errorf("deep nesting: %v", err)
	}
}
