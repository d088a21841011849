package rtmp

import (
	"bytes"
	"fmt"
	"time"

	"github.com/globalfandom/lightstick/ingest"
	"github.com/globalfandom/lightstick/media"
	"github.com/globalfandom/lightstick/media/bitstream"
)

// Advice codes of what RTMP encoders get wrong in the picture.
const (
	adviceNoPictureConfig = "no_sequence_header"
	adviceAnnexB          = "video_framing"
)

// maxSequenceHeader bounds a sequence header that is kept, in bytes. Usual ones have less
// than 200.
const maxSequenceHeader = 64 << 10

// usualPrefix is the size of NAL unit lengths where nothing says another, in bytes.
const usualPrefix = 4

// pictureConfig is what is known of a picture's sequence header, which is its decoder
// configuration (FLV 10.1 §E.4.3.2).
type pictureConfig struct {
	header []byte           // the last one that came
	probe  *bitstream.Video // gathers parameter sets inside pictures while there is no header
	wait   configWait
	annexB bool // a picture had start codes
}

// configWait tells when media came for so long without their configuration that the
// creator should know.
type configWait struct {
	reason error // why the configuration that came can't be used; nil: none came
	since  uint32
	count  int
	told   bool
}

// Bounds of the wait for a configuration: of the media's timestamps, and of media messages
// where these stand still.
const (
	configPatience = 1000 // ms
	configMessages = 60
)

// over counts a message, and reports whether the creator is to be told now.
func (w *configWait) over(timestamp uint32) bool {
	if w.count++; w.count == 1 {
		w.since = timestamp
	}
	if w.told || w.count < configMessages && int32(timestamp-w.since) < configPatience {
		return false
	}
	w.told = true
	return true
}

func (d *demuxer) video(timestamp uint32, tag videoTag) error {
	switch {
	case tag.packet == packetSequenceStart:
		return d.videoConfig(tag)
	case len(tag.body) == 0:
		return nil
	case tag.codec == media.AV1:
		if tag.codec != d.configured[media.Video] {
			d.awaitPictureConfig(timestamp, tag.codec)
			return nil
		}
		return d.session.VideoOBUStream(int64(timestamp), tag.body, time.Now())
	case tag.codec != d.configured[media.Video]:
		return d.videoWithoutConfig(timestamp, tag)
	case bitstream.IsAnnexB(tag.body, d.prefixSize):
		return d.videoAnnexB(timestamp, tag)
	}
	return d.session.VideoBody(int64(timestamp), int64(tag.compositionOffset), tag.body, d.prefixSize, time.Now())
}

// videoConfig takes a sequence header. One that can't be used counts as none: the
// parameter sets may come inside the pictures.
func (d *demuxer) videoConfig(tag videoTag) error {
	if len(tag.body) == 0 {
		return nil // FFmpeg, copying from a transport stream, sends it again when it knows
	}
	if tag.codec == d.configured[media.Video] && bytes.Equal(tag.body, d.picture.header) {
		return nil // some send it with each keyframe
	}
	params, prefixSize, err := parsePictureConfig(tag)
	if err != nil {
		d.picture.wait.reason = err
		if tag.codec == d.configured[media.Video] {
			d.session.Repaired(ingest.RepairParameters) // the one in use still holds
		}
		return nil
	}
	d.picture.header = bytes.Clone(tag.body)
	return d.setPictureConfig(tag.codec, params, prefixSize)
}

func (d *demuxer) setPictureConfig(codec media.Codec, params bitstream.ParamSets, prefixSize int) error {
	d.configured[media.Video], d.prefixSize = codec, prefixSize
	if d.picture.wait.told {
		d.session.Advise(ingest.Advice{Code: adviceNoPictureConfig})
	}
	d.picture.probe, d.picture.wait = nil, configWait{}
	return d.session.SetVideo(codec, params)
}

