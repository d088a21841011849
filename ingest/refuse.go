package ingest

import (
	"strings"
	"time"

	"github.com/globalfandom/lightstick/media"
)

// otherTrack is how long a publication with a track that is left out may go on until a
// track of the other kind comes, if none was announced.
const otherTrack = 2 * time.Second

// refusals are the tracks of a publication that are left out, and why.
type refusals struct {
	sink      Sink
	reasons   [2]error  // by kind; nil: it is taken
	leftOut   []string  // codecs of other tracks that are left out
	advised   string    // the advice that stands about all of them
	expected  [2]bool   // kinds of track that the protocol announced
	announced bool      // it announced any
	since     time.Time // since when a track is left out without another in sight
}

// expect sets the kinds of track that the protocol announced.
func (r *refusals) expect(video, audio bool) {
	r.expected = [2]bool{media.Video: video, media.Audio: audio}
	r.announced = video || audio
	r.expectRest()
}

// expectRest tells the sink what to wait for: no track that is left out.
func (r *refusals) expectRest() {
	waits := func(k media.Kind) bool {
		return r.reasons[k] == nil && (r.expected[k] || !r.announced && r.reasons[1-k] != nil)
	}
	r.sink.Expect(waits(media.Video), waits(media.Audio))
}

// refuse leaves a track out, see [Session.Refuse]; known means that the track of the other
// kind is known.
func (r *refusals) refuse(k media.Kind, reason error, known bool, arrival time.Time) error {
	first := r.reasons[k] == nil
	r.reasons[k] = reason
	if first {
		r.advise()
		r.expectRest()
	}
	other := 1 - k
	switch {
	case r.reasons[other] != nil:
		return reason
	case known, r.announced && r.expected[other]:
		return nil
	case r.announced:
		return reason
	}
	if r.since.IsZero() {
		r.since = arrival
	}
	if arrival.Sub(r.since) < otherTrack {
		return nil
	}
	return reason
}

// accept ends a refusal: the encoder was set to another codec.
func (r *refusals) accept(k media.Kind) {
	if r.reasons[k] != nil {
		r.reasons[k] = nil
		r.advise()
	}
}

var kindNames = [2]string{media.Video: "the picture", media.Audio: "the sound"}

// advise says what is left out, and why; nothing if all is taken. Both what a protocol
// announces and what turned out later stand in the one advice.
func (r *refusals) advise() {
	var texts []string
	for k, reason := range r.reasons {
		if reason != nil {
			texts = append(texts, kindNames[k]+" is left out: "+strings.TrimPrefix(reason.Error(), ErrUnsupported.Error()+": "))
		}
	}
	if len(r.leftOut) > 0 {
		texts = append(texts, "what has the codec "+strings.Join(r.leftOut, " or ")+" is left out: use H.264, HEVC or AV1 with AAC, Opus, AC-3 or MP3")
	}
	text := strings.Join(texts, "; ")
	if text == r.advised {
		return
	}
	r.advised = text
	r.sink.Advise(Advice{Code: AdviceCodecRefused, Severity: Warning, Text: text})
}

// Expect says which kinds of track the protocol announced.
func (s *Session) Expect(video, audio bool) { s.refusals.expect(video, audio) }

// Refuse leaves a track out that can't be packaged, and tells the creator. The reason wraps
// ErrUnsupported; it names the codec and says what to set. Refuse may be called for each
// unit of the track.
//
// The publication goes on with its other track. Refuse returns the reason, for the protocol
// to end the publication with, when there is no other: that one is left out too, was not
// announced by a protocol that announces tracks, or has not come within two seconds.
func (s *Session) Refuse(k media.Kind, reason error, arrival time.Time) error {
	known := s.video.decoder != nil
	if k == media.Video {
		known = s.audio.track.Codec != 0
	}
	return s.refusals.refuse(k, reason, known, arrival)
}

// Refused reports whether the track of a kind is left out.
func (s *Session) Refused(k media.Kind) bool { return s.refusals.reasons[k] != nil }

// LeftOut names the codecs that the protocol announced and that can't be packaged, all of them
// each time: the publication goes on without those tracks.
func (s *Session) LeftOut(codecs ...string) {
	s.refusals.leftOut = codecs
	s.refusals.advise()
}
