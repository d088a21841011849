package bitstream

import (
	"encoding/hex"
	"testing"

	"github.com/globalfandom/lightstick/media"
)

// ccData wraps constructs into registered user data.
func ccData(constructs ...[3]byte) []byte {
	b := append([]byte{}, captionMark...)
	b = append(b, 0x40|byte(len(constructs)), 0xff)
	for _, c := range constructs {
		b = append(b, c[:]...)
	}
	return append(b, 0xff)
}

func TestCaptions(t *testing.T) {
	const valid608, valid608b, packet, more = 0xfc, 0xfd, 0xff, 0xfe
	tests := []struct {
		name       string
		constructs [][3]byte
		want       media.Captions
	}{
		{"padding only", [][3]byte{{valid608, 0x80, 0x80}, {valid608b, 0x80, 0x80}, {0xfa, 0, 0}}, 0},
		{"field 1", [][3]byte{{valid608, 0x94, 0x20}}, media.CC1},
		{"field 2", [][3]byte{{valid608, 0x80, 0x80}, {valid608b, 0x94, 0x20}}, media.CC3},
		{"service 1 of CEA-708", [][3]byte{{packet, 0x42, 0x23}, {more, 0x41, 0x42}}, media.CaptionService(1)},
		{"empty service block", [][3]byte{{packet, 0x42, 0x20}}, 0},
		{"not valid", [][3]byte{{0xf8, 0x94, 0x20}}, 0},
		{"both", [][3]byte{{valid608, 0x94, 0x20}, {packet, 0x42, 0x43}}, media.CC1 | media.CaptionService(2)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			data := ccData(tt.constructs...)
			message := append([]byte{4, byte(len(data))}, data...)
			message = append([]byte{5, 2, 0xaa, 0xbb}, append(message, 0x80)...) // after another one
			for codec, header := range map[media.Codec][]byte{media.H264: {0x06}, media.HEVC: {0x4e, 0x01}} {
				v := &Video{Codec: codec}
				slice := []byte{0x41, 0x9a, 0x22}
				if codec == media.HEVC {
					slice = []byte{0x02, 0x01, 0x22}
				}
				au, err := v.FromNALUnits([][]byte{append(header, message...), slice})
				if err != nil || au.Captions != tt.want {
					t.Errorf("%v: %v, %v; want %v", codec, au.Captions.InstreamIDs(), err, tt.want.InstreamIDs())
				}
			}
			metadata := append([]byte{obuMetadata<<3 | 2, byte(len(data) + 1), 4}, data...)
			au, err := (&Video{Codec: media.AV1}).FromOBUStream(metadata)
			if err != nil || au.Captions != tt.want {
				t.Errorf("AV1: %v, %v", au.Captions.InstreamIDs(), err)
			}
		})
	}
}

func FuzzCaptions(f *testing.F) {
	data := ccData([3]byte{0xfc, 0x94, 0x20}, [3]byte{0xff, 0x42, 0x23})
	f.Add(append([]byte{4, byte(len(data))}, data...))
	f.Add(append([]byte{0xff, 4, 0xff, 0xff, 0xff}, data...))
	f.Fuzz(func(_ *testing.T, b []byte) {
		seiCaptions(b)
		metadataCaptions(b)
		t35Captions(b)
	})
}

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// Parameter sets that x264 and x265 wrote for HDR in 10 bit.
func TestPictureDescription(t *testing.T) {
	tests := []struct {
		name   string
		codec  media.Codec
		params ParamSets
		color  media.Color
		aspect media.PixelAspect
		ranged media.VideoRange
	}{
		{
			"HLG, pixels of 4:3", media.H264, ParamSets{
				SPS: [][]byte{unhex(t, "677a000cb6cd941419f8dc39a848904a000003000200000300641e28532c")}, PPS: [][]byte{unhex(t, "68ebe3cb22c0")},
			},
			media.Color{Primaries: 9, Transfer: 18, Matrix: 9}, media.PixelAspect{Width: 4, Height: 3}, media.HLG,
		},
		{
			"PQ", media.HEVC, ParamSets{
				VPS: [][]byte{unhex(t, "40010c01ffff02200000030090000003000003003c959809")},
				SPS: [][]byte{unhex(t, "42010102200000030090000003000003003ca00a080b9f6d96566924caf016a122012080000003008000000c84")},
				PPS: [][]byte{unhex(t, "4401c172b46240")},
			},
			media.Color{Primaries: 9, Transfer: 16, Matrix: 9}, media.PixelAspect{Width: 1, Height: 1}, media.PQ,
		},
		{"undeclared", media.H264, ParamSets{SPS: [][]byte{sps}, PPS: [][]byte{pps}}, media.Color{}, media.PixelAspect{Width: 1, Height: 1}, media.SDR},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			track, err := VideoTrack(tt.codec, tt.params)
			if err != nil || track.Color != tt.color || track.PixelAspect != tt.aspect || track.VideoRange() != tt.ranged {
				t.Errorf("%+v %+v %v, %v", track.Color, track.PixelAspect, track.VideoRange(), err)
			}
		})
	}
}
