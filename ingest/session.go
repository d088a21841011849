package ingest

import (
	"errors"
	"fmt"
	"time"

	"github.com/bluenviron/mediacommon/v2/pkg/codecs/opus"

	"github.com/globalfandom/lightstick/media"
	"github.com/globalfandom/lightstick/media/bitstream"
)

// audioTolerance is how far an audio timestamp may stray from the running count
// of samples before the count is corrected. RTMP's milliseconds, MPEG-TS's PES
// grouping and Wi-Fi stay well below it; lost frames do not.
const audioTolerance = 60 * time.Millisecond

// maxCompositionOffset bounds how long a picture may wait between decoding and
// display; more is a broken composition time.
const maxCompositionOffset = 5 * time.Second

// Session carries one publication from the raw units of its protocol to
// repaired samples in its Sink. It is used by one goroutine; it owns the Sink
// and closes it.
type Session struct {
	sink     Sink
	timeline *Timeline
	scale    media.Timescale
	early    []earlyEvent // that came before the first sample

	bitrates   [2]int // bit/s, as the encoder declares them
	video      *bitstream.Video
	videoReady bool
	audio      media.Track
	audioNext  media.Ticks // DTS that the next audio sample should have
	audioBegun bool
}

// NewSession starts a publication whose raw timestamps have the given timescale
// and wrap at 2^wrapBits (0: never).
func NewSession(sink Sink, scale media.Timescale, wrapBits uint) *Session {
	return &Session{sink: sink, scale: scale, timeline: NewTimeline(scale, wrapBits, sink.Repaired)}
}

// Stream is the stream published to.
func (s *Session) Stream() media.StreamID { return s.sink.Stream() }

// Expect says which kinds of track the protocol announced.
func (s *Session) Expect(video, audio bool) { s.sink.Expect(video, audio) }

// Declare notes the bit rates, in bit/s, that the encoder says it keeps to; 0 is
// unknown. It applies to tracks that are announced later.
func (s *Session) Declare(videoBPS, audioBPS int) {
	s.bitrates = [2]int{media.Video: videoBPS, media.Audio: audioBPS}
}

// Close ends the publication. A nil reason is a clean end.
func (s *Session) Close(reason error) { s.sink.Close(reason) }

// SetVideo names the video codec, and its parameter sets if they are known
// apart from the pictures.
func (s *Session) SetVideo(codec media.Codec, p bitstream.ParamSets) error {
	if s.video == nil || s.video.Codec != codec {
		s.video = &bitstream.Video{Codec: codec}
		s.videoReady = false
	}
	if p.SPS == nil {
		return nil // they come inside the stream
	}
	s.video.Params = p
	return s.announceVideo(0)
}

func (s *Session) announceVideo(keyFrames int) error {
	track, err := bitstream.VideoTrack(s.video.Codec, s.video.Params)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrUnsupported, err)
	}
	track.BitrateBPS = s.bitrates[media.Video]
	track.KeyInterval = time.Duration(keyFrames) * track.FrameDuration
	s.videoReady = true
	return s.sink.SetTrack(track)
}

// SetAudio describes the audio that follows.
func (s *Session) SetAudio(t media.Track) error {
	if s.audioBegun && s.audio.Timescale != t.Timescale {
		s.audioNext = media.Rescale(s.audioNext, s.audio.Timescale, t.Timescale)
	}
	t.BitrateBPS = s.bitrates[media.Audio]
	s.audio = t
	return s.sink.SetTrack(t)
}

// VideoBody takes a picture with length-prefixed NAL units, as FLV has it.
func (s *Session) VideoBody(dts, compositionOffset int64, body []byte, prefixSize int, arrival time.Time) error {
	if s.video == nil {
		return nil // pictures before their configuration can't be decoded
	}
	before := s.video.Params
	au, err := s.video.FromLengthPrefixed(body, prefixSize)
	if err != nil {
		s.sink.Repaired(RepairBadUnit)
		return nil
	}
	return s.writeVideo(dts, compositionOffset, au, before, arrival)
}

// VideoNALUnits takes a picture as NAL units, as MPEG-TS and RTP have it.
func (s *Session) VideoNALUnits(dts, compositionOffset int64, nalus [][]byte, arrival time.Time) error {
	if s.video == nil {
		return nil
	}
	before := s.video.Params
	au, err := s.video.FromNALUnits(nalus)
	if err != nil {
		s.sink.Repaired(RepairBadUnit)
		return nil
	}
	return s.writeVideo(dts, compositionOffset, au, before, arrival)
}

func (s *Session) writeVideo(
	dts, compositionOffset int64, au bitstream.AccessUnit, before bitstream.ParamSets, arrival time.Time,
) error {
	keyFrames := 0
	if au.KeyFrame {
		keyFrames = au.KeyIntervalFrames()
	}
	if au.ParamsChanged || (keyFrames > 0 && s.videoReady) {
		err := s.announceVideo(keyFrames)
		switch {
		case errors.Is(err, bitstream.ErrParameters) && s.videoReady:
			// A lossy transport damaged a set that repeats: the ones in use still hold.
			s.video.Params = before
			s.sink.Repaired(RepairParameters)
		case err != nil && s.video.Params.Complete(s.video.Codec):
			return err
		}
	}
	if !s.videoReady || len(au.Payload) == 0 {
		return nil
	}
	offset := media.Rescale(media.Ticks(compositionOffset), s.scale, media.VideoTimescale)
	if limit := media.TicksOf(maxCompositionOffset, media.VideoTimescale); offset > limit || offset < -limit {
		offset = 0
	}
	at := s.timeline.At(media.Video, dts, arrival)
	s.flushEvents()
	return s.sink.Write(media.Video, media.Sample{
		DTS: at, CompositionOffset: offset, KeyFrame: au.KeyFrame, Payload: au.Payload,
	})
}

// AudioFrames takes consecutive audio access units; pts is the first one's. The
// others follow by their own durations.
func (s *Session) AudioFrames(pts int64, frames [][]byte, arrival time.Time) error {
	if s.audio.Codec == 0 {
		return nil
	}
	at := media.Rescale(s.timeline.At(media.Audio, pts, arrival), media.VideoTimescale, s.audio.Timescale)
	s.flushEvents()
	for _, frame := range frames {
		duration := s.frameDuration(frame)
		if len(frame) == 0 || duration <= 0 {
			continue
		}
		if dts, ok := s.alignAudio(at); ok {
			sample := media.Sample{DTS: dts, Duration: duration, KeyFrame: true, Payload: frame}
			if err := s.sink.Write(media.Audio, sample); err != nil {
				return err
			}
			s.audioNext = dts + duration
		}
		at += duration
	}
	return nil
}

func (s *Session) frameDuration(frame []byte) media.Ticks {
	if s.audio.Codec == media.Opus {
		return media.Ticks(opus.PacketDuration2(frame))
	}
	return s.audio.FrameSamples
}

// alignAudio keeps audio on the count of its own samples, so that decode times
// are continuous to the tick, and follows the timestamps only when the two have
// really parted: a gap is kept, an overlap is dropped.
func (s *Session) alignAudio(at media.Ticks) (dts media.Ticks, ok bool) {
	if !s.audioBegun {
		s.audioBegun = true
		return at, true
	}
	stray := (at - s.audioNext).Duration(s.audio.Timescale)
	switch {
	case stray > audioTolerance:
		s.sink.Repaired(RepairAudioGap)
		return at, true
	case stray < -audioTolerance:
		s.sink.Repaired(RepairOverlap)
		return 0, false
	}
	return s.audioNext, true
}
