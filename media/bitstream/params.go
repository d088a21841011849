package bitstream

import (
	"bytes"
	"errors"
	"fmt"
	"time"

	"github.com/bluenviron/mediacommon/v2/pkg/codecs/h264"
	"github.com/bluenviron/mediacommon/v2/pkg/codecs/h265"
	"github.com/bluenviron/mediacommon/v2/pkg/codecs/mpeg4audio"

	"github.com/globalfandom/lightstick/media"
)

// ErrParameters reports parameter sets that are broken or describe media that
// can't be packaged.
var ErrParameters = errors.New("codec parameters")

// maxPictureSide bounds width and height, in pixels: 8K and a little.
const maxPictureSide = 8704

// ParamSets are the parameter sets of one video track; VPS is for HEVC only.
type ParamSets struct{ VPS, SPS, PPS []byte }

// update replaces the sets that found holds, and reports whether anything changed.
func (p *ParamSets) update(found ParamSets) bool {
	changed := false
	for _, set := range []struct {
		have *[]byte
		got  []byte
	}{{&p.VPS, found.VPS}, {&p.SPS, found.SPS}, {&p.PPS, found.PPS}} {
		if set.got != nil && !bytes.Equal(*set.have, set.got) {
			*set.have = bytes.Clone(set.got)
			changed = true
		}
	}
	return changed
}

// Complete reports whether every set that the codec needs is there.
func (p ParamSets) Complete(codec media.Codec) bool {
	return p.SPS != nil && p.PPS != nil && (codec == media.H264 || p.VPS != nil)
}

// VideoTrack describes the video that the parameter sets announce.
func VideoTrack(codec media.Codec, p ParamSets) (media.Track, error) {
	if !p.Complete(codec) {
		return media.Track{}, fmt.Errorf("%w: %s parameter sets are missing", ErrParameters, codec)
	}
	width, height, fps, err := pictureFormat(codec, p.SPS)
	if err != nil {
		return media.Track{}, fmt.Errorf("%w: %s SPS: %w", ErrParameters, codec, err)
	}
	if width < 16 || height < 16 || width > maxPictureSide || height > maxPictureSide {
		return media.Track{}, fmt.Errorf("%w: a picture of %dx%d", ErrParameters, width, height)
	}
	track := media.Track{
		Codec: codec, Timescale: media.VideoTimescale,
		VPS: p.VPS, SPS: p.SPS, PPS: p.PPS, Width: width, Height: height,
	}
	if fps >= 1 && fps <= 1000 {
		track.FrameDuration = time.Duration(float64(time.Second) / fps)
	}
	return track, nil
}

func pictureFormat(codec media.Codec, sps []byte) (width, height int, fps float64, err error) {
	if codec == media.HEVC {
		var s h265.SPS
		if err := s.Unmarshal(sps); err != nil {
			return 0, 0, 0, err
		}
		return s.Width(), s.Height(), s.FPS(), nil
	}
	var s h264.SPS
	if err := s.Unmarshal(sps); err != nil {
		return 0, 0, 0, err
	}
	return s.Width(), s.Height(), s.FPS(), nil
}

// AACTrack describes the audio of an AudioSpecificConfig.
func AACTrack(config []byte) (media.Track, error) {
	var c mpeg4audio.AudioSpecificConfig
	if err := c.Unmarshal(config); err != nil {
		return media.Track{}, fmt.Errorf("%w: AAC: %w", ErrParameters, err)
	}
	if c.SampleRate < 7350 || c.SampleRate > 96000 {
		return media.Track{}, fmt.Errorf("%w: AAC sample rate %d", ErrParameters, c.SampleRate)
	}
	channels := int(c.ChannelConfig)
	switch {
	case channels == 7:
		channels = 8
	case channels == 0 || channels > 7:
		// A program config element in the stream says; players read it from there.
		channels = 2
	}
	frame := media.Ticks(mpeg4audio.SamplesPerAccessUnit)
	if c.FrameLengthFlag {
		frame = 960
	}
	return media.Track{
		Codec: media.AAC, Timescale: media.Timescale(c.SampleRate),
		AudioConfig: bytes.Clone(config), Channels: channels, FrameSamples: frame,
	}, nil
}

// OpusTrack describes Opus with the given number of channels, 1 to 8.
func OpusTrack(channels int) (media.Track, error) {
	if channels < 1 || channels > 8 {
		return media.Track{}, fmt.Errorf("%w: Opus with %d channels", ErrParameters, channels)
	}
	return media.Track{Codec: media.Opus, Timescale: 48_000, Channels: channels}, nil
}
