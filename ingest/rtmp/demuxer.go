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
	rate       int            // of samples without a configuration, likewise
	channels   int
	tracks     [2]trackFilter
	picture    pictureConfig
	sound      soundConfig
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

// handle takes an audio or video message. A tag that can't be read is left out, and so is a
// track that can't be packaged; the error is that of a publication without any other.
func (d *demuxer) handle(m rtmpMessage) error {
	kind, take := media.Audio, d.audioMessage
	if m.kind == typeVideo {
		kind, take = media.Video, d.videoMessage
	}
	switch err := take(m); {
	case errors.Is(err, ErrChunk):
		d.session.Repaired(ingest.RepairBadUnit)
		return nil
	case errors.Is(err, ingest.ErrUnsupported):
		return d.session.Refuse(kind, err, time.Now())
	default:
		return err
	}
}

func (d *demuxer) videoMessage(m rtmpMessage) error {
	tag, err := parseVideoTag(m.body)
	if pass, err := d.accepts(media.Video, tag.track, tag.packet, err); !pass {
		return err
	}
	return d.video(m.timestamp, tag)
}

func (d *demuxer) audioMessage(m rtmpMessage) error {
	tag, err := parseAudioTag(m.body)
	if pass, err := d.accepts(media.Audio, tag.track, tag.packet, err); !pass {
		return err
	}
	return d.audio(m.timestamp, tag)
}

// accepts reports whether a tag is to be used. A track that isn't chosen may have any
// codec.
func (d *demuxer) accepts(k media.Kind, track byte, packet packetKind, err error) (bool, error) {
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
	if tag.rate > 0 {
		if err := d.setRaw(tag); err != nil {
			return err
		}
		return d.session.AudioFrames(int64(timestamp), [][]byte{tag.body}, time.Now())
	}
	if tag.packet == packetSequenceStart {
		return d.audioConfig(tag)
	}
	return d.audioFrames(timestamp, tag)
}

// setRaw announces samples without a configuration of their own, when they are others than
// before.
func (d *demuxer) setRaw(tag audioTag) error {
	if d.configured[media.Audio] == tag.codec && d.rate == tag.rate && d.channels == tag.channels {
		return nil
	}
	track, err := bitstream.RawTrack(tag.codec, tag.rate, tag.channels)
	if err != nil {
		return fmt.Errorf("%w: %w; %s", ingest.ErrUnsupported, err, useAudio)
	}
	d.configured[media.Audio], d.rate, d.channels = tag.codec, tag.rate, tag.channels
	return d.session.SetAudio(track)
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
	d.setSoundConfig(tag.codec)
	return d.session.SetAudio(track)
}
