package bitstream

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"slices"
	"testing"

	"github.com/globalfandom/lightstick/media"
	"github.com/globalfandom/lightstick/media/bitstream/bitstreamtest"
)

// Every set that came is kept, by its ID.
func TestParameterSetsAreKept(t *testing.T) {
	sps0, pps0, pps1 := bitstreamtest.SPS(0, 40, 23), bitstreamtest.PPS(0, 0, 0), bitstreamtest.PPS(1, 0, 1)
	idr := func(pps int) []byte { return bitstreamtest.Slice(true, 0, bitstreamtest.SliceI, pps) }
	p := bitstreamtest.Slice(false, 0, bitstreamtest.SliceP, 1)
	type picture struct {
		nalus [][]byte
		want  ParamsChange
		bad   bool
		needs bool // a PPS that was not announced
	}
	tests := []struct {
		name     string
		pictures []picture
		sps, pps int // sets in the end
		width    int
	}{
		{"two at once", []picture{{nalus: [][]byte{sps0, pps0, pps1, idr(0)}, want: ParamsAdded}, {nalus: [][]byte{p}}}, 1, 2, 640},
		{"in turn", []picture{
			{nalus: [][]byte{sps0, pps0, idr(0)}, want: ParamsAdded},
			{nalus: [][]byte{pps1, p}, want: ParamsAdded, needs: true},
			{nalus: [][]byte{pps0, idr(0)}},
			{nalus: [][]byte{pps1, p}, needs: true},
		}, 1, 2, 640},
		{"new content of one", []picture{
			{nalus: [][]byte{sps0, pps0, idr(0)}, want: ParamsAdded},
			{nalus: [][]byte{bitstreamtest.PPS(0, 0, 5), idr(0)}, want: ParamsChanged},
		}, 1, 1, 640},
		{"another size by another SPS", []picture{
			{nalus: [][]byte{sps0, pps0, idr(0)}, want: ParamsAdded},
			{nalus: [][]byte{bitstreamtest.SPS(3, 80, 45), bitstreamtest.PPS(7, 3, 0), idr(7)}, want: ParamsChanged, needs: true},
		}, 2, 2, 1280},
		{"another SPS that says the same", []picture{
			{nalus: [][]byte{sps0, bitstreamtest.SPS(1, 40, 23), pps0, bitstreamtest.PPS(1, 1, 0), idr(0)}, want: ParamsAdded},
			{nalus: [][]byte{idr(1)}},
		}, 2, 2, 640},
		{"a set without an ID", []picture{{nalus: [][]byte{sps0, pps0, {0x68}, idr(0)}, want: ParamsAdded, bad: true}}, 1, 1, 640},
		{"a PPS of an SPS that is not there", []picture{{nalus: [][]byte{sps0, pps0, bitstreamtest.PPS(4, 9, 0), idr(0)}, want: ParamsAdded}}, 1, 1, 640},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			v := &Video{Codec: media.H264}
			for i, picture := range tt.pictures {
				au, err := v.FromNALUnits(picture.nalus)
				if i == 0 {
					v.Announced()
				}
				if err != nil || au.Params != picture.want || au.BadParams != picture.bad || v.NeedsAdded(&au) != picture.needs {
					t.Errorf("picture %d: change %d, bad %v, needs %v, %v", i, au.Params, au.BadParams, v.NeedsAdded(&au), err)
				}
			}
			track, err := VideoTrack(v.Codec, v.Params)
			if err != nil || len(track.SPS) != tt.sps || len(track.PPS) != tt.pps || track.Width != tt.width {
				t.Errorf("%d SPS, %d PPS, %d wide, %v", len(track.SPS), len(track.PPS), track.Width, err)
			}
			v.Announced()
			if au, _ := v.FromNALUnits([][]byte{p}); v.NeedsAdded(&au) {
				t.Error("a PPS is new that was announced")
			}
		})
	}
}

