package rtmp

import (
	"bytes"
	"errors"
	"fmt"
	"time"

	"github.com/globalfandom/lightstick/ingest"
	"github.com/globalfandom/lightstick/media"
	"github.com/globalfandom/lightstick/media/bitstream"
)

// demuxer turns media messages into the session's units.
type demuxer struct {
	session    *ingest.Session
	configured [2]media.Codec // whose configuration came last, by kind
	prefixSize int            // bytes of a NAL unit's length
	tracks     [2]trackFilter
}

// trackFilter lets one track of a multitrack publication through: the one that came
// first.
type trackFilter struct {
	chosen bool
	id     byte
}

func (f *trackFilter) passes(id byte) bool {
	if !f.chosen {
		f.chosen, f.id = true, id
	}
	return f.id == id
}

func (d *demuxer) handle(m rtmpMessage) error {
	if m.kind == typeVideo {
		tag, err := parseVideoTag(m.body)
		if pass, err := d.pass(media.Video, tag.track, tag.packet, err); !pass {
			return err
		}
		return d.video(m.timestamp, tag)
	}
	tag, err := parseAudioTag(m.body)
	if pass, err := d.pass(media.Audio, tag.track, tag.packet, err); !pass {
		return err
	}
	return d.audio(m.timestamp, tag)
}

// pass reports whether a tag is to be used. A track that isn't chosen may have any
// codec.
func (d *demuxer) pass(k media.Kind, track byte, packet packetKind, err error) (bool, error) {
	switch unsupported := errors.Is(err, ingest.ErrUnsupported); {
	case err != nil && !unsupported:
		return false, err
	case packet == packetIgnored && !unsupported:
		return false, nil
	case !d.tracks[k].passes(track):
		return false, nil
	}
	return err == nil, err
}

func (d *demuxer) video(timestamp uint32, tag videoTag) error {
	switch {
	case tag.packet == packetSequenceStart:
		return d.videoConfig(tag)
	case len(tag.body) == 0, tag.codec != d.configured[media.Video]:
		return nil // no configuration yet
	case tag.codec == media.AV1:
		return d.session.VideoOBUStream(int64(timestamp), tag.body, time.Now())
	}
	return d.session.VideoBody(int64(timestamp), int64(tag.compositionOffset), tag.body, d.prefixSize, time.Now())
}

func (d *demuxer) videoConfig(tag videoTag) error {
	if len(tag.body) == 0 {
		return nil // FFmpeg, copying from a transport stream, sends it again when it knows
	}
	var params bitstream.ParamSets
	var err error
	switch tag.codec {
	case media.H264:
		params, d.prefixSize, err = bitstream.ParseAVCDecoderConfig(tag.body)
	case media.HEVC:
		params, d.prefixSize, err = bitstream.ParseHEVCDecoderConfig(tag.body)
	case media.AV1:
		params, err = bitstream.ParseAV1DecoderConfig(tag.body)
		if _, e := bitstream.VideoTrack(media.AV1, params); e != nil {
			params = bitstream.ParamSets{} // missing or wrong: key frames have it again
		}
	}
	if err != nil {
		return fmt.Errorf("%w: %w", ingest.ErrUnsupported, err)
	}
	d.configured[media.Video] = tag.codec
	return d.session.SetVideo(tag.codec, params)
}

func (d *demuxer) audio(timestamp uint32, tag audioTag) error {
	if len(tag.body) == 0 {
		return nil
	}
	switch tag.codec {
	case media.AC3, media.EAC3, media.MP3: // whose frames describe themselves
		if tag.packet != packetFrames {
			return nil
		}
		d.configured[media.Audio] = tag.codec
		return d.session.AudioStream(tag.codec, int64(timestamp), tag.body, time.Now())
	}
	switch {
	case tag.packet == packetSequenceStart:
		return d.audioConfig(tag)
	case tag.codec != d.configured[media.Audio]:
		return nil
	}
	return d.session.AudioFrames(int64(timestamp), [][]byte{tag.body}, time.Now())
}

func (d *demuxer) audioConfig(tag audioTag) error {
	var track media.Track
	var err error
	switch {
	case tag.codec == media.AAC:
		track, err = bitstream.AACTrack(tag.body)
	case bytes.HasPrefix(tag.body, []byte("OpusHead")):
		track, err = bitstream.OpusHeadTrack(tag.body)
	default:
		track, err = bitstream.OpusTrack(2)
	}
	if err != nil {
		return fmt.Errorf("%w: %w; %s", ingest.ErrUnsupported, err, useAudio)
	}
	d.configured[media.Audio] = tag.codec
	return d.session.SetAudio(track)
}
