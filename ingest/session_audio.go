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

// audioInput is what is known of the sound.
type audioInput struct {
	bitrateBPS int                    // as the encoder declares it; 0 is unknown
	framer     *bitstream.AudioFramer // of audio that describes itself
	track      media.Track
	taken      bool        // the sink takes audio
	begun      bool        // there was a sample
	next       media.Ticks // DTS that the next sample should have
	written    uint64      // samples
}

// SetAudio describes the audio that follows. Audio that the sink doesn't take is left out,
// see [Session.Refuse].
func (s *Session) SetAudio(t media.Track) error {
	a := &s.audio
	if a.begun && a.track.Timescale != t.Timescale {
		a.next = media.Rescale(a.next, a.track.Timescale, t.Timescale)
	}
	t.BitrateBPS = a.bitrateBPS
	a.track = t
	err := s.sink.SetTrack(t)
	a.taken = err == nil
	if errors.Is(err, ErrUnsupported) {
		return s.Refuse(media.Audio, err, time.Time{})
	}
	s.refusals.accept(media.Audio)
	return err
}

// AudioStream takes the next bytes of AC-3, E-AC-3 or MPEG audio (MP3 and MP2 are told
// apart by their frames), whose frames describe themselves: it finds and announces the
// track. pts is that of the first frame that begins in data, or NoTimestamp.
func (s *Session) AudioStream(codec media.Codec, pts int64, data []byte, arrival time.Time) error {
	if s.audio.framer == nil || s.audio.framer.Codec() != codec {
		framer, err := bitstream.NewAudioFramer(codec)
		if err != nil {
			return fmt.Errorf("%w: %w", ErrUnsupported, err)
		}
		s.audio.framer = framer
	}
	for _, u := range s.audio.framer.Push(data) {
		if u.Track != nil {
			if err := s.SetAudio(*u.Track); err != nil {
				return err
			}
		}
		length := int64(media.Rescale(s.audio.track.FrameSamples, s.audio.track.Timescale, s.scale))
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
func (s *Session) AudioLost() { s.audio.framer = nil }

// AudioFrames takes consecutive audio access units; pts is the first one's, or NoTimestamp.
// The others follow by their own durations.
func (s *Session) AudioFrames(pts int64, frames [][]byte, arrival time.Time) error {
	if reason := s.refusals.reasons[media.Audio]; reason != nil {
		if !s.audio.taken {
			return s.Refuse(media.Audio, reason, arrival)
		}
		s.refusals.accept(media.Audio) // units of another codec came between
	}
	a := &s.audio
	if a.track.Codec == 0 || pts == NoTimestamp && !a.begun {
		return nil
	}
	at := a.next
	if pts != NoTimestamp {
		sound := s.timeline.At(media.Audio, pts, arrival)
		if err := s.video.flushBefore(sound); err != nil {
			return err
		}
		at = media.Rescale(sound, media.VideoTimescale, a.track.Timescale)
	}
	s.events.flush()
	for _, frame := range frames {
		duration := a.duration(frame)
		if len(frame) == 0 || duration <= 0 {
			continue
		}
		dts, repair := a.align(at)
		if repair != "" {
			s.sink.Repaired(repair)
		}
		if repair != RepairOverlap {
			sample := media.Sample{DTS: dts, Duration: duration, KeyFrame: true, Payload: frame}
			err := s.sink.Write(media.Audio, sample)
			if errors.Is(err, ErrUnsupported) {
				a.taken = false
				return s.Refuse(media.Audio, err, arrival)
			}
			if err != nil {
				return err
			}
			a.next = dts + duration
			a.written++
		}
		at += duration
	}
	return nil
}

// duration is that of a unit.
func (a *audioInput) duration(unit []byte) media.Ticks {
	switch {
	case a.track.Codec == media.Opus:
		return media.Ticks(opus.PacketDuration2(unit))
	case a.track.FrameSamples == 0:
		return bitstream.RawDuration(a.track, unit)
	}
	return a.track.FrameSamples
}

// align keeps audio on the count of its own samples, so that decode times
// are continuous to the tick, and follows the timestamps only when the two have
// really parted: RepairAudioGap keeps a gap, RepairOverlap drops the unit.
func (a *audioInput) align(at media.Ticks) (dts media.Ticks, repair string) {
	if !a.begun {
		a.begun = true
		return at, ""
	}
	stray := (at - a.next).Duration(a.track.Timescale)
	switch {
	case stray > audioTolerance:
		return at, RepairAudioGap
	case stray < -audioTolerance:
		return 0, RepairOverlap
	}
	return a.next, ""
}