func TestParameterSetsAreBounded(t *testing.T) {
	v := &Video{Codec: media.H264}
	bad := 0
	for id := range 256 {
		au, err := v.FromNALUnits([][]byte{bitstreamtest.SPS(id%32, 40, 23), bitstreamtest.PPS(id, 0, 0)})
		if err != nil {
			t.Fatal(err)
		}
		if au.BadParams {
			bad++
		}
	}
	if len(v.Params.SPS) != 31 || len(v.Params.PPS) != 255 || bad != 8 {
		t.Errorf("%d SPS, %d PPS, %d times too many", len(v.Params.SPS), len(v.Params.PPS), bad)
	}
	large := append(bytes.Clone(bitstreamtest.PPS(0, 0, 1)), make([]byte, maxParameterSetBytes)...)
	if au, _ := v.FromNALUnits([][]byte{large}); !au.BadParams || v.Params.size() > maxParameterSetBytes {
		t.Errorf("%d bytes of parameter sets", v.Params.size())
	}
}

func TestIDsOfHEVCParameterSets(t *testing.T) {
	vps := unhex(t, "40010c01ffff02200000030090000003000003003c959809")
	sps := unhex(t, "42010102200000030090000003000003003ca00a080b9f6d96566924caf016a122012080000003008000000c84")
	pps := unhex(t, "4401c172b46240")
	for kind, set := range [][]byte{vps, sps, pps} {
		if id, ok := setID(media.HEVC, setKind(kind), set); !ok || id != 0 {
			t.Errorf("kind %d has ID %d, %v", kind, id, ok)
		}
		for n := range 3 {
			if _, ok := setID(media.HEVC, setKind(kind), set[:n]); ok && n < 2 {
				t.Errorf("kind %d cut to %d bytes has an ID", kind, n)
			}
		}
	}
	if _, of, ok := ppsIDs(media.HEVC, pps); !ok || of != 0 {
		t.Errorf("PPS of SPS %d", of)
	}
}

// decoderConfig is an AVCDecoderConfigurationRecord.
func decoderConfig(sps, pps [][]byte) []byte {
	b := append([]byte{1}, sps[0][1:4]...)
	b = append(b, 0xff, 0xe0|byte(len(sps)))
	for i, list := range [][][]byte{sps, pps} {
		if i == 1 {
			b = append(b, byte(len(pps)))
		}
		for _, set := range list {
			b = append(binary.BigEndian.AppendUint16(b, uint16(len(set))), set...)
		}
	}
	return b
}

func TestDecoderConfigOfManySets(t *testing.T) {
	sps := [][]byte{bitstreamtest.SPS(0, 40, 23), bitstreamtest.SPS(1, 80, 45)}
	var pps [][]byte
	for id := range 40 {
		pps = append(pps, bitstreamtest.PPS(id, id%2, 0))
	}
	p, _, err := ParseAVCDecoderConfig(decoderConfig(sps, pps))
	if err != nil || !slices.EqualFunc(p.SPS, sps, bytes.Equal) || !slices.EqualFunc(p.PPS, pps, bytes.Equal) {
		t.Errorf("%d SPS, %d PPS, %v", len(p.SPS), len(p.PPS), err)
	}
	again := append(slices.Clone(pps[:2]), bitstreamtest.PPS(0, 0, 9))
	p, _, err = ParseAVCDecoderConfig(decoderConfig(sps, again))
	if err != nil || len(p.PPS) != 2 || !bytes.Equal(p.PPS[0], again[2]) {
		t.Errorf("of two sets with one ID: %x, %v", p.PPS, err)
	}
}

