package mpegts

import (
	"github.com/globalfandom/lightstick/ingest"
	"github.com/globalfandom/lightstick/media"
)

// streamDecoder takes sound whose frames describe themselves, which the session cuts.
type streamDecoder struct {
	track *track
	codec media.Codec
}

func newStreamDecoder(codec media.Codec) func(*track) pesSink {
	return func(t *track) pesSink { return &wholePackets{limit: maxSound, decoder: &streamDecoder{t, codec}} }
}

func (d *streamDecoder) held() int { return 0 }

func (d *streamDecoder) decode(p pesPacket, data []byte) error {
	session := d.track.session
	pts := int64(ingest.NoTimestamp)
	if p.timed {
		pts = p.pts
	}
	before := session.Written(media.Audio)
	err := session.AudioStream(d.codec, pts, data, d.track.arrival())
	switch {
	case err != nil:
		return err
	case p.cut:
		session.AudioLost()
		d.track.broken()
	}
	if session.Written(media.Audio) > before || session.Refused(media.Audio) {
		d.track.read()
	} else {
		d.track.nothing()
	}
	return nil
}
