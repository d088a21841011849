package rtmp

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/bluenviron/gortmplib/pkg/amf0"
)

// maxAMFDepth bounds nested objects and arrays; onMetaData needs 2, connect's
// fourCcList 2.
const maxAMFDepth = 16

// ErrAMF reports a command or data message that breaks AMF0 or a bound.
var ErrAMF = errors.New("rtmp AMF0")

// decodeAMF decodes a command or data body, after making sure that it nests no
// deeper than the recursive decoder's stack can bear.
func decodeAMF(body []byte) (amf0.Data, error) {
	if err := checkAMF(body); err != nil {
		return nil, err
	}
	data, err := amf0.Unmarshal(body)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrAMF, err)
	}
	return data, nil
}

// AMF0 type markers (AMF0 specification §2.1).
const (
	amfNumber      = 0x00
	amfBoolean     = 0x01
	amfString      = 0x02
	amfObject      = 0x03
	amfNull        = 0x05
	amfUndefined   = 0x06
	amfECMAArray   = 0x08
	amfObjectEnd   = 0x09
	amfStrictArray = 0x0a
)

// checkAMF walks the values of a body and fails when they nest too deep or end
// too early.
func checkAMF(b []byte) error {
	w := amfWalker{b: b}
	for len(w.b) > 0 {
		if err := w.value(0); err != nil {
			return err
		}
	}
	return nil
}

type amfWalker struct{ b []byte }

var errAMFShort = fmt.Errorf("%w: cut short", ErrAMF)

func (w *amfWalker) skip(n int) error {
	if n > len(w.b) {
		return errAMFShort
	}
	w.b = w.b[n:]
	return nil
}

func (w *amfWalker) value(depth int) error {
	if depth > maxAMFDepth {
		return fmt.Errorf("%w: nested deeper than %d", ErrAMF, maxAMFDepth)
	}
	if len(w.b) == 0 {
		return errAMFShort
	}
	marker := w.b[0]
	w.b = w.b[1:]
	switch marker {
	case amfNumber:
		return w.skip(8)
	case amfBoolean:
		return w.skip(1)
	case amfString:
		_, err := w.text()
		return err
	case amfNull, amfUndefined:
		return nil
	case amfECMAArray:
		if err := w.skip(4); err != nil {
			return err
		}
		return w.members(depth)
	case amfObject:
		return w.members(depth)
	case amfStrictArray:
		return w.elements(depth)
	}
	return fmt.Errorf("%w: type marker %#02x", ErrAMF, marker)
}

// text reads a string with its 16-bit length and returns the length.
func (w *amfWalker) text() (int, error) {
	if len(w.b) < 2 {
		return 0, errAMFShort
	}
	n := int(binary.BigEndian.Uint16(w.b))
	return n, w.skip(2 + n)
}

func (w *amfWalker) members(depth int) error {
	for {
		n, err := w.text()
		if err != nil {
			return err
		}
		if n == 0 {
			if len(w.b) == 0 || w.b[0] != amfObjectEnd {
				return fmt.Errorf("%w: object without end", ErrAMF)
			}
			return w.skip(1)
		}
		if err := w.value(depth + 1); err != nil {
			return err
		}
	}
}

func (w *amfWalker) elements(depth int) error {
	if len(w.b) < 4 {
		return errAMFShort
	}
	count := binary.BigEndian.Uint32(w.b)
	w.b = w.b[4:]
	// Each element takes a byte at least, so the loop ends with the input.
	for ; count > 0; count-- {
		if err := w.value(depth + 1); err != nil {
			return err
		}
	}
	return nil
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
