package bitstream

import (
	"bytes"
	"encoding/binary"
	"os"
	"testing"

	"github.com/globalfandom/lightstick/media"
	"github.com/globalfandom/lightstick/media/bitstream/bitstreamtest"
)

// lies reports whether a payload is a slice of body, rather than a copy.
func lies(payload, body []byte) bool {
	at := bytes.Index(body, payload)
	return at >= 0 && len(payload) > 0 && &body[at] == &payload[0] && cap(payload) == len(payload)
}

// A picture is copied only if something between two units that stay is left out, or something
// has to be added.
func TestPicturesThatAreNotCopied(t *testing.T) {
	delimiter, filler, message := []byte{9, 0xf0}, []byte{12, 0xff, 0x80}, []byte{6, 1, 1, 0x80}
	slice, other := []byte{0x41, 0x9a, 0x22}, []byte{0x41, 0x3a, 0x22}
	for _, tt := range []struct {
		name  string
		units [][]byte
		want  bool
	}{
		{"a slice", [][]byte{slice}, true},
		{"slices", [][]byte{slice, other, other}, true},
		{"what stands before it goes", [][]byte{delimiter, sps, pps, message, slice}, true},
		{"what stands behind it goes", [][]byte{slice, filler}, true},
		{"both", [][]byte{delimiter, slice, other, filler, filler}, true},
		{"something in between goes", [][]byte{slice, filler, other}, false},
		{"an empty unit in between goes", [][]byte{slice, nil, other}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var body []byte
			for _, u := range tt.units {
				body = append(binary.BigEndian.AppendUint32(body, uint32(len(u))), u...)
			}
			au, err := (&Video{Codec: media.H264}).FromLengthPrefixed(body, lengthSize)
			if err != nil {
				t.Fatal(err)
			}
			copied, err := (&Video{Codec: media.H264}).FromNALUnits(tt.units)
			if err != nil || !bytes.Equal(au.Payload, copied.Payload) {
				t.Errorf("got %x, %v, want %x", au.Payload, err, copied.Payload)
			}
			if lies(au.Payload, body) != tt.want {
				t.Errorf("stays in place: %v", !tt.want)
			}
		})
	}
}

// A message that came before its picture can only stand before it in a copy.
func TestMessagesThatWaitAreCopied(t *testing.T) {
	v := &Video{Codec: media.H264}
	message, body := []byte{6, 1, 1, 0x80}, []byte{0, 0, 0, 3, 0x41, 0x9a, 0x22}
	if au, err := v.FromNALUnits([][]byte{message}); err != nil || au.Payload != nil {
		t.Fatalf("%x, %v", au.Payload, err)
	}
	au, err := v.FromLengthPrefixed(body, lengthSize)
	if want := append([]byte{0, 0, 0, 4, 6, 1, 1, 0x80}, body...); err != nil || !bytes.Equal(au.Payload, want) {
		t.Errorf("got %x, %v", au.Payload, err)
	}
}

func TestTemporalUnitsThatAreNotCopied(t *testing.T) {
	file, err := os.ReadFile("../../testdata/av1/svt.obu")
	if err != nil {
		t.Fatal(err)
	}
	v := &Video{Codec: media.AV1}
	if _, err := v.FromOBUStream(bytes.Clone(bitstreamtest.TemporalUnits(file)[0])); err != nil {
		t.Fatal(err)
	}
	sequence := v.Params.Sequence
	delimiter, padding, frame, key := []byte{0x12, 0}, []byte{0x7a, 1, 0x80}, []byte{0x32, 2, 0x30, 9}, []byte{0x32, 2, 0x10, 9}
	for _, tt := range []struct {
		name string
		obus [][]byte
		want bool
	}{
		{"a frame", [][]byte{frame}, true},
		{"frames", [][]byte{frame, frame}, true},
		{"a delimiter before it goes", [][]byte{delimiter, frame}, true},
		{"padding behind it goes", [][]byte{frame, padding}, true},
		{"padding in between goes", [][]byte{frame, padding, frame}, false},
		{"a key frame with its sequence header", [][]byte{delimiter, sequence, key}, true},
		{"a key frame without", [][]byte{delimiter, key}, false},
		{"the last one has no size", [][]byte{frame, {0x30, 0x30, 9}}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			body := bytes.Join(tt.obus, nil)
			au, err := v.FromOBUStream(body)
			if err != nil {
				t.Fatal(err)
			}
			copied, err := v.FromOBUs(tt.obus)
			if err != nil || !bytes.Equal(au.Payload, copied.Payload) || au.KeyFrame != copied.KeyFrame {
				t.Errorf("got %x, %v, want %x", au.Payload, err, copied.Payload)
			}
			if lies(au.Payload, body) != tt.want {
				t.Errorf("stays in place: %v", !tt.want)
			}
		})
	}
}
