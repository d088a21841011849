package bitstream

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/globalfandom/lightstick/media"
)

// Reasons why there is no frame at a place.
var (
	errNoSync    = errors.New("no audio frame begins here")
	errMoreAudio = errors.New("the audio frame goes on")
)

// syncFrame is the header of an audio frame that describes itself.
type syncFrame struct {
	size     int // bytes
	rate     int // samples a second
	samples  int
	channels int
	dolby    dolby
	layer    byte // of MPEG audio
}

// maxSubstreams bounds the frames of one unit: six of one block each, with as many
// that depend on them.
const maxSubstreams = 12

// AudioUnit is one access unit, in canonical form.
type AudioUnit struct {
	Payload []byte
	// Carried: it began in bytes that were given earlier.
	Carried bool
	// Track describes this unit and those that follow; nil if nothing changed.
	Track *media.Track
}

// AudioFramer cuts a stream of frames that describe themselves into access units:
// AC-3, E-AC-3 and MPEG audio. It finds its way back after lost bytes.
type AudioFramer struct {
	codec  media.Codec
	parse  func([]byte) (syncFrame, error)
	track  func([]syncFrame) media.Track
	known  media.Track
	rest   []byte // the beginning of a frame
	synced bool   // the last frame ended where the next should begin

	// The access unit being gathered: E-AC-3 may spread one over several frames.
	unit    []byte
	frames  []syncFrame
	carried bool
	foreign bool // the last independent substream is another program's
	widened bool // frames that depend on others have come
}

// NewAudioFramer makes a framer for AC3, EAC3, MP3 or MP2. The last two are one: frames say
// which layer they are of, and the track's codec follows from that.
func NewAudioFramer(codec media.Codec) (*AudioFramer, error) {
	switch codec {
	case media.AC3:
		return &AudioFramer{codec: codec, parse: parseAC3, track: ac3Track}, nil
	case media.EAC3:
		return &AudioFramer{codec: codec, parse: parseEAC3, track: eac3Track}, nil
	case media.MP3, media.MP2:
		return &AudioFramer{codec: codec, parse: parseMPEGAudio, track: mpegAudioTrack}, nil
	}
	return nil, fmt.Errorf("%w: %s frames do not describe themselves", ErrParameters, codec)
}

// Codec is what the framer was made for.
func (f *AudioFramer) Codec() media.Codec { return f.codec }

// Push takes the next bytes, which usually are whole frames, and returns the access
// units that end in them.
func (f *AudioFramer) Push(data []byte) []AudioUnit {
	carried := len(f.rest) // bytes of b that came earlier
	b := data
	if carried > 0 {
		b = append(f.rest, data...)
		f.rest = nil
	}
	f.carried = len(f.frames) > 0
	var units []AudioUnit
	at := 0
	for at < len(b) {
		frame, err := f.frameAt(b[at:])
		switch {
		case errors.Is(err, errMoreAudio):
			f.rest = bytes.Clone(b[at:])
			return f.finishIfLast(units)
		case err != nil:
			f.synced, f.unit, f.frames = false, nil, nil
			at++
			continue
		}
		f.synced = true
		if f.begins(frame) {
			units = f.finish(units)
		}
		if !frame.dolby.dependent {
			f.foreign = frame.dolby.substream != 0
		}
		if f.belongs(frame) {
			if len(f.frames) == 0 {
				f.carried = at < carried
			}
			f.widened = f.widened || frame.dolby.dependent
			f.frames = append(f.frames, frame)
			f.unit = append(f.unit, b[at:at+frame.size]...)
		}
		at += frame.size
	}
	return f.finishIfLast(units)
}

// finishIfLast gives out the unit at the end of the input, unless what widens it may
// still come.
func (f *AudioFramer) finishIfLast(units []AudioUnit) []AudioUnit {
	if n := len(f.frames); n > 0 && f.widened && !f.frames[n-1].dolby.dependent {
		return units
	}
	return f.finish(units)
}

// frameAt finds the frame at the front of b, which must be whole. A sync word may
// also be chance: after a loss, the frame after it must be in its place, too.
func (f *AudioFramer) frameAt(b []byte) (syncFrame, error) {
	frame, err := f.parse(b)
	switch {
	case err != nil:
		return frame, err
	case frame.size < 4:
		return frame, errNoSync
	case frame.size > len(b):
		return frame, errMoreAudio
	}
	if !f.synced && len(b) > frame.size {
		if _, err := f.parse(b[frame.size:]); err != nil && !errors.Is(err, errMoreAudio) {
			return frame, errNoSync
		}
	}
	return frame, nil
}

// complete reports whether a unit has been gathered: a frame, but for E-AC-3, whose
// frames may have fewer than the six blocks of 256 that a sample must have (ETSI TS
// 102 366 §F.6.1).
func (f *AudioFramer) complete() bool {
	if f.codec != media.EAC3 {
		return len(f.frames) > 0
	}
	samples := 0
	for _, frame := range f.frames {
		if !frame.dolby.dependent {
			samples += frame.samples
		}
	}
	return samples >= 1536
}

// begins reports whether the frame is the first of another unit.
func (f *AudioFramer) begins(frame syncFrame) bool { return !frame.dolby.dependent && f.complete() }

// belongs reports whether the frame is kept: of E-AC-3's programs, the first is.
func (f *AudioFramer) belongs(frame syncFrame) bool {
	if frame.dolby.dependent && len(f.frames) == 0 {
		return false
	}
	return !f.foreign && len(f.frames) < maxSubstreams
}

// finish gives out the unit gathered, if it is whole.
func (f *AudioFramer) finish(units []AudioUnit) []AudioUnit {
	if !f.complete() {
		return units
	}
	unit := AudioUnit{Payload: f.unit, Carried: f.carried}
	if t := f.track(f.frames); !f.same(t) {
		f.known = t
		unit.Track = &t
	}
	f.unit, f.frames, f.carried = nil, nil, false
	return append(units, unit)
}

// same reports whether a track is the one known. A changed bit rate changes nothing
// that players need to be told.
func (f *AudioFramer) same(t media.Track) bool {
	k := f.known
	return k.Codec == t.Codec && k.Timescale == t.Timescale && k.Channels == t.Channels &&
		k.FrameSamples == t.FrameSamples && sameDolby(f.codec, k.AudioConfig, t.AudioConfig)
}
