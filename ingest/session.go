package ingest

import (
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
	leftOut   []string  // codecs of other tracks that are left out
	omitted   string    // the advice that stands about all of them
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
	refresh       refresh
	pictures      pictures
	lateSets      bool // parameter sets came that no picture so far needs
	order         decodeOrder
	framer        *bitstream.AudioFramer // of audio that describes itself
	audio         media.Track
	audioTaken    bool        // the sink takes audio
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

// Declare notes the bit rates, in bit/s, that the encoder says it keeps to; 0 is
// unknown. It applies to tracks that are announced later.
func (s *Session) Declare(videoBPS, audioBPS int) {
	s.bitrates = [2]int{media.Video: videoBPS, media.Audio: audioBPS}
}

// Close ends the publication. A nil reason is a clean end.
func (s *Session) Close(reason error) {
	if reason != nil {
		s.PictureCut()
	}
	_ = s.flushPicture() // the sink ends anyway
	s.sink.Close(reason)
}

// SetVideo names the video codec, and its parameter sets if they are known
// apart from the pictures.
func (s *Session) SetVideo(codec media.Codec, p bitstream.ParamSets) error {
	if err := s.flushPicture(); err != nil {
		return err
	}
	if s.video == nil || s.video.Codec != codec {
		s.video = &bitstream.Video{Codec: codec}
		s.videoReady, s.keyFrames, s.captions, s.lateSets = false, 0, 0, false
		s.pictures, s.refresh, s.order = pictures{known: codec == media.AV1}, refresh{}, decodeOrder{}
	}
	if !p.Complete(codec) {
		return nil // they come inside the stream
	}
	if !s.video.Params.Holds(p) { // a configuration that is repeated lacks what came in band
		s.video.Params = p
	}
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
	s.videoReady, s.lateSets, s.frameDuration = true, false, track.FrameDuration
	s.video.Announced()
	s.order.declare(s.video.Codec, s.video.Params, track.FrameDuration)
	s.accept(media.Video)
	return s.sink.SetTrack(track)
}
