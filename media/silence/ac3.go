package silence

import (
	"encoding/binary"

	"github.com/globalfandom/lightstick/media"
)

// ac3 is an AC-3 frame (§4.3) of the bit rate that dac3 says.
func ac3(t media.Track) []byte {
	if len(t.AudioConfig) < 3 {
		return nil
	}
	// dac3 (§F.4): fscod, bsid, bsmod, acmod, lfeon, bit_rate_code.
	c := uint32(t.AudioConfig[0])<<16 | uint32(t.AudioConfig[1])<<8 | uint32(t.AudioConfig[2])
	rates := [...]int{32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384, 448, 512, 576, 640} // kbit/s
	fscod, code := c>>22, c>>5&31
	rate := [4]int{48000, 44100, 32000, 0}[fscod]
	if int(code) >= len(rates) || rate == 0 || t.Timescale != media.Timescale(rate) {
		return nil
	}
	w := newDolby(c>>11&7, c>>10&1)
	w.Put(syncWord, 16)
	w.Zeros(16) // crc1
	w.Put(fscod, 2)
	w.Put(code<<1, 6)
	w.Put(c>>17, 5)
	w.Put(c>>14, 3)
	w.Put(w.acmod, 3)
	if w.acmod&1 != 0 && w.acmod != 1 {
		w.Zeros(2) // cmixlev
	}
	if w.acmod&4 != 0 {
		w.Zeros(2) // surmixlev
	}
	if w.stereo() {
		w.Zeros(2) // dsurmod
	}
	w.Put(c>>10, 1)
	w.perProgram(31<<3, 5+3) // dialnorm; no compression, language code, production information
	w.Zeros(5)               // copyrightb, origbs, timecod1e, timecod2e, addbsie
	for block := range dolbyBlocks {
		w.ac3Block(block == 0)
	}
	words := 1536 * rates[code] * 1000 / rate / 16
	frame := make([]byte, 2*words) // also at 32 kbit/s all blocks fit into five eighths of it
	copy(frame, w.Bytes)
	// crc1 guards the first five eighths of the frame (§6.10.1).
	checked := 2 * (words>>1 + words>>3)
	binary.BigEndian.PutUint16(frame[2:], crcBefore(frame[4:checked]))
	guard(frame)
	return frame
}

// ac3Block writes audblk (§4.3.3).
func (w *dolby) ac3Block(first bool) {
	strategy, told := uint32(reuse), uint32(0)
	if first {
		strategy, told = d45, 1
	}
	w.perChannel(0, 1+1) // blksw, dithflag
	w.perProgram(0, 1)   // dynrnge
	w.Put(told, 1)       // cplstre
	if first {
		w.Zeros(1) // cplinu
	}
	if w.stereo() {
		w.Put(told, 1) // rematstr
		if first {
			w.Zeros(4) // rematflg
		}
	}
	w.perChannel(strategy, 2)
	w.low(told, 1) // lfeexpstr
	if first {
		w.exponents()
	}
	w.Put(told, 1) // baie
	if first {
		w.Zeros(2 + 2 + 2 + 2 + 3) // sdcycod, fdcycod, sgaincod, dbpbcod, floorcod
	}
	w.Put(told, 1) // snroffste
	if first {
		w.Zeros(6)           // csnroffst
		w.perChannel(0, 4+3) // fsnroffst, fgaincod
		w.low(0, 4+3)        // of low frequencies
	}
	w.Zeros(1 + 1) // deltbaie, skiple
}
