package ingest

import (
	"errors"
	"fmt"
	"time"

	"github.com/globalfandom/lightstick/media"
	"github.com/globalfandom/lightstick/media/bitstream"
)

// maxCompositionOffset bounds how long a picture may wait between decoding and
// display; more is a broken composition time. A camera of 0.5 frames a second with three
// B-frames needs 8 s.
const maxCompositionOffset = 20 * time.Second

// stamp is what a protocol says of a picture's times.
type stamp struct {
	raw       int64 // DTS, or the presentation time
	offset    int64 // presentation time minus DTS
	presented bool  // raw is the presentation time, and there is no DTS
	arrival   time.Time
}

// videoInput makes samples of the units of a video track.
type videoInput struct {
	sink     Sink
	scale    media.Timescale // of raw timestamps
	timeline *Timeline
	events   *eventQueue
	accepted func() // called before the sink gets a track

	bitrateBPS    int              // as the encoder declares it; 0 is unknown
	decoder       *bitstream.Video // nil: no codec is known
	ready         bool             // the track was announced
	frameDuration time.Duration    // of a picture; 0 is unknown
	keyFrames     int              // the encoder's longest keyframe interval; 0 is unknown
	captions      media.Captions
	lateSets      bool // parameter sets came that no picture so far needs
	refresh       refresh
	pictures      pictures
	order         decodeOrder
	written       uint64 // samples
}

// setCodec names the codec, and its parameter sets if they are known apart from the pictures.
func (v *videoInput) setCodec(codec media.Codec, p bitstream.ParamSets) error {
	if err := v.flush(); err != nil {
		return err
	}
	if v.decoder == nil || v.decoder.Codec != codec {
		v.decoder = &bitstream.Video{Codec: codec}
		v.ready, v.keyFrames, v.captions, v.lateSets = false, 0, 0, false
		v.pictures, v.refresh, v.order = pictures{known: codec == media.AV1}, refresh{}, decodeOrder{}
	}
	if !p.Complete(codec) {
		return nil // they come inside the stream
	}
	if !v.decoder.Params.Holds(p) { // a configuration that is repeated lacks what came in band
		v.decoder.Params = p
	}
	return v.announce()
}

// announce gives the sink the track as far as it is known.
func (v *videoInput) announce() error {
	track, err := bitstream.VideoTrack(v.decoder.Codec, v.decoder.Params)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrUnsupported, err)
	}
	track.BitrateBPS = v.bitrateBPS
	track.KeyInterval = time.Duration(v.keyFrames) * track.FrameDuration
	track.Captions = v.captions
	v.ready, v.lateSets, v.frameDuration = true, false, track.FrameDuration
	v.decoder.Announced()
	v.order.declare(v.decoder.Codec, v.decoder.Params, track.FrameDuration)
	v.accepted()
	return v.sink.SetTrack(track)
}

// unit takes what a protocol sent as one unit: a picture, slices that belong to the last
// one, or parameter sets and messages alone.
func (v *videoInput) unit(au *bitstream.AccessUnit, err error, t stamp) error {
	if err != nil {
		v.sink.Repaired(RepairBadUnit)
		return nil
	}
	raw := media.Rescale(media.Ticks(t.raw), v.scale, media.VideoTimescale)
	if v.pictures.continues(au, raw) {
		if v.pictures.joinSlices(*au) {
			v.sink.Repaired(RepairSlices)
			v.sink.Advise(adviceSlices)
		}
		return v.updateTrack(au)
	}
	if err := v.flush(); err != nil {
		return err
	}
	if err := v.updateTrack(au); err != nil {
		return err
	}
	if !v.ready || len(au.Payload) == 0 {
		return nil
	}
	next := timedPicture{au: *au, raw: raw}
	next.at, next.offset = v.times(t, au)
	v.events.flush()
	v.written++
	if v.pictures.addPicture(next) {
		return v.writePicture(&next)
	}
	return nil
}

// updateTrack announces the track anew when a picture tells more about it.
func (v *videoInput) updateTrack(au *bitstream.AccessUnit) error {
	if au.BadParams {
		v.sink.Repaired(RepairParameters)
	}
	news := au.Params == bitstream.ParamsChanged || au.Params == bitstream.ParamsAdded && !v.ready
	v.lateSets = v.lateSets || au.Params == bitstream.ParamsAdded
	if v.lateSets && (au.KeyFrame || v.decoder.NeedsAdded(au)) {
		news = true // a new initialization section is wanted here, and not in between
	}
	if au.KeyFrame {
		if n := au.KeyIntervalFrames(); n > 0 {
			v.keyFrames, news = n, news || v.ready
		}
	}
	if au.Captions&^v.captions != 0 {
		v.captions |= au.Captions
		news = news || v.ready
	}
	if !news {
		return nil
	}
	err := v.announce()
	switch {
	case errors.Is(err, bitstream.ErrParameters) && v.ready:
		// A lossy transport damaged a set that repeats: the ones in use still hold.
		v.decoder.Restore()
		v.sink.Repaired(RepairParameters)
	case err != nil && v.decoder.Params.Complete(v.decoder.Codec):
		return err
	}
	return nil
}

// times are DTS and composition offset of a picture.
func (v *videoInput) times(t stamp, au *bitstream.AccessUnit) (at, offset media.Ticks) {
	if t.presented {
		pts := v.timeline.Presented(t.raw, v.order.lead(), t.arrival)
		at, shown, repair := v.order.next(pts, au.Bidirectional)
		if repair != "" {
			v.sink.Repaired(repair)
		}
		return at, shown - at
	}
	offset = media.Rescale(media.Ticks(t.offset), v.scale, media.VideoTimescale)
	if limit := media.TicksOf(maxCompositionOffset, media.VideoTimescale); offset > limit || offset < -limit {
		offset = 0
	}
	return v.timeline.At(media.Video, t.raw, t.arrival), offset
}

// cut leaves out what there is of a picture whose slices come one by one.
func (v *videoInput) cut() {
	if v.pictures.split {
		v.pictures.takePicture()
	}
}

// flush writes the picture that waits for more slices.
func (v *videoInput) flush() error {
	p, ok := v.pictures.takePicture()
	if !ok {
		return nil
	}
	return v.writePicture(&p)
}

// flushBefore writes the picture that waits if sound of that time shows that it is whole.
func (v *videoInput) flushBefore(sound media.Ticks) error {
	if !v.pictures.due(sound) {
		return nil
	}
	return v.flush()
}

func (v *videoInput) writePicture(p *timedPicture) error {
	key := v.refresh.key(&p.au, p.at)
	if advice, news := v.refresh.advice(p.at); news {
		v.sink.Advise(advice)
	}
	if v.pictures.lost(key) {
		v.sink.Repaired(RepairSlices)
		return nil
	}
	return v.sink.Write(media.Video, media.Sample{
		DTS: p.at, CompositionOffset: p.offset, KeyFrame: key, Payload: p.au.Payload,
	})
}
