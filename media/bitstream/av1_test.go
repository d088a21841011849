package bitstream

import (
	"bytes"
	"errors"
	"os"
	"testing"

	"github.com/globalfandom/lightstick/internal/bitfields"
	"github.com/globalfandom/lightstick/media"
	"github.com/globalfandom/lightstick/media/bitstream/bitstreamtest"
)

func testdata(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile("../../testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestAV1TemporalUnits(t *testing.T) {
	tests := []struct {
		file          string
		frames        int
		keys          []int
		width, height int
		transfer      media.VideoRange
		profile, bits uint8
	}{
		{"av1/svt.obu", 40, []int{0, 20}, 320, 180, media.SDR, 0, 8},
		{"av1/aom_pq.obu", 6, []int{0, 3}, 320, 180, media.PQ, 0, 10},
	}
	for _, tt := range tests {
		t.Run(tt.file, func(t *testing.T) {
			v := &Video{Codec: media.AV1}
			var keys []int
			units := bitstreamtest.TemporalUnits(testdata(t, tt.file))
			for i, unit := range units {
				au, err := v.FromOBUStream(unit)
				if err != nil || len(au.Payload) == 0 {
					t.Fatalf("unit %d: %d bytes, %v", i, len(au.Payload), err)
				}
				if au.KeyFrame {
					keys = append(keys, i)
				}
				checkCanonical(t, au)
			}
			if len(units) != tt.frames || len(keys) != 2 || keys[0] != tt.keys[0] || keys[1] != tt.keys[1] {
				t.Errorf("%d units, key frames %v; want %d, %v", len(units), keys, tt.frames, tt.keys)
			}
			track, err := VideoTrack(media.AV1, v.Params)
			if err != nil || track.Width != tt.width || track.Height != tt.height || track.VideoRange() != tt.transfer {
				t.Errorf("%dx%d %v, %v", track.Width, track.Height, track.VideoRange(), err)
			}
			s, err := ParseAV1Sequence(track.SequenceHeader)
			if err != nil || s.Profile != tt.profile || s.BitDepth != int(tt.bits) || !s.SubsamplingX || !s.SubsamplingY {
				t.Errorf("%+v, %v", s, err)
			}
		})
	}
}

// checkCanonical looks for what AV1-ISOBMFF §2.4 forbids.
func checkCanonical(t *testing.T, au AccessUnit) {
	t.Helper()
	first := true
	for b := au.Payload; len(b) > 0; first = false {
		o, rest, err := nextOBU(b)
		if err != nil {
			t.Fatal(err)
		}
		if b[0]&0x02 == 0 {
			t.Error("an OBU without size")
		}
		switch o.kind {
		case obuTemporalDelimiter, obuPadding, obuTileList:
			t.Errorf("OBU type %d in a sample", o.kind)
		}
		if first && au.KeyFrame && o.kind != obuSequenceHeader {
			t.Errorf("a key frame begins with OBU type %d", o.kind)
		}
		b = rest
	}
}

func TestAV1KeyFrames(t *testing.T) {
	sequence := sequenceOf(t)
	frame := func(first byte) []byte { return []byte{obuFrame<<3 | 2, 2, first, 0xaa} }
	tests := []struct {
		name string
		unit []byte
		key  bool
	}{
		{"shown key frame", append(bytes.Clone(sequence), frame(0x10)...), true},
		{"without its sequence header", frame(0x10), true},
		{"key frame shown later", append(bytes.Clone(sequence), frame(0x00)...), false},
		{"inter frame", frame(0x30), false},
		{"intra-only frame", frame(0x50), false},
		{"existing frame shown", []byte{obuFrameHeader<<3 | 2, 1, 0x88}, false},
		{"a key frame after another frame", append(frame(0x20), frame(0x10)...), false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			v := &Video{Codec: media.AV1, Params: ParamSets{Sequence: sequence}}
			au, err := v.FromOBUStream(tt.unit)
			if err != nil || au.KeyFrame != tt.key {
				t.Errorf("key %v, %v", au.KeyFrame, err)
			}
			checkCanonical(t, au)
		})
	}
}

func sequenceOf(t testing.TB) []byte {
	t.Helper()
	v := &Video{Codec: media.AV1}
	if _, err := v.FromOBUStream(bitstreamtest.TemporalUnits(testdata(t, "av1/svt.obu"))[0]); err != nil {
		t.Fatal(err)
	}
	return v.Params.Sequence
}

