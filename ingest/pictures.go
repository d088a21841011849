package ingest

import (
	"time"

	"github.com/globalfandom/lightstick/media"
	"github.com/globalfandom/lightstick/media/bitstream"
)

const (
	// sliceSpread is how much later than its picture a slice may be stamped: some encoders
	// stamp each message when they send it.
	sliceSpread = 5 * time.Millisecond
	// pictureWait is how much sound may come after a picture that waits for more slices,
	// in media time, until it is taken to be whole: no picture follows on a still screen.
	pictureWait = 300 * time.Millisecond
	// maxPictureBytes bounds a picture that is put together.
	maxPictureBytes = 16 << 20
)

// pictures puts slices that come in units of their own together to pictures. That a
// picture is whole shows only when the next one begins, so a picture waits for the next
// one only in a source that was seen to split them. The first picture waits in any source,
// which tells the two apart before anything is written.
type pictures struct {
	known   bool // whether the source splits pictures
	split   bool
	waiting bool
	picture timedPicture // that waits; without payload: the last one, which was written
	begun   bool         // there was a picture
	broken  bool         // the last picture went out without all slices: what follows can't be decoded
}

// timedPicture is a picture with its times.
type timedPicture struct {
	au     bitstream.AccessUnit
	raw    media.Ticks // the time stamp that the protocol gave, at 90 kHz
	at     media.Ticks // DTS
	offset media.Ticks // composition offset
}

// continues reports whether a unit holds more slices of the last picture.
func (p *pictures) continues(au *bitstream.AccessUnit, raw media.Ticks) bool {
	if !p.begun || !au.Continues || len(au.Payload) == 0 {
		return false
	}
	later := (raw - p.picture.raw).Duration(media.VideoTimescale)
	return later <= sliceSpread && later >= -reorder
}

// joinSlices takes more slices of the last picture. It reports what was found: news that the
// source splits pictures.
func (p *pictures) joinSlices(au bitstream.AccessUnit) (news bool) {
	news = !p.split
	p.known, p.split = true, true
	switch {
	case !p.waiting:
		p.broken = true
	case len(p.picture.au.Payload)+len(au.Payload) <= maxPictureBytes:
		p.picture.au.Join(au)
	}
	return news
}

// addPicture takes the beginning of a picture, after the one that waited has been taken. It
// reports whether the picture is to be written at once.
func (p *pictures) addPicture(next timedPicture) (now bool) {
	if p.begun && !p.known {
		p.known = true // the second picture came, and the first was whole
	}
	p.begun, p.picture = true, next
	p.waiting = p.split || !p.known
	if !p.waiting {
		p.picture.au = bitstream.AccessUnit{} // its payload belongs to the sink
	}
	return !p.waiting
}

// takePicture gives the picture that waits.
func (p *pictures) takePicture() (timedPicture, bool) {
	if !p.waiting {
		return timedPicture{}, false
	}
	taken := p.picture
	p.picture.au, p.waiting = bitstream.AccessUnit{}, false
	return taken, true
}

// due reports whether a picture has waited too long beside sound of that time.
func (p *pictures) due(sound media.Ticks) bool {
	return p.waiting && (sound-p.picture.at).Duration(media.VideoTimescale) > pictureWait
}

// lost reports whether a picture can't be decoded since slices of one before it are
// missing.
func (p *pictures) lost(key bool) bool {
	p.broken = p.broken && !key
	return p.broken
}
