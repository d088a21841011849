package ingest

import (
	"github.com/globalfandom/lightstick/media"
	"github.com/globalfandom/lightstick/media/bitstream"
)

// Session carries one publication from the raw units of its protocol to
// repaired samples in its Sink. It is used by one goroutine; it owns the Sink
// and closes it.
type Session struct {
	sink     Sink
	scale    media.Timescale
	timeline *Timeline
	events   eventQueue
	refusals refusals
	video    videoInput
	audio    audioInput
}

// NewSession starts a publication whose raw timestamps have the given timescale
// and wrap at 2^wrapBits (0: never).
func NewSession(sink Sink, scale media.Timescale, wrapBits uint) *Session {
	t := NewTimeline(scale, wrapBits, sink.Repaired)
	s := &Session{sink: sink, scale: scale, timeline: t, events: eventQueue{sink: sink, timeline: t}, refusals: refusals{sink: sink}}
	s.video = videoInput{sink: sink, scale: scale, timeline: t, events: &s.events, accepted: func() { s.refusals.accept(media.Video) }}
	return s
}

// Stream is the stream published to.
func (s *Session) Stream() media.StreamID { return s.sink.Stream() }

// Repaired counts what the protocol repaired or left out, by one of [Repairs].
func (s *Session) Repaired(reason string) { s.sink.Repaired(reason) }

// Written is the number of samples of a kind that were made so far.
func (s *Session) Written(k media.Kind) uint64 {
	if k == media.Video {
		return s.video.written
	}
	return s.audio.written
}

// FrameDuration is that of a picture as its parameter sets declare it, in the scale of the
// raw timestamps; 0 is unknown.
func (s *Session) FrameDuration() int64 { return int64(media.TicksOf(s.video.frameDuration, s.scale)) }

// Advise tells the creator what was left out or repaired, and what to set.
func (s *Session) Advise(a Advice) { s.sink.Advise(a) }

// Declare notes the bit rates, in bit/s, that the encoder says it keeps to; 0 is
// unknown. It applies to tracks that are announced later.
func (s *Session) Declare(videoBPS, audioBPS int) {
	s.video.bitrateBPS, s.audio.bitrateBPS = videoBPS, audioBPS
}

// Close ends the publication. A nil reason is a clean end.
func (s *Session) Close(reason error) {
	if reason != nil {
		s.PictureCut()
	}
	_ = s.video.flush() // the sink ends anyway
	s.sink.Close(reason)
}

// PictureCut says that the end of the last picture is missing. If the source sends slices
// one by one, what there is of it is left out: decoders would show parts of an earlier one.
func (s *Session) PictureCut() { s.video.cut() }

// SetVideo names the video codec, and its parameter sets if they are known
// apart from the pictures.
func (s *Session) SetVideo(codec media.Codec, p bitstream.ParamSets) error {
	return s.video.setCodec(codec, p)
}
