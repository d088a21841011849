package transcode

import (
	"io"
	"time"

	"github.com/yapingcat/gomedia/go-flv"

	"github.com/globalfandom/lightstick/media"
	"github.com/globalfandom/lightstick/packager/cmaf"
)

// feeder writes samples to FFmpeg's standard input.
type feeder interface {
	start(t media.Track) error
	write(s media.Sample) error
}

func newFeeder(c media.Codec, w io.Writer) feeder {
	if c == media.H264 {
		return &flvFeeder{w: w}
	}
	return &mp4Feeder{w: w}
}

// milliseconds is how FLV counts time.
func milliseconds(t media.Ticks) int64 { return int64(media.Rescale(t, media.VideoTimescale, 1000)) }

// flvFeeder writes H.264 as FLV: each tag stands for itself, so FFmpeg has a
// frame as soon as its last byte is there.
type flvFeeder struct{ w io.Writer }

const (
	flvVideoTag = 9
	// maxFLVTag is what the 24 bits of a tag's size can say.
	maxFLVTag = 1<<24 - 1
)

func (f *flvFeeder) start(t media.Track) error {
	config, err := cmaf.AVCDecoderConfig(t)
	if err != nil {
		return err
	}
	// Signature, version 1, video only, header size, and the size of no tag before.
	if _, err := f.w.Write([]byte{'F', 'L', 'V', 1, 1, 0, 0, 0, 9, 0, 0, 0, 0}); err != nil {
		return err
	}
	return f.tag(0, flv.WriteVideoTag(config, true, flv.FLV_AVC, 0, true), nil)
}

func (f *flvFeeder) write(s media.Sample) error {
	dts := milliseconds(s.DTS)
	offset := milliseconds(s.PTS()) - dts
	head := flv.WriteVideoTag(nil, s.KeyFrame, flv.FLV_AVC, int32(offset), false)
	if len(head)+len(s.Payload) > maxFLVTag {
		return nil // FFmpeg would read the rest of it as tags
	}
	return f.tag(dts, head, s.Payload)
}

// tag writes a tag of a body in two pieces with one call.
func (f *flvFeeder) tag(dts int64, head, payload []byte) error {
	length := len(head) + len(payload)
	header := flv.FlvTag{
		TagType: flvVideoTag, DataSize: uint32(length),
		Timestamp: uint32(dts) & 0xffffff, TimestampExtended: uint8(dts >> 24),
	}.Encode()
	tag := make([]byte, 0, len(header)+length+4)
	tag = append(append(append(tag, header...), head...), payload...)
	size := uint32(len(header) + length)
	tag = append(tag, byte(size>>24), byte(size>>16), byte(size>>8), byte(size))
	_, err := f.w.Write(tag)
	return err
}

// mp4Feeder writes HEVC and AV1 as fragmented MP4, one sample a fragment.
type mp4Feeder struct {
	w        io.Writer
	sequence uint32
}

func (f *mp4Feeder) start(t media.Track) error {
	init, err := cmaf.Init(t)
	if err != nil {
		return err
	}
	_, err = f.w.Write(init)
	return err
}

func (f *mp4Feeder) write(s media.Sample) error {
	// The next frame isn't known yet; FFmpeg goes by the fragments' own times.
	s.Duration = media.TicksOf(time.Second/60, media.VideoTimescale)
	f.sequence++
	_, err := f.w.Write(cmaf.Chunk{Sequence: f.sequence, Runs: [][]media.Sample{{s}}}.Marshal())
	return err
}
