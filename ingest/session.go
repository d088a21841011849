package ingest

import (
	"errors"
	"fmt"
	"time"

	"github.com/globalfandom/lightstick/media"
	"github.com/globalfandom/lightstick/media/bitstream"
)

// maxCompositionOffset bounds how long a picture may wait between decoding and
// display; more is a broken composition time. A camera of 0.5 frames a second with three
// B-frames needs 8 s.
const maxCompositionOffset = 20 * time.Second

// Session carries one publication from the raw units of its protocol to
// repaired samples in its Sink. It is used by one goroutine; it owns the Sink
// and closes it.
type Session struct {
	sink     Sink
	timeline *Timeline
	scale    media.Timescale
	early    []earlyEvent // that came before the first sample

	refused   [2]error  // why tracks are left out
	expected  [2]bool   // kinds of track that the protocol announced
	announced bool      // it announced any
	waited    time.Time // since when a track is left out without another in sight
	written   [2]uint64 // samples, by kind

	bitrates      [2]int // bit/s, as the encoder declares them
	video         *bitstream.Video
	videoReady    bool
	frameDuration time.Duration // of a picture; 0 is unknown
	keyFrames     int           // the encoder's longest keyframe interval; 0 is unknown
	captions      media.Captions
	openGOP       openGOP
	framer        *bitstream.AudioFramer // of audio that describes itself
	audio         media.Track
	audioNext     media.Ticks // DTS that the next audio sample should have
	audioBegun    bool
}

// NewSession starts a publication whose raw timestamps have the given timescale
// and wrap at 2^wrapBits (0: never).
func NewSession(sink Sink, scale media.Timescale, wrapBits uint) *Session {
	return &Session{sink: sink, scale: scale, timeline: NewTimeline(scale, wrapBits, sink.Repaired)}
}

// Stream is the stream published to.
func (s *Session) Stream() media.StreamID { return s.sink.Stream() }

// Repaired counts what the protocol repaired or left out, by one of [Repairs].
func (s *Session) Repaired(reason string) { s.sink.Repaired(reason) }

// Written is the number of samples of a kind that were made so far.
func (s *Session) Written(k media.Kind) uint64 { return s.written[k] }

// FrameDuration is that of a picture as its parameter sets declare it, in the scale of the
// raw timestamps; 0 is unknown.
func (s *Session) FrameDuration() int64 { return int64(media.TicksOf(s.frameDuration, s.scale)) }

// Advise tells the creator what was left out or repaired, and what to set.
func (s *Session) Advise(a Advice) { s.sink.Advise(a) }

// LeftOut names a codec that the protocol announced and that can't be packaged: the
// publication goes on without it.
func (s *Session) LeftOut(codec string) {
	s.sink.Advise(Advice{
		Code: AdviceCodecRefused, Severity: Warning,
		Text: fmt.Sprintf("the track with codec %s is left out; use H.264, HEVC or AV1 with AAC, Opus, AC-3 or MP3", codec),
	})
}

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
		s.videoReady, s.keyFrames, s.captions, s.openGOP = false, 0, 0, openGOP{}
	}
	if !p.Complete(codec) {
		return nil // they come inside the stream
	}
	s.video.Params = p
	return s.announceVideo()
}

func (s *Session) announceVideo() error {
	track, err := bitstream.VideoTrack(s.video.Codec, s.video.Params)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrUnsupported, err)
	}
	track.BitrateBPS = s.bitrates[media.Video]
	track.KeyInterval = time.Duration(s.keyFrames) * track.FrameDuration
	track.Captions = s.captions
	s.videoReady, s.frameDuration = true, track.FrameDuration
	s.accept(media.Video)
	return s.sink.SetTrack(track)
}

// VideoBody takes a picture with length-prefixed NAL units, as FLV has it.
func (s *Session) VideoBody(dts, compositionOffset int64, body []byte, prefixSize int, arrival time.Time) error {
	return s.picture(dts, compositionOffset, arrival, func(v *bitstream.Video) (bitstream.AccessUnit, error) {
		return v.FromLengthPrefixed(body, prefixSize)
	})
}

