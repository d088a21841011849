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

// videoDecoder takes H.264 or HEVC. A PES packet usually is a picture; it may also be
// several, or a piece of one.
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

	// spread: pictures go on in further PES packets. Each is held back until the next one
	// begins.
	spread  bool
	pending pesPacket // its data is owned
	sliced  bool      // pending has a slice
}

func newVideoDecoder(codec media.Codec) func(*track) decoder {
	return func(t *track) decoder {
		t.assembler.limit = maxPicture
		return &videoDecoder{track: t, codec: codec, waits: t.joined}
	}
}

func (d *videoDecoder) decode(p pesPacket) error {
	goesOn := !p.timed && !beginsAccessUnit(d.codec, p.data)
	switch {
	case p.cut:
		d.pending.data = d.pending.data[:0]
		d.track.broken()
		return nil
	case d.spread:
		return d.addPacket(p, goesOn)
	case goesOn:
		d.spread = true // the picture before it has been given out: too late for that one
		d.track.broken()
		return nil
	case p.full:
		d.spread = true
		return d.addPacket(p, false)
	}
	return d.pictures(p)
}

func (d *videoDecoder) held() int { return cap(d.pending.data) }

// addPacket keeps a PES packet, and decodes what was kept when another picture begins.
func (d *videoDecoder) addPacket(p pesPacket, goesOn bool) error {
	held := d.pending.data
	// What comes before a picture may have a PES packet of its own.
	if goesOn || !p.timed && len(held) > 0 && !d.sliced {
		d.goOn(p)
		return nil
	}
	var err error
	if len(held) > 0 {
		err = d.pictures(d.pending)
	}
	d.sliced = d.hasSlice(p.data)
	d.pending = p
	d.pending.data = append(held[:0], p.data...)
	return err
}

// goOn adds a piece to the picture that is kept.
func (d *videoDecoder) goOn(p pesPacket) {
	switch held := d.pending.data; {
	case len(held) == 0: // its beginning was lost
	case len(held)+len(p.data) > maxPicture:
		d.pending.data = nil
		d.track.broken()
	default:
		d.pending.data = append(held, p.data...)
		d.sliced = d.sliced || d.hasSlice(p.data)
	}
}

func (d *videoDecoder) hasSlice(b []byte) bool {
	d.units = bitstream.AppendAnnexB(d.units[:0], b, maxUnits)
	return d.coded(d.units)
}

// pictures decodes what usually is one picture.
func (d *videoDecoder) pictures(p pesPacket) error {
	d.units = bitstream.AppendAnnexB(d.units[:0], p.data, maxUnits)
	if len(d.units) == 0 || len(d.units) == maxUnits {
		d.track.broken()
		return nil
	}
	d.time.setStamps(p)
	d.detectInterlaced()
	for units := d.units; len(units) > 0; {
		end := len(units)
		if !d.fields {
			end = cutAccessUnit(d.codec, units)
		}
		if err := d.picture(units[:end]); err != nil {
			return err
		}
		units = units[end:]
	}
	clear(d.units) // they keep the buffer, which may be large
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

func (d *videoDecoder) picture(units [][]byte) error {
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
	err := session.VideoNALUnits(dts, offset, units, d.track.arrival())
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
