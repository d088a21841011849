package mpegts

import (
	"bytes"
	"fmt"

	"github.com/bluenviron/mediacommon/v2/pkg/formats/mpegts/substructs"

	"github.com/globalfandom/lightstick/ingest"
	"github.com/globalfandom/lightstick/media/bitstream"
)

// opusDecoder takes Opus, whose packets have control headers (ETSI TS "Opus" §5).
type opusDecoder struct {
	track     *track
	queue     audioQueue
	announced bool
}

func newOpusDecoder(t *track) pesSink {
	return &wholePackets{limit: maxSound, decoder: &opusDecoder{track: t, queue: newAudioQueue()}}
}

func (d *opusDecoder) held() int { return 0 }

func (d *opusDecoder) decode(p pesPacket, data []byte) error {
	d.queue.startPacket(p, false)
	if !p.timed {
		d.queue.pts = ingest.NoTimestamp // durations differ: the session knows where the last one ended
	}
	broken := p.cut
	for b := bytes.Clone(data); len(b) > 0; {
		var unit substructs.OpusAccessUnit
		n, err := unit.Unmarshal(b)
		if err != nil {
			broken = true
			break
		}
		d.queue.add(unit.Packet)
		b = b[n:]
	}
	if broken || len(data) == 0 {
		d.track.broken()
	}
	if len(d.queue.units) == 0 {
		return nil
	}
	if err := d.announce(); err != nil {
		return err
	}
	return d.queue.flush(d.track)
}

// announce describes the track once there is something of it.
func (d *opusDecoder) announce() error {
	if d.announced {
		return nil
	}
	d.announced = true
	channels := d.track.stream.channels
	t, err := bitstream.OpusTrack(channels)
	if err != nil {
		d.track.refuse(d.track, fmt.Sprintf("Opus with %d channels", channels))
		return nil
	}
	return d.track.session.SetAudio(t)
}
