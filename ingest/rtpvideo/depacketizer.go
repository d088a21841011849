package rtpvideo

import (
	"bytes"
	"encoding/binary"

	"github.com/pion/rtp"

	"github.com/globalfandom/lightstick/media"
	"github.com/globalfandom/lightstick/media/bitstream"
)

// maxPicture bounds a picture, in bytes, as gortsplib's decoders do.
const maxPicture = 8 << 20

// Depacketizer puts the NAL units in RTP packets together to pictures (RFC 6184 §5, RFC 7798 §4.4),
// where their samples keep them: gortsplib's decoders would join the fragments of a unit first, and
// the units would be copied again to write their lengths.
type Depacketizer struct {
	Codec     media.Codec // H264 or HEVC
	buffer    bitstream.PictureBuffer
	begun     bool   // a packet of a picture came
	timestamp uint32 // of its packets
	pts       int64  // likewise
	fragment  bool   // a fragmented unit is open
	next      uint16 // sequence number of its next fragment
	pictures  []Picture
}

// Picture is a picture with its time.
type Picture struct {
	Body []byte // NAL units behind their lengths, which nobody writes to
	PTS  int64  // as the packets were given
}

// Add takes a packet, whose time is pts, and returns the pictures that are whole then: the list is
// valid until the next call. A picture ends with a marked packet. A source that marks none, or
// whose last packet was lost, shows its end by the time of the next one. What is damaged or lost
// costs its NAL unit.
func (d *Depacketizer) Add(pkt *rtp.Packet, pts int64) []Picture {
	d.pictures = d.pictures[:0]
	if d.begun && pkt.Timestamp != d.timestamp {
		d.endPicture()
	}
	d.begun, d.timestamp, d.pts = true, pkt.Timestamp, pts
	if d.buffer.Len()+len(pkt.Payload) > maxPicture {
		d.buffer.Drop()
		d.fragment = false
	}
	if d.addPayload(pkt) && pkt.Marker {
		d.endPicture()
	}
	return d.pictures
}

func (d *Depacketizer) endPicture() {
	d.dropFragment()
	if body := d.buffer.Take(); body != nil {
		d.pictures = append(d.pictures, Picture{body, d.pts})
	}
	d.begun = false
}

// dropFragment drops a fragmented unit whose end is missing.
func (d *Depacketizer) dropFragment() {
	if d.fragment {
		d.fragment = false
		d.buffer.DropUnit()
	}
}

// addPayload takes what a packet holds: a NAL unit, several, or a piece of one. It reports whether
// a unit ends with it.
func (d *Depacketizer) addPayload(pkt *rtp.Packet) (ends bool) {
	const (
		aggregate, fragment         = 24, 28 // STAP-A and FU-A (RFC 6184 §5.2)
		hevcAggregate, hevcFragment = 48, 49 // AP and FU (RFC 7798 §4.4)
		lastUnit, hevcLastUnit      = 23, 47
	)
	header := headerSize(d.Codec)
	if len(pkt.Payload) < header {
		d.dropFragment()
		return false
	}
	kind, last := pkt.Payload[0]&0x1f, byte(lastUnit)
	if d.Codec == media.HEVC {
		kind, last = pkt.Payload[0]>>1&0x3f, hevcLastUnit
	}
	if d.Codec == media.H264 && kind == fragment || d.Codec == media.HEVC && kind == hevcFragment {
		return d.addFragment(pkt)
	}
	d.dropFragment()
	if d.Codec == media.H264 && kind == aggregate || d.Codec == media.HEVC && kind == hevcAggregate {
		return d.addUnits(pkt.Payload[header:])
	}
	if kind > last {
		return false // units out of their order, and what RFC 7798 §4.4.4 adds to them
	}
	d.buffer.BeginUnit()
	d.addPiece(pkt.Payload)
	d.buffer.EndUnit()
	return true
}

// headerSize is the size of a NAL unit's header in bytes, and of that of a payload.
func headerSize(codec media.Codec) int {
	if codec == media.HEVC {
		return 2
	}
	return 1
}

// addPiece adds bytes to the open unit. Some cameras put several NAL units of H.264 into one, with
// start codes between.
func (d *Depacketizer) addPiece(b []byte) {
	if d.Codec == media.H264 {
		d.buffer.AddAnnexB(b)
	} else {
		d.buffer.Add(b)
	}
}

// addUnits adds the units of an aggregate, which have a size each, if all are whole.
func (d *Depacketizer) addUnits(b []byte) bool {
	const sizeField = 2
	units := b
	for ; len(b) > 0; b = b[sizeField+int(binary.BigEndian.Uint16(b)):] {
		if len(bytes.TrimLeft(b, "\x00")) == 0 {
			break // padding
		}
		if len(b) < sizeField || binary.BigEndian.Uint16(b) == 0 || len(b) < sizeField+int(binary.BigEndian.Uint16(b)) {
			return false
		}
	}
	for units = units[:len(units)-len(b)]; len(units) > 0; {
		size := sizeField + int(binary.BigEndian.Uint16(units))
		d.buffer.BeginUnit()
		d.addPiece(units[sizeField:size])
		units = units[size:]
	}
	d.buffer.EndUnit()
	return true
}

// addFragment adds a piece of a unit (RFC 6184 §5.8, RFC 7798 §4.4.3), and reports whether it is
// the last.
func (d *Depacketizer) addFragment(pkt *rtp.Packet) bool {
	const start, end = 0x80, 0x40
	b, header := pkt.Payload, headerSize(d.Codec)
	if len(b) <= header {
		d.dropFragment()
		return false
	}
	flags, piece := b[header], b[header+1:]
	switch {
	case flags&start != 0:
		d.dropFragment()
		d.buffer.BeginUnit()
		d.fragment = true
		if d.Codec == media.HEVC {
			d.addPiece([]byte{b[0]&0x81 | flags&0x3f<<1, b[1]})
		} else {
			d.addPiece([]byte{b[0]&0x60 | flags&0x1f})
		}
	case !d.fragment:
		return false
	case pkt.SequenceNumber != d.next:
		d.dropFragment()
		return false
	}
	d.addPiece(piece)
	d.next = pkt.SequenceNumber + 1
	if flags&end == 0 {
		return false
	}
	d.fragment = false
	d.buffer.EndUnit()
	return true
}
