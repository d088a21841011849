package mpegts

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/globalfandom/lightstick/ingest"
	"github.com/globalfandom/lightstick/media"
	"github.com/globalfandom/lightstick/media/bitstream"
)

// streamDecoder takes sound whose frames describe themselves, which the session cuts.
type streamDecoder struct {
	track *track
	codec media.Codec
}

func newStreamDecoder(codec media.Codec) func(*track) decoder {
	return func(t *track) decoder {
		t.assembler.limit = maxSound
		return &streamDecoder{t, codec}
	}
}

func (d *streamDecoder) held() int { return 0 }

func (d *streamDecoder) decode(p pesPacket) error {
	session := d.track.session
	pts := int64(ingest.NoTimestamp)
	if p.timed {
		pts = p.pts
	}
	before := session.Written(media.Audio)
	err := session.AudioStream(d.codec, pts, p.data, d.track.arrival())
	switch {
	case errors.Is(err, bitstream.ErrParameters):
		d.track.refuse(d.track, d.codec.String())
		return nil
	case err != nil:
		return err
	case p.cut:
		session.AudioLost()
		d.track.broken()
	}
	if session.Written(media.Audio) > before {
		d.track.read()
	} else {
		d.track.nothing()
	}
	return nil
}

// mpegAudioDecoder takes MPEG audio, whose layer only the frames tell.
type mpegAudioDecoder struct {
	track  *track
	stream *streamDecoder // nil: the layer is unknown
}

// mpegLayers are the codecs by layer (ISO/IEC 11172-3 §2.4.2.3). Others are left out.
var mpegLayers = map[int]media.Codec{3: media.MP3}

func newMPEGAudioDecoder(t *track) decoder {
	t.assembler.limit = maxSound
	return &mpegAudioDecoder{track: t}
}

func (d *mpegAudioDecoder) held() int { return 0 }

func (d *mpegAudioDecoder) decode(p pesPacket) error {
	if d.stream != nil {
		return d.stream.decode(p)
	}
	layer := mpegLayer(p.data)
	if layer == 0 {
		d.track.nothing()
		return nil
	}
	codec, ok := mpegLayers[layer]
	if !ok {
		d.track.refuse(d.track, fmt.Sprintf("MPEG audio Layer %s", [...]string{1: "I", 2: "II", 3: "III"}[layer]))
		return nil
	}
	d.stream = &streamDecoder{d.track, codec}
	return d.stream.decode(p)
}

// mpegLayer finds the layer of a frame at the front of b, or of two that have the same
// parameters. 0: there are none.
func mpegLayer(b []byte) int {
	seen := make(map[[2]byte]bool)
	for at := 0; at+4 <= len(b); at++ {
		next := bytes.IndexByte(b[at:], 0xff)
		if next < 0 || at+next+4 > len(b) {
			return 0
		}
		at += next
		h := b[at:]
		version, layer := h[1]>>3&3, int(4-h[1]>>1&3)
		if h[1]&0xe0 != 0xe0 || version == 1 || layer == 4 || h[2]>>4 == 0 || h[2]>>4 == 15 || h[2]>>2&3 == 3 {
			continue
		}
		parameters := [2]byte{h[1] & 0xfe, h[2] & 0x0c}
		if at == 0 || seen[parameters] {
			return layer
		}
		seen[parameters] = true
	}
	return 0
}
