package bitstream

import (
	"bytes"
	"encoding/binary"
	"errors"
	"slices"
	"testing"

	"github.com/globalfandom/lightstick/media"
)

var (
	sps = []byte{
		0x67, 0x64, 0x00, 0x1e, 0xac, 0xd9, 0x40, 0xa0, 0x2f, 0xf9, 0x70, 0x11, 0x00, 0x00, 0x03, 0x00,
		0x01, 0x00, 0x00, 0x03, 0x00, 0x3c, 0x0f, 0x16, 0x2d, 0x96,
	}
	pps = []byte{0x68, 0xeb, 0xe3, 0xcb, 0x22, 0xc0}
)

func avcC() []byte {
	b := []byte{1, 0x64, 0, 0x1e, 0xff, 0xe1}
	b = binary.BigEndian.AppendUint16(b, uint16(len(sps)))
	b = append(append(b, sps...), 1)
	b = binary.BigEndian.AppendUint16(b, uint16(len(pps)))
	return append(b, pps...)
}

func TestParseAVCDecoderConfig(t *testing.T) {
	p, prefix, err := ParseAVCDecoderConfig(avcC())
	if err != nil || prefix != 4 || !slices.EqualFunc(p.SPS, [][]byte{sps}, bytes.Equal) || !slices.EqualFunc(p.PPS, [][]byte{pps}, bytes.Equal) {
		t.Fatalf("%x, %d, %v", p, prefix, err)
	}
	track, err := VideoTrack(media.H264, p)
	if err != nil || track.Width != 640 || track.Height != 360 {
		t.Errorf("%dx%d, %v", track.Width, track.Height, err)
	}
	for n := range len(avcC()) - 1 {
		if _, _, err := ParseAVCDecoderConfig(avcC()[:n]); !errors.Is(err, ErrParameters) {
			t.Errorf("cut to %d bytes: %v", n, err)
		}
	}
}

func TestFromLengthPrefixed(t *testing.T) {
	unit := func(nalus ...[]byte) (b []byte) {
		for _, n := range nalus {
			b = append(binary.BigEndian.AppendUint32(b, uint32(len(n))), n...)
		}
		return b
	}
	idr, slice := []byte{0x65, 1, 2}, []byte{0x41, 3}
	tests := []struct {
		name    string
		body    []byte
		payload []byte
		key     bool
		changed bool
		fails   bool
	}{
		{"a slice stays as it is", unit(slice), unit(slice), false, false, false},
		{"keyframe", unit(idr), unit(idr), true, false, false},
		{"parameter sets, delimiter and filler go", unit([]byte{0x09, 0xf0}, sps, pps, idr, []byte{0x0c, 0xff}), unit(idr), true, true, false},
		{"parameter sets alone are no picture", unit(sps, pps), nil, false, true, false},
		{"length beyond the end", []byte{0, 0, 0, 9, 0x65}, nil, false, false, true},
		{"half a length", []byte{0, 0}, nil, false, false, true},
		{"empty units", unit(nil, slice), unit(slice), false, false, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			v := &Video{Codec: media.H264}
			au, err := v.FromLengthPrefixed(tt.body, 4)
			if (err != nil) != tt.fails {
				t.Fatal(err)
			}
			if !bytes.Equal(au.Payload, tt.payload) || au.KeyFrame != tt.key || (au.Params != ParamsSame) != tt.changed {
				t.Errorf("got %+v", au)
			}
		})
	}
}

func TestAACTrack(t *testing.T) {
	track, err := AACTrack([]byte{0x12, 0x08})
	if err != nil || track.Timescale != 44100 || track.Channels != 1 || track.FrameSamples != 1024 {
		t.Errorf("%+v, %v", track, err)
	}
	if _, err := AACTrack(nil); !errors.Is(err, ErrParameters) {
		t.Errorf("empty: %v", err)
	}
}

func FuzzDecoderConfig(f *testing.F) {
	f.Add(avcC())
	f.Add([]byte{1, 2, 3})
	f.Fuzz(func(t *testing.T, b []byte) {
		if p, _, err := ParseAVCDecoderConfig(b); err == nil {
			_, _ = VideoTrack(media.H264, p)
		}
		if p, _, err := ParseHEVCDecoderConfig(b); err == nil {
			_, _ = VideoTrack(media.HEVC, p)
		}
		_, _ = AACTrack(b)
	})
}

func FuzzAccessUnit(f *testing.F) {
	f.Add([]byte{0, 0, 0, 3, 0x65, 1, 2, 0, 0, 0, 1, 0x09}, byte(4))
	f.Fuzz(func(t *testing.T, b []byte, prefix byte) {
		for _, codec := range []media.Codec{media.H264, media.HEVC} {
			v := &Video{Codec: codec}
			au, err := v.FromLengthPrefixed(b, int(prefix%4)+1)
			if err != nil {
				continue
			}
			if _, err := splitLengthPrefixed(nil, au.Payload, 4); err != nil && prefix%4 == 3 {
				t.Errorf("payload is not well framed: %v", err)
			}
			au.KeyIntervalFrames()
		}
	})
}
