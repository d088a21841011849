package ingest

import (
	"errors"
	"time"

	"github.com/globalfandom/lightstick/media"
	"github.com/globalfandom/lightstick/media/bitstream"
)

// stamp is what a protocol says of a picture's times.
type stamp struct {
	raw       int64 // DTS, or the presentation time
	offset    int64 // presentation time minus DTS
	presented bool  // raw is the presentation time, and there is no DTS
	arrival   time.Time
}

// VideoBody takes a picture, or slices of one, with length-prefixed NAL units, as FLV has
// it.
func (s *Session) VideoBody(dts, compositionOffset int64, body []byte, prefixSize int, arrival time.Time) error {
	if s.video == nil {
		return nil // pictures before their configuration can't be decoded
	}
	au, err := s.video.FromLengthPrefixed(body, prefixSize)
	return s.unit(&au, err, stamp{raw: dts, offset: compositionOffset, arrival: arrival})
}

// VideoNALUnits takes a picture, or slices of one, as NAL units, as MPEG-TS has it.
func (s *Session) VideoNALUnits(dts, compositionOffset int64, nalus [][]byte, arrival time.Time) error {
	if s.video == nil {
		return nil
	}
	au, err := s.video.FromNALUnits(nalus)
	return s.unit(&au, err, stamp{raw: dts, offset: compositionOffset, arrival: arrival})
}

// VideoPresented takes a picture, or slices of one, as NAL units in the order of decoding,
// of which only the presentation time is known, as RTP has it.
func (s *Session) VideoPresented(pts int64, nalus [][]byte, arrival time.Time) error {
	if s.video == nil {
		return nil
	}
	s.video.SliceTypes = true
	au, err := s.video.FromNALUnits(nalus)
	return s.unit(&au, err, stamp{raw: pts, presented: true, arrival: arrival})
}

// VideoOBUStream takes a temporal unit of AV1 whose OBUs have sizes, as FLV has it.
func (s *Session) VideoOBUStream(dts int64, body []byte, arrival time.Time) error {
	if s.video == nil {
		return nil
	}
	au, err := s.video.FromOBUStream(body)
	return s.unit(&au, err, stamp{raw: dts, arrival: arrival})
}

// VideoOBUs takes a temporal unit of AV1 as its OBUs, as RTP has it.
func (s *Session) VideoOBUs(dts int64, obus [][]byte, arrival time.Time) error {
	if s.video == nil {
		return nil
	}
	au, err := s.video.FromOBUs(obus)
	return s.unit(&au, err, stamp{raw: dts, arrival: arrival})
}

// unit takes what a protocol sent as one unit: a picture, slices that belong to the last
// one, or parameter sets and messages alone.
func (s *Session) unit(au *bitstream.AccessUnit, err error, t stamp) error {
	if err != nil {
		s.sink.Repaired(RepairBadUnit)
		return nil
	}
	raw := media.Rescale(media.Ticks(t.raw), s.scale, media.VideoTimescale)
	if s.pictures.continues(au, raw) {
		if s.pictures.join(*au) {
			s.sink.Repaired(RepairSlices)
			s.sink.Advise(adviceSlices)
		}
		return s.follow(au)
	}
	if err := s.flushPicture(); err != nil {
		return err
	}
	if err := s.follow(au); err != nil {
		return err
	}
	if !s.videoReady || len(au.Payload) == 0 {
		return nil
	}
	next := timedPicture{au: *au, raw: raw}
	next.at, next.offset = s.times(t, au)
	s.flushEvents()
	s.written[media.Video]++
	if s.pictures.add(next) {
		return s.writePicture(&next)
	}
	return nil
}

// follow announces the track anew when a picture tells more about it.
func (s *Session) follow(au *bitstream.AccessUnit) error {
	if au.BadParams {
		s.sink.Repaired(RepairParameters)
	}
	news := au.Params == bitstream.ParamsChanged || au.Params == bitstream.ParamsAdded && !s.videoReady
	s.lateSets = s.lateSets || au.Params == bitstream.ParamsAdded
	if s.lateSets && (au.KeyFrame || s.video.NeedsAdded(au)) {
		news = true // a new initialization section is wanted here, and not in between
	}
	if au.KeyFrame {
		if n := au.KeyIntervalFrames(); n > 0 {
			s.keyFrames, news = n, news || s.videoReady
		}
	}
	if au.Captions&^s.captions != 0 {
		s.captions |= au.Captions
		news = news || s.videoReady
	}
	if !news {
		return nil
	}
	err := s.announceVideo()
	switch {
	case errors.Is(err, bitstream.ErrParameters) && s.videoReady:
		// A lossy transport damaged a set that repeats: the ones in use still hold.
		s.video.Restore()
		s.sink.Repaired(RepairParameters)
	case err != nil && s.video.Params.Complete(s.video.Codec):
		return err
	}
	return nil
}

// times are DTS and composition offset of a picture.
func (s *Session) times(t stamp, au *bitstream.AccessUnit) (at, offset media.Ticks) {
	if t.presented {
		pts := s.timeline.Presented(t.raw, s.order.lead(), t.arrival)
		at, shown, repair := s.order.next(pts, au.Bidirectional)
		if repair != "" {
			s.sink.Repaired(repair)
		}
		return at, shown - at
	}
	offset = media.Rescale(media.Ticks(t.offset), s.scale, media.VideoTimescale)
	if limit := media.TicksOf(maxCompositionOffset, media.VideoTimescale); offset > limit || offset < -limit {
		offset = 0
	}
	return s.timeline.At(media.Video, t.raw, t.arrival), offset
}

// PictureCut says that the end of the last picture is missing. If the source sends slices
// one by one, what there is of it is left out: decoders would show parts of an earlier one.
func (s *Session) PictureCut() {
	if s.pictures.split {
		s.pictures.take()
	}
}

// flushPicture writes the picture that waits for more slices.
func (s *Session) flushPicture() error {
	p, ok := s.pictures.take()
	if !ok {
		return nil
	}
	return s.writePicture(&p)
}

func (s *Session) writePicture(p *timedPicture) error {
	key := s.refresh.key(&p.au, p.at)
	if advice, news := s.refresh.advice(p.at); news {
		s.sink.Advise(advice)
	}
	if s.pictures.lost(key) {
		s.sink.Repaired(RepairSlices)
		return nil
	}
	return s.sink.Write(media.Video, media.Sample{
		DTS: p.at, CompositionOffset: p.offset, KeyFrame: key, Payload: p.au.Payload,
	})
}
