package transcode

import (
	"encoding/binary"
	"fmt"
	"io"
	"time"

	"github.com/bluenviron/mediacommon/v2/pkg/formats/fmp4"
	"github.com/bluenviron/mediacommon/v2/pkg/formats/fmp4/seekablebuffer"
	"github.com/bluenviron/mediacommon/v2/pkg/formats/mp4/codecs"
	"github.com/yapingcat/gomedia/go-flv"

	"github.com/globalfandom/lightstick/media"
)

// feeder writes samples to FFmpeg's standard input.
type feeder interface {
	begin(t media.Track) error
	write(s media.Sample) error
}

func newFeeder(c media.Codec, w io.Writer) feeder {
	if c == media.HEVC {
		return &mp4Feeder{w: w}
	}
	return &flvFeeder{w: w}
}

// milliseconds is how FLV counts time.
func milliseconds(t media.Ticks) int64 { return int64(media.Rescale(t, media.VideoTimescale, 1000)) }

// flvFeeder writes H.264 as FLV: each tag stands for itself, so FFmpeg has a
// frame as soon as its last byte is there.
type flvFeeder struct{ w io.Writer }

const flvVideoTag = 9

func (f *flvFeeder) begin(t media.Track) error {
	// Signature, version 1, video only, header size, and the size of no tag before.
	if _, err := f.w.Write([]byte{'F', 'L', 'V', 1, 1, 0, 0, 0, 9, 0, 0, 0, 0}); err != nil {
		return err
	}
	return f.tag(0, flv.WriteVideoTag(decoderConfig(t), true, flv.FLV_AVC, 0, true))
}

// decoderConfig writes an AVCDecoderConfigurationRecord with 4-byte NAL unit
// lengths (ISO/IEC 14496-15 §5.3.3.1). Decoders take the fields that high profiles
// add after it from the SPS.
func decoderConfig(t media.Track) []byte {
	b := []byte{1, t.SPS[1], t.SPS[2], t.SPS[3], 0xff, 0xe1}
	b = binary.BigEndian.AppendUint16(b, uint16(len(t.SPS)))
	b = append(append(b, t.SPS...), 1)
	b = binary.BigEndian.AppendUint16(b, uint16(len(t.PPS)))
	return append(b, t.PPS...)
}

func (f *flvFeeder) write(s media.Sample) error {
	dts := milliseconds(s.DTS)
	offset := milliseconds(s.PTS()) - dts
	return f.tag(dts, flv.WriteVideoTag(s.Payload, s.KeyFrame, flv.FLV_AVC, int32(offset), false))
}

func (f *flvFeeder) tag(dts int64, body []byte) error {
	header := flv.FlvTag{
		TagType: flvVideoTag, DataSize: uint32(len(body)),
		Timestamp: uint32(dts) & 0xffffff, TimestampExtended: uint8(dts >> 24),
	}.Encode()
	tag := make([]byte, 0, len(header)+len(body)+4)
	tag = append(append(tag, header...), body...)
	size := uint32(len(header) + len(body))
	tag = append(tag, byte(size>>24), byte(size>>16), byte(size>>8), byte(size))
	_, err := f.w.Write(tag)
	return err
}

// mp4Feeder writes HEVC as fragmented MP4, one sample a fragment.
type mp4Feeder struct {
	w        io.Writer
	sequence uint32
}

func (f *mp4Feeder) begin(t media.Track) error {
	var buf seekablebuffer.Buffer
	init := fmp4.Init{Tracks: []*fmp4.InitTrack{{
		ID: 1, TimeScale: uint32(t.Timescale), Codec: &codecs.H265{VPS: t.VPS, SPS: t.SPS, PPS: t.PPS},
	}}}
	if err := init.Marshal(&buf); err != nil {
		return fmt.Errorf("fmp4: %w", err)
	}
	_, err := f.w.Write(buf.Bytes())
	return err
}

func (f *mp4Feeder) write(s media.Sample) error {
	// The next frame isn't known yet; FFmpeg goes by the fragments' own times.
	duration := media.TicksOf(time.Second/60, media.VideoTimescale)
	f.sequence++
	var buf seekablebuffer.Buffer
	part := fmp4.Part{SequenceNumber: f.sequence, Tracks: []*fmp4.PartTrack{{
		ID: 1, BaseTime: uint64(s.DTS),
		Samples: []*fmp4.Sample{{
			Duration: uint32(duration), PTSOffset: int32(s.CompositionOffset),
			IsNonSyncSample: !s.KeyFrame, Payload: s.Payload,
		}},
	}}}
	if err := part.Marshal(&buf); err != nil {
		return fmt.Errorf("fmp4: %w", err)
	}
	_, err := f.w.Write(buf.Bytes())
	return err
}