// parsePictureConfig reads a sequence header, and makes sure that it describes a picture.
func parsePictureConfig(tag videoTag) (params bitstream.ParamSets, prefixSize int, err error) {
	switch {
	case len(tag.body) > maxSequenceHeader:
		return params, 0, fmt.Errorf("%w: a sequence header of %d bytes", bitstream.ErrParameters, len(tag.body))
	case tag.codec == media.AV1:
		params, err = bitstream.ParseAV1DecoderConfig(tag.body)
		if err == nil {
			_, err = bitstream.VideoTrack(media.AV1, params)
		}
		if err != nil {
			params = bitstream.ParamSets{} // missing or wrong: keyframes have it again
		}
		return params, 0, nil
	case bitstream.IsAnnexB(tag.body, usualPrefix):
		probe := &bitstream.Video{Codec: tag.codec}
		nalus, err := bitstream.SplitAnnexB(tag.body)
		if err == nil {
			_, err = probe.FromNALUnits(nalus)
		}
		if err != nil {
			return params, 0, err
		}
		params, prefixSize = probe.Params, usualPrefix
	case tag.codec == media.HEVC:
		params, prefixSize, err = bitstream.ParseHEVCDecoderConfig(tag.body)
	default:
		params, prefixSize, err = bitstream.ParseAVCDecoderConfig(tag.body)
	}
	if err == nil {
		_, err = bitstream.VideoTrack(tag.codec, params)
	}
	return params, prefixSize, err
}

// videoAnnexB takes a picture with start codes where FLV has lengths.
func (d *demuxer) videoAnnexB(timestamp uint32, tag videoTag) error {
	nalus, err := bitstream.SplitAnnexB(tag.body)
	if err != nil {
		d.session.Repaired(ingest.RepairBadUnit)
		return nil
	}
	d.noteAnnexB(tag.codec)
	return d.session.VideoNALUnits(int64(timestamp), int64(tag.compositionOffset), nalus, time.Now())
}

func (d *demuxer) noteAnnexB(codec media.Codec) {
	if d.picture.annexB {
		return
	}
	d.picture.annexB = true
	d.session.Repaired(ingest.RepairFraming)
	d.session.Advise(ingest.Advice{
		Code: adviceAnnexB, Severity: ingest.Notice,
		Text: fmt.Sprintf("the encoder sends %s with start codes (Annex B) where RTMP has lengths; it is converted here, "+
			"but other servers may not take it: update the encoder", codec),
	})
}

// videoWithoutConfig takes a picture before any sequence header. Encoders that send none
// mostly have the parameter sets inside the pictures: from then on these can be used.
func (d *demuxer) videoWithoutConfig(timestamp uint32, tag videoTag) error {
	if d.picture.probe == nil || d.picture.probe.Codec != tag.codec {
		d.picture.probe = &bitstream.Video{Codec: tag.codec}
	}
	if err := d.probe(tag); err != nil {
		d.session.Repaired(ingest.RepairBadUnit)
		d.awaitPictureConfig(timestamp, tag.codec)
		return nil
	}
	params := d.picture.probe.Params
	if !params.Complete(tag.codec) {
		d.awaitPictureConfig(timestamp, tag.codec)
		return nil
	}
	if _, err := bitstream.VideoTrack(tag.codec, params); err != nil {
		d.picture.wait.reason = err
		d.awaitPictureConfig(timestamp, tag.codec)
		return nil
	}
	if err := d.setPictureConfig(tag.codec, params, usualPrefix); err != nil {
		return err
	}
	return d.video(timestamp, tag)
}

// probe looks for parameter sets in a picture.
func (d *demuxer) probe(tag videoTag) error {
	if !bitstream.IsAnnexB(tag.body, usualPrefix) {
		_, err := d.picture.probe.FromLengthPrefixed(tag.body, usualPrefix)
		return err
	}
	nalus, err := bitstream.SplitAnnexB(tag.body)
	if err != nil {
		return err
	}
	d.noteAnnexB(tag.codec)
	_, err = d.picture.probe.FromNALUnits(nalus)
	return err
}

// headerNames are how specifications call the sequence headers of video codecs.
var headerNames = map[media.Codec]string{media.H264: "AVC", media.HEVC: "HEVC", media.AV1: "AV1"}

// awaitPictureConfig notes a picture that can't be shown, and tells the creator when there
// are many.
func (d *demuxer) awaitPictureConfig(timestamp uint32, codec media.Codec) {
	w := &d.picture.wait
	if !w.over(timestamp) {
		return
	}
	what := "the encoder sent no " + headerNames[codec] + " sequence header (the picture's parameter sets)"
	if w.reason != nil {
		what = fmt.Sprintf("the %s sequence header that the encoder sent can't be used (%v)", headerNames[codec], w.reason)
	}
	d.session.Advise(ingest.Advice{
		Code: adviceNoPictureConfig, Severity: ingest.Warning,
		Text: what + ", so no picture can be shown; stop the stream in the encoder and start it again, " +
			"or let the encoder repeat SPS and PPS before each keyframe (x264: repeat-headers=1)",
	})
}
