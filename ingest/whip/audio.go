package whip

import (
	"github.com/bluenviron/mediacommon/v2/pkg/codecs/opus"
	"github.com/pion/rtp"

	"github.com/globalfandom/lightstick/media"
	"github.com/globalfandom/lightstick/media/bitstream"
	"github.com/globalfandom/lightstick/media/silence"
)

// Opus by RTP always counts 48,000 Hz and two channels (RFC 7587 §4.1, §7).
const (
	opusRate     = 48_000
	opusChannels = 2
)

// maxConcealed is how many samples of lost sound silence stands in for. A longer gap stays one.
const maxConcealed = opusRate / 5

// audioTrack gathers sound.
type audioTrack struct {
	quiet []byte // a unit in which nothing is heard
	step  uint32 // samples of it
	begun bool
	next  uint32 // timestamp that follows
}

func newAudioTrack(t media.Track) *audioTrack {
	a := &audioTrack{}
	if unit, ok := silence.For(t); ok {
		a.quiet, a.step = unit.Payload, uint32(opus.PacketDuration2(unit.Payload)) // milliseconds
	}
	return a
}

// opusTrack describes the sound of an offer.
func opusTrack() (media.Track, error) { return bitstream.OpusTrack(opusChannels) }

// frames takes a packet, and gives its sound, with silence in front in the place of lost
// packets, and the timestamp of the first.
func (a *audioTrack) frames(p *rtp.Packet, lost int) (frames [][]byte, timestamp uint32) {
	timestamp = p.Timestamp
	if missing := p.Timestamp - a.next; lost > 0 && a.begun && a.step > 0 && missing > 0 && missing <= maxConcealed {
		for ; missing >= a.step; missing -= a.step {
			frames, timestamp = append(frames, a.quiet), timestamp-a.step
		}
	}
	a.begun, a.next = true, p.Timestamp+uint32(opus.PacketDuration2(p.Payload)) // milliseconds
	return append(frames, p.Payload), timestamp
}
