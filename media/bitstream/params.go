package bitstream

import (
	"bytes"
	"errors"
	"fmt"
	"slices"

	"github.com/bluenviron/mediacommon/v2/pkg/codecs/h264"
	"github.com/bluenviron/mediacommon/v2/pkg/codecs/h265"

	"github.com/globalfandom/lightstick/media"
)

// ErrParameters reports parameter sets that are broken or describe media that
// can't be packaged.
var ErrParameters = errors.New("codec parameters")

// maxPictureSide bounds width and height, in pixels: 8K and a little.
const maxPictureSide = 8704

// maxParameterSetBytes bounds all parameter sets of a track together. It is what one
// 16-bit length of avcC and hvcC can say.
const maxParameterSetBytes = 1<<16 - 1

// ParamSets are the parameter sets of one video track. VPS is for HEVC only; Sequence, a
// sequence header OBU with its size field, is all that AV1 has. An ID stands once in each
// list. The first SPS is the one that the pictures use. The lists are never written to:
// a change makes new ones.
type ParamSets struct {
	VPS, SPS, PPS [][]byte
	Sequence      []byte
}

// Complete reports whether every set that the codec needs is there.
func (p ParamSets) Complete(codec media.Codec) bool {
	switch codec {
	case media.AV1:
		return p.Sequence != nil
	case media.HEVC:
		return len(p.VPS) > 0 && len(p.SPS) > 0 && len(p.PPS) > 0
	}
	return len(p.SPS) > 0 && len(p.PPS) > 0
}

// Holds reports whether every set of q stands in p with the same content.
func (p ParamSets) Holds(q ParamSets) bool {
	for _, list := range [][2][][]byte{{p.VPS, q.VPS}, {p.SPS, q.SPS}, {p.PPS, q.PPS}} {
		for _, set := range list[1] {
			if !contains(list[0], set) {
				return false
			}
		}
	}
	return q.Sequence == nil || bytes.Equal(p.Sequence, q.Sequence)
}

func (p ParamSets) size() (bytes int) {
	for _, list := range [][][]byte{p.VPS, p.SPS, p.PPS} {
		for _, set := range list {
			bytes += len(set)
		}
	}
	return bytes + len(p.Sequence)
}

// list is where sets of a kind are kept.
func (p *ParamSets) list(kind setKind) *[][]byte {
	return [...]*[][]byte{&p.VPS, &p.SPS, &p.PPS}[kind]
}

// ParamsChange says what a picture's parameter sets did to those known before.
type ParamsChange uint8

// The changes, the weakest first.
const (
	ParamsSame    ParamsChange = iota
	ParamsAdded                // a set with an ID of its own: what came before still holds
	ParamsChanged              // a set has new content, or the pictures use another SPS
)

// putSet takes up a set that came with the pictures. A set of an ID that is known replaces
// the one before (ITU-T H.264 §7.4.1.2.1, H.265 §7.4.2.4.2). The error leaves all as it was.
func (p *ParamSets) putSet(codec media.Codec, kind setKind, set []byte) (ParamsChange, error) {
	list := p.list(kind)
	if contains(*list, set) {
		return ParamsSame, nil
	}
	id, ok := setID(codec, kind, set)
	if !ok {
		return ParamsSame, fmt.Errorf("%w: %s parameter set without an ID", ErrParameters, codec)
	}
	at := slices.IndexFunc(*list, func(known []byte) bool {
		other, _ := setID(codec, kind, known)
		return other == id
	})
	size, change := p.size()+len(set), ParamsAdded
	if at >= 0 {
		size, change = size-len((*list)[at]), ParamsChanged
	}
	if size > maxParameterSetBytes || at < 0 && len(*list) == maxSets(kind) {
		return ParamsSame, fmt.Errorf("%w: too many %s parameter sets", ErrParameters, codec)
	}
	kept := slices.Clone(*list)
	if at < 0 {
		kept = append(kept, bytes.Clone(set))
	} else {
		kept[at] = bytes.Clone(set)
	}
	*list = kept
	return change, nil
}

