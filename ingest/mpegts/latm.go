package mpegts

import (
	"bytes"
	"encoding/binary"
	"fmt"

	"github.com/bluenviron/mediacommon/v2/pkg/codecs/mpeg4audio"

	"github.com/globalfandom/lightstick/media"
	"github.com/globalfandom/lightstick/media/bitstream"
)

// latmDecoder takes AAC in LATM within LOAS (ISO/IEC 14496-3 §1.7), whose elements carry
// the configuration now and then.
type latmDecoder struct {
	framedDecoder
	mux    *mpeg4audio.StreamMuxConfig
	config []byte // AudioSpecificConfig in use
}

const loasHeaderSize = 3

// loasSize reads the header of an AudioSyncStream (§1.7.2).
func loasSize(b []byte) int {
	const sync = 0x2b7
	header := uint32(b[0])<<16 | uint32(binary.BigEndian.Uint16(b[1:]))
	if length := int(header & 0x1fff); header>>13 == sync && length > 0 {
		return loasHeaderSize + length
	}
	return 0
}

func newLATMDecoder(t *track) pesSink {
	d := &latmDecoder{}
	d.framedDecoder = newFramedDecoder(t, frameCutter{header: loasHeaderSize, sync: 0x56, size: loasSize}, d.element)
	return &wholePackets{limit: maxSound, decoder: d}
}

// element takes an AudioMuxElement within its AudioSyncStream: of the first layer of the first program. What can't be
// read before the first configuration is left out.
func (d *latmDecoder) element(b []byte) error {
	b = b[loasHeaderSize:]
	e := mpeg4audio.AudioMuxElement{MuxConfigPresent: true, StreamMuxConfig: d.mux}
	if err := e.Unmarshal(b); err != nil || e.StreamMuxConfig == nil {
		if d.mux == nil {
			d.track.nothing()
			return nil
		}
		d.track.broken()
		return d.queue.skip(d.track, 1)
	}
	d.mux = e.StreamMuxConfig
	if !e.UseSameStreamMux {
		if err := d.configure(); err != nil {
			return err
		}
	}
	for _, subframe := range e.Payloads {
		if len(subframe) > 0 && len(subframe[0]) > 0 {
			d.queue.add(subframe[0][0])
		}
	}
	return nil
}

func (d *latmDecoder) configure() error {
	if len(d.mux.Programs) == 0 || len(d.mux.Programs[0].Layers) == 0 || d.mux.Programs[0].Layers[0].AudioSpecificConfig == nil {
		return nil
	}
	asc := d.mux.Programs[0].Layers[0].AudioSpecificConfig
	config, err := asc.Marshal()
	if err != nil || bytes.Equal(config, d.config) {
		return nil
	}
	if err := d.queue.flush(d.track); err != nil {
		return err
	}
	t, err := bitstream.AACTrack(config)
	if err != nil {
		d.track.refuse(d.track, fmt.Sprintf("AAC of object type %d", asc.Type))
		return nil
	}
	d.config = config
	d.queue.duration = int64(media.Rescale(t.FrameSamples, t.Timescale, Scale))
	return d.track.session.SetAudio(t)
}
