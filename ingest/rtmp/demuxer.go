package rtmp

import (
	"fmt"
	"time"

	"github.com/globalfandom/lightstick/ingest"
	"github.com/globalfandom/lightstick/media"
	"github.com/globalfandom/lightstick/media/bitstream"
)

// demuxer turns media messages into the session's units.
type demuxer struct {
	session    *ingest.Session
	prefixSize int // bytes of a NAL unit's length
	ascSeen    bool
}

func (d *demuxer) handle(m rtmpMessage) error {
	if m.kind == typeVideo {
		tag, err := parseVideoTag(m.body)
		if err != nil {
			return err
		}
		return d.video(m.timestamp, tag)
	}
	tag, err := parseAudioTag(m.body)
	if err != nil {
		return err
	}
	return d.audio(m.timestamp, tag)
}

func (d *demuxer) video(timestamp uint32, tag videoTag) error {
	switch tag.packet {
	case packetSequenceStart:
		return d.videoConfig(tag)
	case packetFrames:
		if d.prefixSize == 0 || len(tag.body) == 0 {
			return nil // no configuration yet
		}
		return d.session.VideoBody(int64(timestamp), int64(tag.compositionOffset), tag.body, d.prefixSize, time.Now())
	}
	return nil
}

func (d *demuxer) videoConfig(tag videoTag) error {
	if len(tag.body) == 0 {
		return nil // FFmpeg, copying from a transport stream, sends it again when it knows
	}
	parse := bitstream.ParseAVCDecoderConfig
	if tag.codec == media.HEVC {
		parse = bitstream.ParseHEVCDecoderConfig
	}
	params, prefixSize, err := parse(tag.body)
	if err != nil {
		return fmt.Errorf("%w: %w", ingest.ErrUnsupported, err)
	}
	d.prefixSize = prefixSize
	return d.session.SetVideo(tag.codec, params)
}

func (d *demuxer) audio(timestamp uint32, tag audioTag) error {
	switch tag.packet {
	case packetSequenceStart:
		return d.audioConfig(tag)
	case packetFrames:
		if !d.ascSeen || len(tag.body) == 0 {
			return nil
		}
		return d.session.AudioFrames(int64(timestamp), [][]byte{tag.body}, time.Now())
	}
	return nil
}

func (d *demuxer) audioConfig(tag audioTag) error {
	if len(tag.body) == 0 {
		return nil
	}
	var track media.Track
	var err error
	if tag.codec == media.Opus {
		const channelsAt = 9 // in OpusHead (RFC 7845 §5.1)
		channels := 2
		if len(tag.body) > channelsAt {
			channels = int(tag.body[channelsAt])
		}
		track, err = bitstream.OpusTrack(channels)
	} else {
		track, err = bitstream.AACTrack(tag.body)
	}
	if err != nil {
		return fmt.Errorf("%w: %w; %s", ingest.ErrUnsupported, err, useAudio)
	}
	d.ascSeen = true
	return d.session.SetAudio(track)
}
