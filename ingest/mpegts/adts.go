package mpegts

import (
	"fmt"

	"github.com/globalfandom/lightstick/media"
	"github.com/globalfandom/lightstick/media/bitstream"
)

// adtsConfig are the fields of a header that stay the same, as an AudioSpecificConfig has
// them.
type adtsConfig [2]byte

func adtsSize(b []byte) int {
	h, ok := bitstream.ParseADTS(b)
	if !ok {
		return 0
	}
	return h.Size
}

// adtsDecoder takes AAC in ADTS frames.
type adtsDecoder struct {
	framedDecoder
	config adtsConfig // in use; zero: none
	next   adtsConfig // of the last frame, if another
}

func newADTSDecoder(t *track) pesSink {
	d := &adtsDecoder{}
	d.framedDecoder = newFramedDecoder(t, frameCutter{header: bitstream.ADTSHeaderSize, sync: 0xff, size: adtsSize}, d.adtsFrame)
	return &wholePackets{limit: maxSound, decoder: d}
}

func (d *adtsDecoder) adtsFrame(b []byte) error {
	h, _ := bitstream.ParseADTS(b)
	if h.Config != d.config {
		taken, err := d.configure(h.Config)
		if err != nil || !taken {
			return err
		}
	}
	units := h.Units(b)
	if units == nil {
		d.track.broken()
		return d.queue.skip(d.track, h.Blocks)
	}
	for _, unit := range units {
		d.queue.add(unit)
	}
	return nil
}

// configure takes up other parameters. A damaged header must not change those in use: two
// frames have to say so.
func (d *adtsDecoder) configure(c adtsConfig) (taken bool, err error) {
	if d.config != (adtsConfig{}) && d.next != c {
		d.next = c
		d.track.broken()
		return false, d.queue.skip(d.track, 1)
	}
	if err := d.queue.flush(d.track); err != nil {
		return false, err
	}
	t, err := bitstream.AACTrack(c[:])
	if err != nil {
		d.track.refuse(d.track, fmt.Sprintf("AAC of object type %d", c[0]>>3))
		return false, nil
	}
	d.config, d.next = c, adtsConfig{}
	d.queue.duration = int64(media.Rescale(t.FrameSamples, t.Timescale, Scale))
	return true, d.track.session.SetAudio(t)
}
