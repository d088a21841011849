package ingest

import (
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/bluenviron/mediacommon/v2/pkg/codecs/opus"

	"github.com/globalfandom/lightstick/media"
	"github.com/globalfandom/lightstick/media/bitstream"
)

// audioTolerance is how far an audio timestamp may stray from the running count
// of samples before the count is corrected. RTMP's milliseconds, MPEG-TS's PES
// grouping and Wi-Fi stay well below it; lost frames do not.
const audioTolerance = 60 * time.Millisecond

// NoTimestamp stands for the timestamp of sound that follows what came before it.
const NoTimestamp = math.MinInt64

// SetAudio describes the audio that follows. Audio that the sink doesn't take is left out,
// see [Session.Refuse].
func (s *Session) SetAudio(t media.Track) error {
	if s.audioBegun && s.audio.Timescale != t.Timescale {
		s.audioNext = media.Rescale(s.audioNext, s.audio.Timescale, t.Timescale)
	}
	t.BitrateBPS = s.bitrates[media.Audio]
	s.audio = t
	err := s.sink.SetTrack(t)
	s.audioTaken = err == nil
	if errors.Is(err, ErrUnsupported) {
		return s.Refuse(media.Audio, err, time.Time{})
	}
	s.accept(media.Audio)
	return err
}

// AudioStream takes the next bytes of AC-3, E-AC-3 or MPEG audio (MP3 and MP2 are told
// apart by their frames), whose frames describe themselves: it finds and announces the
// track. pts is that of the first frame that begins in data, or NoTimestamp.
func (s *Session) AudioStream(codec media.Codec, pts int64, data []byte, arrival time.Time) error {
	if s.framer == nil || s.framer.Codec() != codec {
		framer, err := bitstream.NewAudioFramer(codec)
		if err != nil {
			return fmt.Errorf("%w: %w", ErrUnsupported, err)
		}
		s.framer = framer
	}
	for _, u := range s.framer.Push(data) {
		if u.Track != nil {
			if err := s.SetAudio(*u.Track); err != nil {
				return err
			}
		}
		length := int64(media.Rescale(s.audio.FrameSamples, s.audio.Timescale, s.scale))
		if u.Carried && pts != NoTimestamp {
			pts -= length
		}
		if err := s.AudioFrames(pts, [][]byte{u.Payload}, arrival); err != nil {
			return err
		}
		if pts != NoTimestamp {
			pts += length
		}
	}
	return nil
}

// AudioLost says that bytes of an AudioStream are missing: a frame that has begun is left
// out.
func (s *Session) AudioLost() { s.framer = nil }

// AudioFrames takes consecutive audio access units; pts is the first one's, or NoTimestamp.
// The others follow by their own durations.
func (s *Session) AudioFrames(pts int64, frames [][]byte, arrival time.Time) error {
	if reason := s.refused[media.Audio]; reason != nil {
		if !s.audioTaken {
			return s.Refuse(media.Audio, reason, arrival)
		}
		s.accept(media.Audio) // units of another codec came between
	}
	if s.audio.Codec == 0 || pts == NoTimestamp && !s.audioBegun {
		return nil
	}
	at := s.audioNext
	if pts != NoTimestamp {
		sound := s.timeline.At(media.Audio, pts, arrival)
		if s.pictures.due(sound) {
			if err := s.flushPicture(); err != nil {
				return err
			}
		}
		at = media.Rescale(sound, media.VideoTimescale, s.audio.Timescale)
	}
	s.flushEvents()
	for _, frame := range frames {
		duration := s.audioDuration(frame)
		if len(frame) == 0 || duration <= 0 {
			continue
		}
		if dts, ok := s.alignAudio(at); ok {
			sample := media.Sample{DTS: dts, Duration: duration, KeyFrame: true, Payload: frame}
			err := s.sink.Write(media.Audio, sample)
			if errors.Is(err, ErrUnsupported) {
				s.audioTaken = false
				return s.Refuse(media.Audio, err, arrival)
			}
			if err != nil {
				return err
			}
			s.audioNext = dts + duration
			s.written[media.Audio]++
		}
		at += duration
	}
	return nil
}

func (s *Session) audioDuration(frame []byte) media.Ticks {
	switch {
	case s.audio.Codec == media.Opus:
		return media.Ticks(opus.PacketDuration2(frame))
	case s.audio.FrameSamples == 0:
		return bitstream.RawDuration(s.audio, frame)
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
