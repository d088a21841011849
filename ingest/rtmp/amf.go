package rtmp

import (
	"encoding/binary"
	"fmt"
	"math"

	"github.com/bluenviron/gortmplib/pkg/amf0"

	"github.com/globalfandom/lightstick/ingest"
)

// maxAMFDepth bounds nested objects and arrays; onMetaData needs 2, connect's
// fourCcList 2.
const maxAMFDepth = 16

// ErrAMF reports a command or data message that breaks AMF0 or a bound.
var ErrAMF = fmt.Errorf("%w: RTMP AMF0", ingest.ErrMalformed)

var errAMFShort = fmt.Errorf("%w: cut short", ErrAMF)

// AMF0 type markers (AMF0 specification §2.1).
const (
	amfNumber      = 0x00
	amfBoolean     = 0x01
	amfString      = 0x02
	amfObject      = 0x03
	amfNull        = 0x05
	amfUndefined   = 0x06
	amfReference   = 0x07
	amfECMAArray   = 0x08
	amfObjectEnd   = 0x09
	amfStrictArray = 0x0a
	amfDate        = 0x0b
	amfLongString  = 0x0c
	amfUnsupported = 0x0d
	amfXMLDocument = 0x0f
	amfTypedObject = 0x10
)

// decodeAMF decodes the values of a command or data body. With an error it returns the
// values before the one that can't be read: what matters comes first.
func decodeAMF(body []byte) (amf0.Data, error) {
	d := amfDecoder{b: body}
	var values amf0.Data
	for len(d.b) > 0 {
		v, err := d.value(0)
		if err != nil {
			return values, err
		}
		values = append(values, v)
	}
	return values, nil
}

// amfDecoder decodes AMF0 into the types of gortmplib's amf0. Its memory follows the
// input: each value has a byte at least.
type amfDecoder struct {
	b       []byte
	complex []any // objects and arrays so far, by their number (§2.9)
}

func (d *amfDecoder) readBytes(n int) ([]byte, error) {
	if n > len(d.b) {
		return nil, errAMFShort
	}
	head := d.b[:n]
	d.b = d.b[n:]
	return head, nil
}

func (d *amfDecoder) value(depth int) (any, error) {
	if depth > maxAMFDepth {
		return nil, fmt.Errorf("%w: nested deeper than %d", ErrAMF, maxAMFDepth)
	}
	marker, err := d.readBytes(1)
	if err != nil {
		return nil, err
	}
	switch marker[0] {
	case amfNumber:
		return d.number()
	case amfBoolean:
		b, err := d.readBytes(1)
		return err == nil && b[0] != 0, err
	case amfString:
		return d.text(2)
	case amfLongString, amfXMLDocument:
		return d.text(4)
	case amfNull, amfUnsupported:
		return nil, nil
	case amfUndefined:
		return amf0.Undefined{}, nil
	case amfReference:
		return d.reference()
	case amfDate:
		return d.date()
	}
	return d.structure(marker[0], depth)
}

// structure decodes a value that holds others.
func (d *amfDecoder) structure(marker byte, depth int) (any, error) {
	at := len(d.complex)
	d.complex = append(d.complex, nil) // a value can't refer to itself
	var v any
	var err error
	switch marker {
	case amfObject:
		v, err = d.members(depth)
	case amfTypedObject:
		if _, err = d.text(2); err == nil { // the class
			v, err = d.members(depth)
		}
	case amfECMAArray:
		// The count is a hint: some write 0 (§2.10).
		if _, err = d.readBytes(4); err == nil {
			var o amf0.Object
			o, err = d.members(depth)
			v = amf0.ECMAArray(o)
		}
	case amfStrictArray:
		v, err = d.elements(depth)
	default:
		return nil, fmt.Errorf("%w: type marker %#02x", ErrAMF, marker)
	}
	if err != nil {
		return nil, err
	}
	d.complex[at] = v
	return v, nil
}

func (d *amfDecoder) number() (float64, error) {
	b, err := d.readBytes(8)
	if err != nil {
		return 0, err
	}
	return math.Float64frombits(binary.BigEndian.Uint64(b)), nil
}

// text reads a string behind its length, which has 2 or 4 bytes.
func (d *amfDecoder) text(lengthSize int) (string, error) {
	b, err := d.readBytes(lengthSize)
	if err != nil {
		return "", err
	}
	length := uint64(0)
	for _, x := range b {
		length = length<<8 | uint64(x)
	}
	if length > uint64(len(d.b)) {
		return "", errAMFShort
	}
	b, err = d.readBytes(int(length))
	return string(b), err
}

// date reads a date as the number of its milliseconds; its time zone is reserved (§2.13).
func (d *amfDecoder) date() (float64, error) {
	v, err := d.number()
	if err == nil {
		_, err = d.readBytes(2)
	}
	return v, err
}

func (d *amfDecoder) reference() (any, error) {
	b, err := d.readBytes(2)
	if err != nil {
		return nil, err
	}
	if at := int(binary.BigEndian.Uint16(b)); at < len(d.complex) {
		return d.complex[at], nil
	}
	return nil, nil
}

func (d *amfDecoder) members(depth int) (amf0.Object, error) {
	o := amf0.Object{}
	for {
		key, err := d.text(2)
		if err != nil {
			return nil, err
		}
		if key == "" {
			end, err := d.readBytes(1)
			if err == nil && end[0] != amfObjectEnd {
				err = fmt.Errorf("%w: object without end", ErrAMF)
			}
			return o, err
		}
		v, err := d.value(depth + 1)
		if err != nil {
			return nil, err
		}
		o = append(o, amf0.ObjectEntry{Key: key, Value: v})
	}
}

func (d *amfDecoder) elements(depth int) (amf0.StrictArray, error) {
	b, err := d.readBytes(4)
	if err != nil {
		return nil, err
	}
	a := amf0.StrictArray{}
	// Each element takes a byte at least, so the loop ends with the input.
	for count := binary.BigEndian.Uint32(b); count > 0; count-- {
		v, err := d.value(depth + 1)
		if err != nil {
			return nil, err
		}
		a = append(a, v)
	}
	return a, nil
}

// object takes whichever kind of object a peer sent.
func object(v any) amf0.Object {
	switch o := v.(type) {
	case amf0.Object:
		return o
	case amf0.ECMAArray:
		return amf0.Object(o)
	}
	return nil
}

// withoutAMF3Marker removes the byte that messages of the AMF3 types have before their
// AMF0 values (RTMP 1.0 §7.1.1). Some encoders leave it out.
func withoutAMF3Marker(body []byte) []byte {
	if len(body) > 0 && body[0] != amfString {
		return body[1:]
	}
	return body
}
