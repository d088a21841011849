package mpegts

import (
	"bytes"
	"errors"
	"slices"

	"github.com/bluenviron/mediacommon/v2/pkg/codecs/h264"

	"github.com/globalfandom/lightstick/ingest"
	"github.com/globalfandom/lightstick/media"
	"github.com/globalfandom/lightstick/media/bitstream"
)

// lengthSize is the size of the length before each NAL unit that is gathered.
const lengthSize = 4

// videoDecoder takes H.264 or HEVC. A PES packet usually is a picture; it may also be
// several, or a piece of one. Pictures are gathered from the packets in the form and in the memory
// that their samples keep.
type videoDecoder struct {
	track *track
	codec media.Codec
	units [][]byte // used again and again
	sps   []byte   // of H.264, the last one
	// fields: pictures may be coded as two fields, each with a first slice of its own.
	fields bool
	// waits: no picture was taken so far, and the first must be one to begin with.
	waits bool
	time  pictureTime

	buffer bitstream.PictureBuffer
	came   int       // bytes since it was empty
	packet pesPacket // with which began what is gathered
	// spread: pictures go on in further PES packets. Each is held back until the next one
	// begins.
	spread  bool
	pending bool // something is held back
	stray   bool // the PES packet goes on with a picture whose beginning isn't there
}

func newVideoDecoder(codec media.Codec) func(*track) pesSink {
	return func(t *track) pesSink { return &videoDecoder{track: t, codec: codec, waits: t.joined} }
}

// begin decides whether a PES packet goes on with the picture that is held back, or begins
// another one: then the one that is held back is whole.
func (d *videoDecoder) begin(p pesPacket, ahead []byte) error {
	goesOn := !p.timed && !beginsAccessUnit(d.codec, ahead)
	if d.stray = goesOn && !d.pending; d.stray {
		return nil
	}
	// What comes before a picture may have a PES packet of its own.
	if d.pending && (goesOn || !p.timed && !d.hasSlice()) {
		return nil
	}
	var err error
	if d.pending {
		err = d.decode()
	}
	d.packet = p
	return err
}

func (d *videoDecoder) addData(b []byte) bool {
	if d.stray {
		return true
	}
	if d.came += len(b); d.came > maxPicture {
		d.drop()
		return false
	}
	d.buffer.AddAnnexB(b)
	return true
}

func (d *videoDecoder) end(p pesPacket) error {
	switch {
	case p.cut:
		d.drop()
		d.track.broken()
	case d.stray && !d.spread: // the picture before it has been given out: too late for that one
		d.spread = true
		d.track.broken()
	case d.stray:
	case d.spread, p.full:
		d.spread, d.pending = true, d.came > 0
	default:
		return d.decode()
	}
	return nil
}

func (d *videoDecoder) drop() {
	d.buffer.Drop()
	d.pending, d.came = false, 0
}

func (d *videoDecoder) held() int { return d.buffer.Held() }

func (d *videoDecoder) hasSlice() bool {
	d.units = d.buffer.AppendUnits(d.units[:0], maxUnits)
	return d.coded(d.units)
}

// decode decodes what is gathered, which usually is one picture.
func (d *videoDecoder) decode() error {
	d.pending, d.came = false, 0
	d.buffer.EndUnit()
	d.units = d.buffer.AppendUnits(d.units[:0], maxUnits)
	body := d.buffer.Take()
	if len(d.units) == 0 || len(d.units) == maxUnits {
		d.track.broken()
		return nil
	}
	d.time.setStamps(d.packet)
	d.detectInterlaced()
	for units := d.units; len(units) > 0; {
		end := len(units)
		if !d.fields {
			end = cutAccessUnit(d.codec, units)
		}
		size := end * lengthSize
		for _, unit := range units[:end] {
			size += len(unit)
		}
		if err := d.picture(units[:end], body[:size:size]); err != nil {
			return err
		}
		units, body = units[end:], body[size:]
	}
	clear(d.units) // they keep the block, which may be large
	return nil
}

