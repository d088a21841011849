package silence

import (
	"github.com/globalfandom/lightstick/media"
	"github.com/globalfandom/lightstick/media/bitstream"
)

// Unit is an access unit in which nothing is heard.
type Unit struct {
	Payload  []byte      // shared: never written to
	Duration media.Ticks // in the track's timescale
}

// For makes a unit for a track. It reports false for a track whose units can't be made:
// no sound, AAC whose channels a program config element describes, E-AC-3 of several
// substreams.
func For(t media.Track) (Unit, bool) {
	u := Unit{Duration: t.FrameSamples}
	switch t.Codec {
	case media.AAC:
		u.Payload = aac(t)
	case media.Opus:
		u = Unit{Payload: opus(t), Duration: opusDuration}
	case media.MP3:
		u.Payload = mp3(t)
	case media.AC3:
		u.Payload = ac3(t)
	case media.EAC3:
		u.Payload = eac3(t)
	}
	return u, u.Payload != nil && u.Duration > 0
}

// Track is the track of sound that a publication announces and does not send: AAC-LC,
// 48 kHz, stereo, which every player plays.
func Track() media.Track {
	// Object type 2, sampling frequency index 3, channel configuration 2 (ISO/IEC 14496-3
	// §1.6.2.1).
	t, err := bitstream.AACTrack([]byte{0x11, 0x90})
	if err != nil {
		panic(err) // the configuration is constant
	}
	return t
}
