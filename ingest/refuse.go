package ingest

import (
	"strings"
	"time"

	"github.com/globalfandom/lightstick/media"
)

// otherTrack is how long a publication with a track that is left out may go on until a
// track of the other kind comes, if none was announced.
const otherTrack = 2 * time.Second

// Expect says which kinds of track the protocol announced.
func (s *Session) Expect(video, audio bool) {
	s.expected = [2]bool{media.Video: video, media.Audio: audio}
	s.announced = video || audio
	s.expectRest()
}

// expectRest tells the sink what to wait for: no track that is left out.
func (s *Session) expectRest() {
	waits := func(k media.Kind) bool {
		return s.refused[k] == nil && (s.expected[k] || !s.announced && s.refused[1-k] != nil)
	}
	s.sink.Expect(waits(media.Video), waits(media.Audio))
}

// Refuse leaves a track out that can't be packaged, and tells the creator. The reason wraps
// ErrUnsupported; it names the codec and says what to set. Refuse may be called for each
// unit of the track.
//
// The publication goes on with its other track. Refuse returns the reason, for the protocol
// to end the publication with, when there is no other: that one is left out too, was not
// announced by a protocol that announces tracks, or has not come within two seconds.
func (s *Session) Refuse(k media.Kind, reason error, arrival time.Time) error {
	first := s.refused[k] == nil
	s.refused[k] = reason
	if first {
		s.adviseRefused()
		s.expectRest()
	}
	other := 1 - k
	switch {
	case s.refused[other] != nil:
		return reason
	case other == media.Video && s.video != nil, other == media.Audio && s.audio.Codec != 0, s.announced && s.expected[other]:
		return nil
	case s.announced:
		return reason
	}
	if s.waited.IsZero() {
		s.waited = arrival
	}
	if arrival.Sub(s.waited) < otherTrack {
		return nil
	}
	return reason
}

// Refused reports whether the track of a kind is left out.
func (s *Session) Refused(k media.Kind) bool { return s.refused[k] != nil }

// accept ends a refusal: the encoder was set to another codec.
func (s *Session) accept(k media.Kind) {
	if s.refused[k] != nil {
		s.refused[k] = nil
		s.adviseRefused()
	}
}

var kindNames = [2]string{media.Video: "the picture", media.Audio: "the sound"}

// LeftOut names the codecs that the protocol announced and that can't be packaged, all of them
// each time: the publication goes on without those tracks.
func (s *Session) LeftOut(codecs ...string) {
	s.leftOut = codecs
	s.adviseRefused()
}

// adviseRefused says what is left out, and why; nothing if all is taken. Both what a protocol
// announces and what turned out later stand in the one advice.
func (s *Session) adviseRefused() {
	var texts []string
	for k, reason := range s.refused {
		if reason != nil {
			texts = append(texts, kindNames[k]+" is left out: "+strings.TrimPrefix(reason.Error(), ErrUnsupported.Error()+": "))
		}
	}
	if len(s.leftOut) > 0 {
		texts = append(texts, "what has the codec "+strings.Join(s.leftOut, " or ")+" is left out: use H.264, HEVC or AV1 with AAC, Opus, AC-3 or MP3")
	}
	text := strings.Join(texts, "; ")
	if text == s.omitted {
		return
	}
	s.omitted = text
	s.sink.Advise(Advice{Code: AdviceCodecRefused, Severity: Warning, Text: text})
}
