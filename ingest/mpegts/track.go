package mpegts

import (
	"fmt"
	"time"

	"github.com/globalfandom/lightstick/ingest"
	"github.com/globalfandom/lightstick/media"
	"github.com/globalfandom/lightstick/media/bitstream"
)

// track is the elementary stream that is taken for picture or sound.
type track struct {
	stream  elementaryStream
	session *ingest.Session
	arrival func() time.Time // of what is being decoded
	refuse  func(track *track, codec string)
	// joined: another stream of the kind was taken before, in whose place it comes.
	joined bool

	assembler pesAssembler
	readable  bool      // something could be read
	since     time.Time // when something was read last, or came first
	cause     string    // why nothing can be read, if that is known, and what to do
	advised   bool      // the creator was told
}

// unreadableAfter is how long nothing may be readable until the creator is told.
const unreadableAfter = 2 * time.Second

// startDecoder starts the track. Sound is announced when its first frame is there.
func (t *track) startDecoder() error {
	info := t.stream.codec.info()
	t.assembler = pesAssembler{sink: info.open(t), bad: t.broken, scrambled: t.scrambled}
	switch t.stream.codec {
	case codecH264:
		return t.session.SetVideo(media.H264, bitstream.ParamSets{})
	case codecHEVC:
		return t.session.SetVideo(media.HEVC, bitstream.ParamSets{})
	}
	return nil
}

func (t *track) addPayload(payload []byte, start, lost bool) error {
	if lost && !t.assembler.open {
		t.broken() // else the decoder finds that the PES packet is cut
	}
	return t.assembler.addPayload(payload, start, lost)
}

func (t *track) held() int { return t.assembler.held() }

// read notes that a unit could be read.
func (t *track) read() {
	t.readable, t.since, t.cause = true, t.arrival(), ""
	if t.advised {
		t.advised = false
		t.session.Advise(ingest.Advice{Code: t.unreadableCode()})
	}
}

// broken counts a unit that could not be read.
func (t *track) broken() {
	reason := ingest.RepairBadUnit
	if !t.readable {
		reason = ingest.RepairUnreadable
	}
	t.session.Repaired(reason)
	t.nothing()
}

// scrambled notes that something is scrambled.
func (t *track) scrambled() {
	t.cause = "it is scrambled; switch conditional access off in the encoder or the multiplexer: on its way an SRT passphrase protects it"
	t.nothing()
}

// nothing notes that nothing could be made of what came. The creator is told when that
// goes on.
func (t *track) nothing() {
	now := t.arrival()
	if t.since.IsZero() {
		t.since = now
	}
	if t.advised || now.Sub(t.since) < unreadableAfter {
		return
	}
	t.advised = true
	cause := t.cause
	if cause == "" {
		cause = "start the encoder's output anew, or set another codec"
	}
	t.session.Advise(ingest.Advice{
		Code: t.unreadableCode(), Severity: ingest.Warning,
		Text: fmt.Sprintf("the %s is announced as %s (PID %d), but nothing of it can be read, and viewers go without: %s",
			t.kindName(), t.stream.codec.info().name, t.stream.pid, cause),
	})
}

func (t *track) unreadableCode() string { return t.stream.codec.info().kind.String() + "_unreadable" }

func (t *track) kindName() string {
	if t.stream.codec.info().kind == media.Video {
		return "picture"
	}
	return "sound"
}

// end gives up the track.
func (t *track) end() {
	if t.advised {
		t.session.Advise(ingest.Advice{Code: t.unreadableCode()})
	}
}
