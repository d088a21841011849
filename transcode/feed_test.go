package transcode

import (
	"bytes"
	"testing"

	"github.com/globalfandom/lightstick/media"
)

// A picture that no FLV tag can hold is left out, and the tags after it can be read.
func TestFLVTagsThatAreTooLarge(t *testing.T) {
	var out bytes.Buffer
	f := &flvFeeder{w: &out}
	for _, size := range []int{100, maxFLVTag - 5, maxFLVTag - 4, 200} {
		if err := f.write(media.Sample{Payload: make([]byte, size)}); err != nil {
			t.Fatal(err)
		}
	}
	var sizes []int
	for b := out.Bytes(); len(b) > 0; {
		size := int(b[1])<<16 | int(b[2])<<8 | int(b[3])
		sizes = append(sizes, size)
		b = b[11+size+4:]
	}
	if len(sizes) != 3 || sizes[0] != 105 || sizes[1] != maxFLVTag || sizes[2] != 205 {
		t.Errorf("tags of %v bytes", sizes)
	}
}
