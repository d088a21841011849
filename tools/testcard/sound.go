package testcard

import (
	"encoding/binary"
	"math"
	"time"
)

const (
	sampleRate = 48_000
	beepLength = 100 * time.Millisecond
	beepPitch  = 880.0 // Hz; the first of two is an octave lower
)

// beeping reports whether the beep of each second sounds.
func beeping(elapsed time.Duration) bool { return elapsed%time.Second < beepLength }

// tone writes n mono samples (16 bit, little endian) from the given one on.
func tone(from, n int) []byte {
	pcm := make([]byte, 0, 2*n)
	for i := from; i < from+n; i++ {
		level := 0.0
		if at := time.Duration(i) * time.Second / sampleRate; beeping(at) {
			pitch := beepPitch
			if at/time.Second%2 == 0 {
				pitch /= 2
			}
			// A raised cosine at both ends keeps the beep from clicking.
			envelope := 0.5 - 0.5*math.Cos(2*math.Pi*float64(at%time.Second)/float64(beepLength))
			level = 0.4 * envelope * math.Sin(2*math.Pi*pitch*float64(i)/sampleRate)
		}
		pcm = binary.LittleEndian.AppendUint16(pcm, uint16(int16(level*math.MaxInt16)))
	}
	return pcm
}