// RTP carries OBUs without their size fields.
func TestFromOBUs(t *testing.T) {
	v := &Video{Codec: media.AV1}
	want, err := (&Video{Codec: media.AV1}).FromOBUStream(bitstreamtest.TemporalUnits(testdata(t, "av1/svt.obu"))[0])
	if err != nil {
		t.Fatal(err)
	}
	var obus [][]byte
	for b := want.Payload; len(b) > 0; {
		o, rest, err := nextOBU(b)
		if err != nil {
			t.Fatal(err)
		}
		obus = append(obus, append([]byte{o.header[0] &^ 0x02}, o.payload...))
		b = rest
	}
	got, err := v.FromOBUs(obus)
	if err != nil || !got.KeyFrame || got.Params != ParamsChanged || !bytes.Equal(got.Payload, want.Payload) {
		t.Errorf("%d bytes, want %d; key %v, %v", len(got.Payload), len(want.Payload), got.KeyFrame, err)
	}
}

func TestAV1DecoderConfig(t *testing.T) {
	sequence := sequenceOf(t)
	p, err := ParseAV1DecoderConfig(append([]byte{0x81, 0, 0x0c, 0}, sequence...))
	if err != nil || !bytes.Equal(p.Sequence, sequence) {
		t.Errorf("%x, %v", p.Sequence, err)
	}
	if p, err := ParseAV1DecoderConfig([]byte{0x81, 0, 0x0c, 0}); err != nil || p.Complete(media.AV1) {
		t.Errorf("without sequence header: %+v, %v", p, err)
	}
	for _, bad := range [][]byte{nil, {0x81, 0}, {1, 0, 0, 0}, {0x81, 0, 0, 0, 0x0a, 9}} {
		if _, err := ParseAV1DecoderConfig(bad); !errors.Is(err, ErrParameters) {
			t.Errorf("%x: %v", bad, err)
		}
	}
}

// Timing, decoder model, display delay and two operating points come before the size.
func TestAV1SequenceWithEverything(t *testing.T) {
	w := &bitfields.BitWriter{}
	w.Put(1, 3).Put(0, 1).Put(0, 1)                      // High profile, full header
	w.Put(1, 1).Put(1001, 32).Put(30000, 32).Put(1, 1)   // timing_info
	w.Put(1, 1)                                          // uvlc 0: one tick a picture
	w.Put(1, 1).Put(9, 5).Put(1, 32).Put(9, 5).Put(9, 5) // decoder model, delays of 10 bits
	w.Put(1, 1).Put(1, 5)                                // display delay, two points
	w.Put(1, 12).Put(13, 5).Put(1, 1).Put(1, 1).Put(0, 21).Put(1, 1).Put(5, 4)
	w.Put(2, 12).Put(4, 5).Put(0, 1).Put(0, 1)
	w.Put(10, 4).Put(10, 4).Put(1919, 11).Put(1079, 11)
	w.Put(1, 1).Put(0, 7) // frame IDs
	w.Put(0, 3).Put(0, 4).Put(1, 1).Put(0, 2).Put(0, 1).Put(1, 1).Put(0, 1).Put(1, 1).Put(6, 3).Put(0, 3)
	w.Put(1, 1).Put(1, 1).Put(9, 8).Put(18, 8).Put(9, 8).Put(1, 1).Put(0, 1).Put(0, 8)
	b := append([]byte{obuSequenceHeader<<3 | 2, byte(len(w.Bytes))}, w.Bytes...)
	s, err := ParseAV1Sequence(b)
	if err != nil {
		t.Fatal(err)
	}
	want := AV1Sequence{
		Profile: 1, Level: 13, HighTier: true, Width: 1920, Height: 1080, BitDepth: 10,
		Color: media.Color{Primaries: 9, Transfer: 18, Matrix: 9, FullRange: true}, FrameDuration: s.FrameDuration,
	}
	if s != want || s.FrameDuration.Milliseconds() != 33 {
		t.Errorf("got %+v, want %+v", s, want)
	}
}

func FuzzAV1(f *testing.F) {
	for _, unit := range bitstreamtest.TemporalUnits(testdata(f, "av1/svt.obu"))[:3] {
		f.Add(unit)
	}
	f.Add(bitstreamtest.TemporalUnits(testdata(f, "av1/aom_pq.obu"))[0])
	f.Fuzz(func(t *testing.T, b []byte) {
		_, _ = ParseAV1DecoderConfig(b)
		_, _ = ParseAV1Sequence(b)
		v := &Video{Codec: media.AV1}
		au, err := v.FromOBUStream(b)
		if err != nil {
			return
		}
		_, _ = VideoTrack(media.AV1, v.Params)
		again, err := v.FromOBUStream(au.Payload)
		if err != nil || !bytes.Equal(again.Payload, au.Payload) {
			t.Errorf("canonical form is not stable: %x, then %x, %v", au.Payload, again.Payload, err)
		}
	})
}