func contains(list [][]byte, set []byte) bool {
	for _, known := range list {
		if bytes.Equal(known, set) {
			return true
		}
	}
	return false
}

// activate makes the SPS of a picture the first. A picture names its PPS, and that its
// SPS. It reports whether the SPS describes other pictures than the one before it: some
// encoders have an SPS for each kind of picture, which differ in nothing that matters.
func (p *ParamSets) activate(codec media.Codec, slice []byte) bool {
	sps, ok := p.spsOf(codec, slice)
	if !ok {
		return false
	}
	at := slices.IndexFunc(p.SPS, func(set []byte) bool {
		id, ok := setID(codec, kindSPS, set)
		return ok && id == sps
	})
	if at <= 0 {
		return false
	}
	next := *p
	next.SPS = append([][]byte{p.SPS[at]}, slices.Delete(slices.Clone(p.SPS), at, at+1)...)
	before, err := VideoTrack(codec, *p)
	after, errNext := VideoTrack(codec, next)
	if errNext != nil || err == nil && sameDescription(codec, before, after) {
		return false
	}
	*p = next
	return true
}

// spsOf is the ID of the SPS that a slice refers to.
func (p *ParamSets) spsOf(codec media.Codec, slice []byte) (id int, ok bool) {
	pps, ok := slicePPS(codec, slice)
	if !ok {
		return 0, false
	}
	for _, set := range p.PPS {
		if id, sps, ok := ppsIDs(codec, set); ok && id == pps {
			return sps, true
		}
	}
	return 0, false
}

// sameDescription reports whether a sample entry describes both tracks.
func sameDescription(codec media.Codec, a, b media.Track) bool {
	const profileAndLevel = 4 // bytes of an SPS of H.264, with its header
	return a.Width == b.Width && a.Height == b.Height && a.PixelAspect == b.PixelAspect && a.Color == b.Color &&
		(codec != media.H264 || bytes.Equal(a.SPS[0][:profileAndLevel], b.SPS[0][:profileAndLevel]))
}

// VideoTrack describes the video that the parameter sets announce. Sets that no decoder
// could use beside the first SPS are left out.
func VideoTrack(codec media.Codec, p ParamSets) (media.Track, error) {
	if !p.Complete(codec) {
		return media.Track{}, fmt.Errorf("%w: %s parameter sets are missing", ErrParameters, codec)
	}
	if n := p.size(); n > maxParameterSetBytes {
		return media.Track{}, fmt.Errorf("%w: %s parameter sets of %d bytes", ErrParameters, codec, n)
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
	leaveOutUnusable(&track)
	return track, nil
}

// leaveOutUnusable takes sets out that can't be read, or that refer to one that is not
// there: a decoder may refuse the whole configuration because of one.
func leaveOutUnusable(t *media.Track) {
	if len(t.SPS) > 1 {
		t.SPS = filter(t.SPS, func(set []byte) bool { return readable(t.Codec, set) })
	}
	if len(t.PPS) > 1 {
		usable := filter(t.PPS, func(set []byte) bool { return refers(t.Codec, set, t.SPS) })
		if len(usable) > 0 {
			t.PPS = usable
		}
	}
}

func filter(list [][]byte, keep func(set []byte) bool) [][]byte {
	if !slices.ContainsFunc(list, func(set []byte) bool { return !keep(set) }) {
		return list
	}
	var kept [][]byte
	for _, set := range list {
		if keep(set) {
			kept = append(kept, set)
		}
	}
	return kept
}

func readable(codec media.Codec, sps []byte) bool {
	if codec == media.HEVC {
		return new(h265.SPS).Unmarshal(sps) == nil
	}
	return new(h264.SPS).Unmarshal(sps) == nil
}

// refers reports whether a PPS belongs to one of the SPS.
func refers(codec media.Codec, pps []byte, list [][]byte) bool {
	_, id, ok := ppsIDs(codec, pps)
	return ok && slices.ContainsFunc(list, func(sps []byte) bool {
		other, ok := setID(codec, kindSPS, sps)
		return ok && other == id
	})
}
