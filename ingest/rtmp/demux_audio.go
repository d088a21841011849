package rtmp

import (
	"bytes"
	"time"

	"github.com/globalfandom/lightstick/ingest"
	"github.com/globalfandom/lightstick/media"
	"github.com/globalfandom/lightstick/media/bitstream"
)

// Advice codes of what RTMP encoders get wrong in the sound.
const (
	adviceNoSoundConfig = "no_audio_configuration"
	adviceADTS          = "audio_framing"
)

// soundConfig is what is known of the sound's configuration, beside what a sequence header
// says.
type soundConfig struct {
	fromADTS []byte // the AudioSpecificConfig that ADTS headers make; nil: a sequence header came
	wait     configWait
	adts     bool // a frame had an ADTS header
}

// setSoundConfig notes that the configuration is known.
func (d *demuxer) setSoundConfig(codec media.Codec) {
	d.configured[media.Audio] = codec
	if d.sound.wait.told {
		d.session.Advise(ingest.Advice{Code: adviceNoSoundConfig})
	}
	d.sound.fromADTS, d.sound.wait = nil, configWait{}
}

// audioFrames takes AAC or Opus. Both are meant to have come after a sequence header.
func (d *demuxer) audioFrames(timestamp uint32, tag audioTag) error {
	frames := [][]byte{tag.body}
	if tag.codec == media.AAC && bitstream.IsADTS(tag.body) {
		config, units, err := bitstream.SplitADTS(tag.body)
		if err != nil {
			d.session.Repaired(ingest.RepairBadUnit)
			return nil
		}
		if err := d.adtsConfig(config); err != nil {
			return err
		}
		frames = units
	}
	if tag.codec != d.configured[media.Audio] {
		if tag.codec != media.Opus {
			d.awaitSoundConfig(timestamp)
			return nil
		}
		if err := d.opusWithoutConfig(tag.body); err != nil {
			return err
		}
	}
	return d.session.AudioFrames(int64(timestamp), frames, time.Now())
}

// adtsConfig takes the configuration of ADTS headers, if no sequence header came.
func (d *demuxer) adtsConfig(config []byte) error {
	if !d.sound.adts {
		d.sound.adts = true
		d.session.Repaired(ingest.RepairFraming)
		d.session.Advise(ingest.Advice{
			Code: adviceADTS, Severity: ingest.Notice,
			Text: "the encoder sends AAC with ADTS headers, where RTMP has frames alone; they are removed here, " +
				"but other servers may not take it: update the encoder",
		})
	}
	if d.configured[media.Audio] == media.AAC && (d.sound.fromADTS == nil || bytes.Equal(config, d.sound.fromADTS)) {
		return nil
	}
	track, err := bitstream.AACTrack(config)
	if err != nil {
		d.session.Repaired(ingest.RepairBadUnit)
		return nil
	}
	d.setSoundConfig(media.AAC)
	d.sound.fromADTS = config
	return d.session.SetAudio(track)
}

// opusWithoutConfig configures Opus by a packet, whose first byte says whether it is stereo
// (RFC 6716 §3.1).
func (d *demuxer) opusWithoutConfig(packet []byte) error {
	track, err := bitstream.OpusTrack(1 + int(packet[0]>>2&1))
	if err != nil {
		return err
	}
	d.setSoundConfig(media.Opus)
	return d.session.SetAudio(track)
}

// awaitSoundConfig notes sound that can't be heard, and tells the creator when there is
// much.
func (d *demuxer) awaitSoundConfig(timestamp uint32) {
	if d.sound.wait.over(timestamp) {
		d.session.Advise(ingest.Advice{
			Code: adviceNoSoundConfig, Severity: ingest.Warning,
			Text: "the encoder sent no AAC sequence header (AudioSpecificConfig), so there is no sound; " +
				"stop the stream in the encoder and start it again",
		})
	}
}