// detectInterlaced looks for interlaced coding (frame_mbs_only_flag, ITU-T H.264 §7.4.2.1.1): the two
// fields of a frame are one sample.
func (d *videoDecoder) detectInterlaced() {
	if d.codec != media.H264 {
		return
	}
	for _, unit := range d.units {
		if classify(d.codec, unit)&nalSet == 0 || bytes.Equal(unit, d.sps) {
			continue
		}
		var sps h264.SPS
		if err := sps.Unmarshal(unit); err == nil {
			d.sps, d.fields = bytes.Clone(unit), !sps.FrameMbsOnlyFlag
		}
	}
}

// picture passes on a picture: its units, which lie in body behind their lengths.
func (d *videoDecoder) picture(units [][]byte, body []byte) error {
	if d.waits && !d.opens(units) {
		return nil
	}
	d.waits = false
	session := d.track.session
	before := session.Written(media.Video)
	dts, offset, ok := d.time.next(session.FrameDuration())
	if !ok {
		return nil // no time stamp has come so far
	}
	err := session.VideoBody(dts, offset, body, lengthSize, d.track.arrival())
	switch {
	case errors.Is(err, bitstream.ErrParameters):
		// The parameter sets can't be packaged, or were damaged: better ones may follow.
		session.Repaired(ingest.RepairParameters)
		d.track.cause = err.Error()
		d.track.nothing()
		return nil
	case err != nil:
		return err
	}
	if d.coded(units) {
		d.time.used()
	}
	if session.Written(media.Video) > before {
		d.track.read()
	}
	return nil
}

// coded reports whether there is a slice of a picture.
func (d *videoDecoder) coded(units [][]byte) bool {
	return slices.ContainsFunc(units, func(unit []byte) bool {
		class := classify(d.codec, unit) & nalClasses
		return class == nalFirst || class == nalSlice
	})
}

// opens reports whether decoding may begin with the picture: after a switch to another
// elementary stream the ones before refer to pictures that never came.
func (d *videoDecoder) opens(units [][]byte) bool {
	for _, unit := range units {
		if classify(d.codec, unit)&(nalKey|nalSet) != 0 {
			return true
		}
	}
	return false
}

// pictureTime gives each picture its time. Those that have none of their own follow at the
// distance of the pictures before.
type pictureTime struct {
	dts, offset int64
	known       bool
	fresh       bool  // dts is that of the next picture
	pictures    int64 // since dts was given
	stamped     int64 // the last dts that was given
	distance    int64 // of pictures; 0: unknown
}

// maxDistance is the longest time between two pictures that is believed, at 90 kHz.
const maxDistance = 90_000

// setStamps takes the time stamps of a PES packet, which are those of the first picture in it.
func (t *pictureTime) setStamps(p pesPacket) {
	if !p.timed {
		return
	}
	const bits = 64 - WrapBits
	if step := (p.dts - t.stamped) << bits >> bits; t.known && t.pictures > 0 && step > 0 && step/t.pictures <= maxDistance {
		t.distance = step / t.pictures
	}
	t.dts, t.offset = p.dts, (p.pts-p.dts)<<bits>>bits // they may be on both sides of the wrap
	t.stamped, t.known, t.fresh, t.pictures = p.dts, true, true, 0
}

// next is the time of the next picture. declared is the duration that its parameter sets
// declare, or 0.
func (t *pictureTime) next(declared int64) (dts, offset int64, ok bool) {
	const usual = 3600 // 25 pictures a second
	if !t.fresh {
		step := t.distance
		if step == 0 {
			step = declared
		}
		if step == 0 {
			step = usual
		}
		t.dts, t.fresh = t.dts+step, true
	}
	return t.dts, t.offset, t.known
}

// used says that there is a picture of that time.
func (t *pictureTime) used() {
	t.fresh = false
	t.pictures++
}
