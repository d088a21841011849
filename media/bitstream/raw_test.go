package bitstream

import (
	"bytes"
	"errors"
	"testing"

	"github.com/globalfandom/lightstick/media"
)

func TestRawTracks(t *testing.T) {
	tests := []struct {
		codec          media.Codec
		rate, channels int
		bytes          int
		duration       media.Ticks // of so many bytes
		fails          bool
	}{
		{media.PCMA, 8000, 1, 160, 160, false},
		{media.PCMU, 8000, 2, 160, 80, false},
		{media.G722, 16000, 1, 160, 320, false},
		{media.PCM, 44100, 2, 4410, 1102, false},
		{media.PCM, 44100, 9, 0, 0, true},
		{media.PCM, 0, 1, 0, 0, true},
		{media.PCM, 1 << 30, 1, 0, 0, true},
		{media.G722, 16000, 2, 0, 0, true},
	}
	for _, tt := range tests {
		track, err := RawTrack(tt.codec, tt.rate, tt.channels)
		if tt.fails != errors.Is(err, ErrParameters) {
			t.Errorf("%s, %d Hz, %d channels: %v", tt.codec, tt.rate, tt.channels, err)
		}
		if err != nil {
			continue
		}
		if got := RawDuration(track, make([]byte, tt.bytes)); got != tt.duration {
			t.Errorf("%s, %d channels: %d bytes have %d samples, want %d", tt.codec, tt.channels, tt.bytes, got, tt.duration)
		}
	}
}

func TestPCMIsSixteenBitsLittleEndian(t *testing.T) {
	for _, tt := range []struct {
		name      string
		got, want []byte
	}{
		{"8 bits", PCMFromUnsigned8([]byte{0x80, 0x00, 0xff}), []byte{0, 0, 0, 0x80, 0, 0x7f}},
		{"16 bits", PCMFromBigEndian([]byte{0x12, 0x34, 0xff, 0xfe, 0x01}, 2), []byte{0x34, 0x12, 0xfe, 0xff}},
		{"24 bits", PCMFromBigEndian([]byte{0x12, 0x34, 0x56, 0xff, 0xfe, 0xfd}, 3), []byte{0x34, 0x12, 0xfe, 0xff}},
	} {
		if !bytes.Equal(tt.got, tt.want) {
			t.Errorf("%s: %x, want %x", tt.name, tt.got, tt.want)
		}
	}
}
