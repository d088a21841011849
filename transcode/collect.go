package transcode

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/yapingcat/gomedia/go-flv"

	"github.com/globalfandom/lightstick/media"
	"github.com/globalfandom/lightstick/media/bitstream"
)

// maxTag bounds an FLV tag that FFmpeg sends, in bytes.
const maxTag = 16 << 20

// collector reads one rung's FLV from FFmpeg.
type collector struct {
	rung   Rung
	out    Output
	times  *sourceTimes
	video  bitstream.Video
	prefix int
	last   media.Ticks
	begun  bool
	alive  func() // told of each frame
}

// run reads until FFmpeg closes the pipe.
func (c *collector) run(r io.Reader) error {
	if err := c.readTags(r); err != nil {
		return fmt.Errorf("output %s: %w", c.rung.Name, err)
	}
	return nil
}

func (c *collector) readTags(r io.Reader) error {
	b := bufio.NewReaderSize(r, 256<<10)
	if _, err := b.Discard(9 + 4); err != nil { // file header
		return ended(err)
	}
	header := make([]byte, flv.FLVTAG_SIZE)
	for {
		if _, err := io.ReadFull(b, header); err != nil {
			return ended(err)
		}
		var tag flv.FlvTag
		tag.Decode(header)
		if tag.DataSize > maxTag {
			return fmt.Errorf("flv tag of %d bytes", tag.DataSize)
		}
		body := make([]byte, tag.DataSize)
		if _, err := io.ReadFull(b, body); err != nil {
			return ended(err)
		}
		if _, err := b.Discard(4); err != nil {
			return ended(err)
		}
		if tag.TagType != flvVideoTag || len(body) < 5 {
			continue
		}
		if err := c.tag(int64(tag.TimestampExtended)<<24|int64(tag.Timestamp), body); err != nil {
			return err
		}
	}
}

func ended(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return nil
	}
	return err
}

func (c *collector) tag(dts int64, body []byte) error {
	var tag flv.VideoTag
	tag.Decode(body)
	if tag.AVCPacketType == flv.AVC_SEQUENCE_HEADER {
		return c.config(body[5:])
	}
	if c.prefix == 0 || tag.AVCPacketType != flv.AVC_NALU {
		return nil
	}
	au, err := c.video.FromLengthPrefixed(body[5:], c.prefix)
	if err != nil || len(au.Payload) == 0 {
		return err
	}
	pts, ok := c.times.exact(dts + int64(tag.CompositionTime))
	if !ok || (c.begun && pts <= c.last) {
		return nil // not a frame of this source
	}
	c.last, c.begun = pts, true
	c.alive()
	c.out.Write(c.rung.Name, media.Sample{DTS: pts, KeyFrame: au.KeyFrame, Payload: au.Payload})
	return nil
}

func (c *collector) config(record []byte) error {
	params, prefix, err := bitstream.ParseAVCDecoderConfig(record)
	if err != nil {
		return err
	}
	track, err := bitstream.VideoTrack(media.H264, params)
	if err != nil {
		return err
	}
	track.BitrateBPS = c.rung.BitrateBPS
	c.video = bitstream.Video{Codec: media.H264, Params: params}
	c.prefix = prefix
	return c.out.SetTrack(c.rung.Name, track)
}

// sourceTimes remembers when the source's last frames are shown, to give FFmpeg's
// frames, which count milliseconds, their exact times back.
type sourceTimes struct {
	mu   sync.Mutex
	pts  [1024]media.Ticks
	next int
}

func (s *sourceTimes) add(pts media.Ticks) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pts[s.next%len(s.pts)] = pts
	s.next++
}

// exact finds the source frame that is shown within a millisecond of ms.
func (s *sourceTimes) exact(ms int64) (media.Ticks, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := s.next - 1; i >= 0 && i >= s.next-len(s.pts); i-- {
		pts := s.pts[i%len(s.pts)]
		if d := milliseconds(pts) - ms; d >= -1 && d <= 1 {
			return pts, true
		}
	}
	return 0, false
}