// Which unit begins a picture, and what messages of their own belong to.
func TestUnitsOfPictures(t *testing.T) {
	sei := bitstreamtest.RecoveryPoint(3)
	first, later := bitstreamtest.Slice(false, 0, bitstreamtest.SliceP, 0), bitstreamtest.Slice(false, 80, bitstreamtest.SliceB, 0)
	hevcFirst, hevcLater, hevcSuffix := []byte{0x02, 1, 0xd0, 1}, []byte{0x02, 1, 0x50, 1}, []byte{0x50, 1, 0x84, 0x80}
	tests := []struct {
		codec     media.Codec
		units     [][][]byte // the last is looked at
		continues bool
		nalus     int // in its payload
		refresh   int
	}{
		{media.H264, [][][]byte{{first}}, false, 1, 0},
		{media.H264, [][][]byte{{later}}, true, 1, 0},
		{media.H264, [][][]byte{{first, later, later}}, false, 3, 0},
		{media.H264, [][][]byte{{{0x43, 0x80}}}, true, 1, 0},
		{media.H264, [][][]byte{{sei}}, false, 0, 3},
		{media.H264, [][][]byte{{sei}, {{0x09, 0xf0}}, {first, later}}, false, 3, 3},
		{media.H264, [][][]byte{{sei}, {first}, {first}}, false, 1, 0},
		{media.HEVC, [][][]byte{{hevcFirst, hevcSuffix}}, false, 2, 0},
		{media.HEVC, [][][]byte{{hevcLater}}, true, 1, 0},
		{media.HEVC, [][][]byte{{hevcSuffix}, {hevcFirst}}, false, 1, 0},
	}
	for i, tt := range tests {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			v := &Video{Codec: tt.codec}
			var au AccessUnit
			for _, unit := range tt.units {
				var err error
				if au, err = v.FromNALUnits(unit); err != nil {
					t.Fatal(err)
				}
			}
			nalus, err := splitLengthPrefixed(nil, au.Payload, 4)
			if err != nil || au.Continues != tt.continues || len(nalus) != tt.nalus || au.RefreshFrames() != tt.refresh {
				t.Errorf("continues %v, %d NAL units, refresh %d, %v", au.Continues, len(nalus), au.RefreshFrames(), err)
			}
		})
	}
}

// Units of any content and order: what is announced can be read again, and is bounded.
func FuzzUnits(f *testing.F) {
	add := func(codec byte, units ...[]byte) {
		var b []byte
		for _, u := range units {
			b = append(append(b, byte(len(u))), u...)
		}
		f.Add(codec, b)
	}
	add(0, bitstreamtest.SPS(0, 40, 23), bitstreamtest.PPS(0, 0, 0), bitstreamtest.PPS(1, 0, 0), bitstreamtest.Slice(true, 0, 2, 1))
	add(0, bitstreamtest.SPS(0, 40, 23), bitstreamtest.SPS(1, 80, 45), bitstreamtest.PPS(0, 1, 0), bitstreamtest.RecoveryPoint(9),
		bitstreamtest.Slice(true, 0, 2, 0), bitstreamtest.Slice(true, 80, 2, 0))
	add(1, []byte{0x40, 1, 0x0c}, []byte{0x42, 1, 1, 2, 0x20}, []byte{0x44, 1, 0xc1}, []byte{0x26, 1, 0xaf}, []byte{0x50, 1, 0x84, 0x80})
	f.Fuzz(func(t *testing.T, codec byte, b []byte) {
		v := &Video{Codec: []media.Codec{media.H264, media.HEVC}[codec%2], SliceTypes: true}
		var whole AccessUnit
		for len(b) > 0 {
			n := min(int(b[0]), len(b)-1)
			unit := b[1 : 1+n]
			b = b[1+n:]
			before := v.Params
			au, err := v.FromNALUnits([][]byte{unit})
			if err != nil {
				t.Fatal(err)
			}
			v.NeedsAdded(&au)
			au.RefreshFrames()
			if au.Continues {
				whole.Join(au)
			} else if len(au.Payload) > 0 {
				whole = au
			}
			if _, err := splitLengthPrefixed(nil, whole.Payload, 4); err != nil {
				t.Error(err)
			}
			track, err := VideoTrack(v.Codec, v.Params)
			if err == nil && (len(track.SPS) > 31 || len(track.PPS) > 255) {
				t.Errorf("%d SPS, %d PPS", len(track.SPS), len(track.PPS))
			}
			if v.Params.size() > maxParameterSetBytes {
				t.Errorf("%d bytes of parameter sets", v.Params.size())
			}
			ReorderDepth(v.Codec, v.Params)
			if au.Params != ParamsSame {
				v.Restore()
				if !v.Params.Holds(before) {
					t.Error("the sets before were changed")
				}
			}
		}
	})
}
