package cmaf

import (
	"bytes"
	"slices"
	"testing"

	"github.com/Eyevinn/mp4ff/mp4"

	"github.com/globalfandom/lightstick/media"
	"github.com/globalfandom/lightstick/media/bitstream"
	"github.com/globalfandom/lightstick/media/bitstream/bitstreamtest"
)

// All parameter sets that pictures may refer to stand in the initialization section, and
// the first SPS describes the pictures.
func TestInitHasAllParameterSets(t *testing.T) {
	sps := [][]byte{bitstreamtest.SPS(1, 80, 45), bitstreamtest.SPS(0, 40, 23)}
	pps := [][]byte{bitstreamtest.PPS(0, 0, 0), bitstreamtest.PPS(1, 1, 1), bitstreamtest.PPS(200, 1, 2)}
	track := must(t)(bitstream.VideoTrack(media.H264, bitstream.ParamSets{SPS: sps, PPS: pps}))
	entry := stsd(t, track).AvcX
	if !slices.EqualFunc(entry.AvcC.SPSnalus, sps, bytes.Equal) || !slices.EqualFunc(entry.AvcC.PPSnalus, pps, bytes.Equal) || entry.Width != 1280 {
		t.Errorf("%d SPS, %d PPS, %d wide", len(entry.AvcC.SPSnalus), len(entry.AvcC.PPSnalus), entry.Width)
	}
	hevc := tracks(t)["hevc_pq"]
	second := bytes.Clone(hevc.PPS[0])
	second[2] = second[2]&0x7f>>2 | 0x40 // ID 1: ue(v) 010 for 1, and what follows
	hevc.PPS = [][]byte{hevc.PPS[0], second}
	for _, array := range stsd(t, hevc).HvcX.HvcC.NaluArrays {
		if n := len(array.Nalus); array.NaluType() == 34 && n != 2 {
			t.Errorf("%d PPS", n)
		}
	}
}

func stsd(t *testing.T, track media.Track) *mp4.StsdBox {
	t.Helper()
	section, err := Init(track)
	if err != nil {
		t.Fatal(err)
	}
	file, err := mp4.DecodeFile(bytes.NewReader(section))
	if err != nil {
		t.Fatal(err)
	}
	return file.Init.Moov.Trak.Mdia.Minf.Stbl.Stsd
}
