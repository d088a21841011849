package silence

import (
	"encoding/binary"

	"github.com/globalfandom/lightstick/internal/bitfields"
)

// dolby is what AC-3 and E-AC-3 have in common (ETSI TS 102 366): six blocks, of which
// the first has exponents and the others reuse them. The SNR offset is the lowest, at
// which all bit allocation pointers are 0 and no mantissa is coded, and without dither a
// coefficient without mantissa is 0.
type dolby struct {
	bitfields.BitWriter
	acmod    uint32
	lfe      bool
	channels int // full band
}

const dolbyBlocks = 6

// acmodChannels are the full-band channels by acmod (Table 4.3).
var acmodChannels = [8]int{2, 1, 2, 3, 3, 4, 4, 5}

func newDolby(acmod, lfe uint32) *dolby {
	return &dolby{acmod: acmod, lfe: lfe == 1, channels: acmodChannels[acmod]}
}

func (w *dolby) dualMono() bool { return w.acmod == 0 }
func (w *dolby) stereo() bool   { return w.acmod == 2 }

// perProgram writes bits that dual mono has for each of its channels.
func (w *dolby) perProgram(v uint32, n int) {
	w.Put(v, n)
	if w.dualMono() {
		w.Put(v, n)
	}
}

// perChannel writes bits for each full-band channel.
func (w *dolby) perChannel(v uint32, n int) {
	for range w.channels {
		w.Put(v, n)
	}
}

// low writes bits that are there if there is a channel of low frequencies.
func (w *dolby) low(v uint32, n int) {
	if w.lfe {
		w.Put(v, n)
	}
}

// Exponent strategies: the exponents of the block before, or one for four coefficients.
const (
	reuse = 0
	d45   = 3
)

// exponents writes chbwcod and the exponents of all channels, the same for all
// coefficients.
func (w *dolby) exponents() {
	const (
		narrowest  = 0  // chbwcod: 73 coefficients
		groups     = 6  // of three exponents for them by D45: (73 - 1 + 9) / 12
		lowGroups  = 2  // of the channel of low frequencies
		smallest   = 15 // the first exponent: the lowest level that four bits hold
		unchanging = 25*2 + 5*2 + 2
	)
	w.perChannel(narrowest, 6)
	for range w.channels {
		w.Put(smallest, 4)
		for range groups {
			w.Put(unchanging, 7)
		}
		w.Zeros(2) // gainrng
	}
	w.low(smallest, 4)
	for range lowGroups {
		w.low(unchanging, 7)
	}
}

// dolbyCRC is the polynomial x^16 + x^15 + x^2 + 1 (§6.10.1).
const dolbyCRC = 0x8005

// crc16 is the state after b.
func crc16(b []byte) (state uint16) {
	for _, octet := range b {
		state ^= uint16(octet) << 8
		for range 8 {
			if state&0x8000 != 0 {
				state = state<<1 ^ dolbyCRC
			} else {
				state <<= 1
			}
		}
	}
	return state
}

// crcBefore is what must stand in the two bytes before b for the state after b to be 0:
// the polynomial is divided out again, bit by bit from the end.
func crcBefore(b []byte) (state uint16) {
	back := func() {
		if state&1 != 0 {
			state = (state^dolbyCRC)>>1 | 0x8000
		} else {
			state >>= 1
		}
	}
	for i := len(b) - 1; i >= 0; i-- {
		for range 8 {
			back()
		}
		state ^= uint16(b[i]) << 8
	}
	for range 16 {
		back()
	}
	return state
}

// guard writes the check word into the last two bytes of a frame; the synchronization
// word is not checked.
func guard(frame []byte) {
	end := len(frame) - 2
	binary.BigEndian.PutUint16(frame[end:], crc16(frame[2:end]))
}

const syncWord = 0x0b77