// VideoNALUnits takes a picture as NAL units, as MPEG-TS and RTP have it.
func (s *Session) VideoNALUnits(dts, compositionOffset int64, nalus [][]byte, arrival time.Time) error {
	return s.picture(dts, compositionOffset, arrival, func(v *bitstream.Video) (bitstream.AccessUnit, error) {
		return v.FromNALUnits(nalus)
	})
}

// VideoOBUStream takes a temporal unit of AV1 whose OBUs have sizes, as FLV has it.
func (s *Session) VideoOBUStream(dts int64, body []byte, arrival time.Time) error {
	return s.picture(dts, 0, arrival, func(v *bitstream.Video) (bitstream.AccessUnit, error) {
		return v.FromOBUStream(body)
	})
}

// VideoOBUs takes a temporal unit of AV1 as its OBUs, as RTP has it.
func (s *Session) VideoOBUs(dts int64, obus [][]byte, arrival time.Time) error {
	return s.picture(dts, 0, arrival, func(v *bitstream.Video) (bitstream.AccessUnit, error) {
		return v.FromOBUs(obus)
	})
}

// picture brings a picture to the canonical form and writes it.
func (s *Session) picture(
	dts, compositionOffset int64, arrival time.Time, read func(*bitstream.Video) (bitstream.AccessUnit, error),
) error {
	if s.video == nil {
		return nil // pictures before their configuration can't be decoded
	}
	before := s.video.Params
	au, err := read(s.video)
	if err != nil {
		s.sink.Repaired(RepairBadUnit)
		return nil
	}
	if err := s.follow(au, before); err != nil {
		return err
	}
	return s.writeVideo(dts, compositionOffset, au, arrival)
}

// follow announces the track anew when a picture tells more about it.
func (s *Session) follow(au bitstream.AccessUnit, before bitstream.ParamSets) error {
	news := au.ParamsChanged
	if au.KeyFrame {
		if n := au.KeyIntervalFrames(); n > 0 {
			s.keyFrames, news = n, news || s.videoReady
		}
	}
	if au.Captions&^s.captions != 0 {
		s.captions |= au.Captions
		news = news || s.videoReady
	}
	if !news {
		return nil
	}
	err := s.announceVideo()
	switch {
	case errors.Is(err, bitstream.ErrParameters) && s.videoReady:
		// A lossy transport damaged a set that repeats: the ones in use still hold.
		s.video.Params = before
		s.sink.Repaired(RepairParameters)
	case err != nil && s.video.Params.Complete(s.video.Codec):
		return err
	}
	return nil
}

func (s *Session) writeVideo(dts, compositionOffset int64, au bitstream.AccessUnit, arrival time.Time) error {
	if !s.videoReady || len(au.Payload) == 0 {
		return nil
	}
	offset := media.Rescale(media.Ticks(compositionOffset), s.scale, media.VideoTimescale)
	if limit := media.TicksOf(maxCompositionOffset, media.VideoTimescale); offset > limit || offset < -limit {
		offset = 0
	}
	at := s.timeline.At(media.Video, dts, arrival)
	s.flushEvents()
	s.written[media.Video]++
	return s.sink.Write(media.Video, media.Sample{
		DTS: at, CompositionOffset: offset, KeyFrame: s.openGOP.key(au, at), Payload: au.Payload,
	})
}

// openGOPAfter is how long a source may go without a key frame before its recovery
// points are taken for such.
const openGOPAfter = 5 * time.Second

// openGOP decides what counts as a key frame. A source with open groups of pictures
// has none but perhaps its first picture: without recovery points it would never
// start, or never be cut. Pictures between one and what comes before it in display
// order may then look broken to a player that joins there, for a few frames.
type openGOP struct {
	begun bool
	since media.Ticks // of the last key frame, or the first picture
	open  bool
}

func (o *openGOP) key(au bitstream.AccessUnit, at media.Ticks) bool {
	if au.KeyFrame || !o.begun {
		o.begun, o.since = true, at
	}
	o.open = o.open || (at-o.since).Duration(media.VideoTimescale) >= openGOPAfter
	return au.KeyFrame || o.open && au.RecoveryPoint
}
