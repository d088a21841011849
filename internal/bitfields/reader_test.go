package bitfields_test

import (
	"fmt"
	"testing"

	"github.com/globalfandom/lightstick/internal/bitfields"
)

func TestReader(t *testing.T) {
	r := bitfields.Reader{Rest: []byte{1, 2, 3, 4, 5, 6}}
	if b, n, s := r.Byte(), r.Uint(3), string(r.Take(1)); b != 1 || n != 0x020304 || s != "\x05" || r.Short {
		t.Errorf("%d, %#x, %q, short %v", b, n, s, r.Short)
	}
	if n := r.Uint(2); n != 0 || !r.Short {
		t.Errorf("a number that is cut is %d, short %v", n, r.Short)
	}
	if b := r.Take(1); b != nil || len(r.Rest) > 0 || !r.Short {
		t.Errorf("after the end: %v, rest %v, short %v", b, r.Rest, r.Short)
	}
}

func TestBitWriter(t *testing.T) {
	var w bitfields.BitWriter
	w.Put(0b101, 3).Put(0xffffffff, 32).Zeros(2)
	w.Put(0b11, 1) // its lowest bit
	if got := fmt.Sprintf("%x", w.Bytes); got != "bfffffffe4" || w.Len() != 38 {
		t.Errorf("%s of %d bits", got, w.Len())
	}
}
