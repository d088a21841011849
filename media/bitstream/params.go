package bitstream

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/globalfandom/lightstick/media"
)

// ErrParameters reports parameter sets that are broken or describe media that
// can't be packaged.
var ErrParameters = errors.New("codec parameters")

// maxPictureSide bounds width and height, in pixels: 8K and a little.
const maxPictureSide = 8704

// maxParameterSetBytes is what the 16-bit lengths of avcC and hvcC can say.
const maxParameterSetBytes = 1<<16 - 1

// ParamSets are the parameter sets of one video track; VPS is for HEVC only,
// Sequence, a sequence header OBU with its size field, is all that AV1 has.
type ParamSets struct{ VPS, SPS, PPS, Sequence []byte }

// update replaces the sets that found holds, and reports whether anything changed.
func (p *ParamSets) update(found ParamSets) bool {
	changed := false
	for _, set := range []struct {
		have *[]byte
		got  []byte
	}{{&p.VPS, found.VPS}, {&p.SPS, found.SPS}, {&p.PPS, found.PPS}, {&p.Sequence, found.Sequence}} {
		if set.got != nil && !bytes.Equal(*set.have, set.got) {
			*set.have = bytes.Clone(set.got)
			changed = true
		}
	}
	return changed
}

// Complete reports whether every set that the codec needs is there.
func (p ParamSets) Complete(codec media.Codec) bool {
	switch codec {
	case media.AV1:
		return p.Sequence != nil
	case media.HEVC:
		return p.VPS != nil && p.SPS != nil && p.PPS != nil
	}
	return p.SPS != nil && p.PPS != nil
}

// VideoTrack describes the video that the parameter sets announce.
func VideoTrack(codec media.Codec, p ParamSets) (media.Track, error) {
	if !p.Complete(codec) {
		return media.Track{}, fmt.Errorf("%w: %s parameter sets are missing", ErrParameters, codec)
	}
	for _, set := range [][]byte{p.VPS, p.SPS, p.PPS, p.Sequence} {
		if len(set) > maxParameterSetBytes {
			return media.Track{}, fmt.Errorf("%w: %s parameter set of %d bytes", ErrParameters, codec, len(set))
		}
	}
	track := media.Track{
		Codec: codec, Timescale: media.VideoTimescale,
		VPS: p.VPS, SPS: p.SPS, PPS: p.PPS, SequenceHeader: p.Sequence,
	}
	describe := describeH264
	switch codec {
	case media.HEVC:
		describe = describeHEVC
	case media.AV1:
		describe = describeAV1
	}
	if err := describe(&track); err != nil {
		return media.Track{}, fmt.Errorf("%w: %s: %w", ErrParameters, codec, err)
	}
	if track.Width < 16 || track.Height < 16 || track.Width > maxPictureSide || track.Height > maxPictureSide {
		return media.Track{}, fmt.Errorf("%w: a picture of %dx%d", ErrParameters, track.Width, track.Height)
	}
	return track, nil
}
