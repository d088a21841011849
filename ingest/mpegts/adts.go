package mpegts

import (
	"encoding/binary"
	"fmt"

	"github.com/globalfandom/lightstick/media"
	"github.com/globalfandom/lightstick/media/bitstream"
)

// adtsHeader is the header of an ADTS frame (ISO/IEC 14496-3 §1.A.2.2).
type adtsHeader struct {
	size      int // of the frame, in bytes
	config    adtsConfig
	protected bool // a CRC follows
	blocks    int  // raw data blocks
}

// adtsConfig are the fields that stay the same from frame to frame, as an
// AudioSpecificConfig has them (§1.6.2.1).
type adtsConfig [2]byte

const adtsHeaderSize = 7

func parseADTS(b []byte) (adtsHeader, bool) {
	const sampleRates = 13
	profile, rate := b[2]>>6, b[2]>>2&0x0f
	if b[0] != 0xff || b[1]&0xf6 != 0xf0 || rate >= sampleRates {
		return adtsHeader{}, false
	}
	channels := b[2]&1<<2 | b[3]>>6
	h := adtsHeader{
		size:   int(b[3]&3)<<11 | int(b[4])<<3 | int(b[5])>>5,
		config: adtsConfig{(profile+1)<<3 | rate>>1, rate&1<<7 | channels<<3}, protected: b[1]&1 == 0, blocks: 1 + int(b[6]&3),
	}
	return h, h.size > h.overhead()
}

// overhead is the number of bytes before the first raw data block.
func (h adtsHeader) overhead() int {
	if h.protected {
		return adtsHeaderSize + 2*h.blocks // positions of the blocks but the first, and a CRC
	}
	return adtsHeaderSize
}

func adtsSize(b []byte) int {
	h, ok := parseADTS(b)
	if !ok {
		return 0
	}
	return h.size
}

// adtsBlocks cuts a frame into its raw data blocks (§1.A.2.1, adts_frame). Without a CRC
// nothing tells where the second one begins: then there are none.
func adtsBlocks(h adtsHeader, frame []byte) [][]byte {
	const crc = 2
	data := frame[h.overhead():]
	switch {
	case h.blocks == 1:
		return [][]byte{data}
	case !h.protected:
		return nil
	}
	var blocks [][]byte
	begin := 0
	for i := 1; i <= h.blocks; i++ {
		end := len(data)
		if i < h.blocks {
			end = int(binary.BigEndian.Uint16(frame[adtsHeaderSize+2*(i-1):]))
		}
		if end < begin+crc || end > len(data) {
			return nil
		}
		blocks = append(blocks, data[begin:end-crc])
		begin = end
	}
	return blocks
}

// adtsDecoder takes AAC in ADTS frames.
type adtsDecoder struct {
	track  *track
	frames frameCutter
	found  []cutFrame // used again and again
	queue  audioQueue
	config adtsConfig // in use; zero: none
	next   adtsConfig // of the last frame, if another
}

func newADTSDecoder(t *track) decoder {
	t.assembler.limit = maxSound
	return &adtsDecoder{track: t, queue: newAudioQueue(), frames: frameCutter{header: adtsHeaderSize, sync: 0xff, size: adtsSize}}
}

func (d *adtsDecoder) held() int { return d.frames.held() }

func (d *adtsDecoder) decode(p pesPacket) error {
	var skipped bool
	d.found, skipped = d.frames.cut(d.found[:0], p.data)
	if p.cut {
		d.frames.reset()
	}
	d.queue.begin(p, len(d.found) > 0 && d.found[0].carried)
	for _, f := range d.found {
		if err := d.frame(f.data); err != nil {
			return err
		}
		if f.carried {
			if err := d.queue.carry(d.track); err != nil {
				return err
			}
		}
	}
	if skipped || p.cut {
		d.track.broken()
	}
	return d.queue.flush(d.track)
}

func (d *adtsDecoder) frame(b []byte) error {
	h, _ := parseADTS(b)
	if h.config != d.config {
		taken, err := d.configure(h.config)
		if err != nil || !taken {
			return err
		}
	}
	blocks := adtsBlocks(h, b)
	if blocks == nil {
		d.track.broken()
		return d.queue.skip(d.track, h.blocks)
	}
	for _, block := range blocks {
		d.queue.add(block)
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
