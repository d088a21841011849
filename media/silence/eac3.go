package silence

import "github.com/globalfandom/lightstick/media"

// eac3 is an E-AC-3 frame of one independent substream (§E.1.2).
func eac3(t media.Track) []byte {
	if len(t.AudioConfig) < 5 {
		return nil
	}
	// dec3 (§F.6): data_rate, num_ind_sub; fscod, bsid, reserved, asvc, bsmod, acmod, lfeon,
	// reserved, num_dep_sub.
	c := t.AudioConfig
	fscod, bsid := uint32(c[2])>>6, uint32(c[2])>>1&31
	if c[1]&7 != 0 || c[4]>>1&15 != 0 {
		return nil
	}
	w := newDolby(uint32(c[3])>>1&7, uint32(c[3])&1)
	w.bits(syncWord, 16)
	w.zeros(2 + 3 + 11) // strmtyp, substreamid, frmsiz
	w.bits(fscod, 2)
	if fscod == 3 {
		half := map[media.Timescale]uint32{24000: 0, 22050: 1, 16000: 2}
		w.bits(half[t.Timescale], 2)
	} else {
		w.bits(3, 2) // numblkscod: six
	}
	w.bits(w.acmod, 3)
	w.bits(uint32(c[3]), 1)
	w.bits(bsid, 5)
	w.perProgram(31<<1, 5+1) // dialnorm, compre
	w.zeros(3)               // mixmdate, infomdate, addbsie
	w.eac3Frame()
	for block := range dolbyBlocks {
		w.eac3Block(block == 0)
	}
	const encinfo, crc2 = 1, 16
	words := (w.n + encinfo + crc2 + 15) / 16
	frame := make([]byte, 2*words)
	copy(frame, w.b)
	frame[2] |= byte((words - 1) >> 8) // frmsiz
	frame[3] = byte(words - 1)
	guard(frame)
	return frame
}

// eac3Frame writes audfrm (§E.1.2.3).
func (w *dolby) eac3Frame() {
	w.bits(1, 1) // expstre: a strategy for each block
	w.zeros(1)   // ahte
	w.zeros(2)   // snroffststr: one offset for the frame
	w.zeros(1)   // transproce
	w.zeros(1)   // blkswe
	w.bits(1, 1) // dithflage
	w.zeros(5)   // bamode, frmfgaincode, dbaflde, skipflde, spxattene
	if w.acmod > 1 {
		w.zeros(dolbyBlocks) // cplinu of the first block, cplstre of the others
	}
	for block := range dolbyBlocks {
		if block == 0 {
			w.perChannel(d45, 2)
		} else {
			w.perChannel(reuse, 2)
		}
	}
	w.low(1<<(dolbyBlocks-1), dolbyBlocks) // lfeexpstr: the first block has exponents
	w.perChannel(0, 5)                     // convexpstr
	w.zeros(6 + 4)                         // frmcsnroffst, frmfsnroffst
	w.zeros(1)                             // blkstrtinfoe
}

// eac3Block writes audblk (§E.1.2.4).
func (w *dolby) eac3Block(first bool) {
	w.perChannel(0, 1) // dithflag
	w.perProgram(0, 1) // dynrnge
	w.zeros(1)         // spxinu of the first block, spxstre of the others
	if w.stereo() {
		if first {
			w.zeros(4) // rematflg
		} else {
			w.zeros(1) // rematstr
		}
	}
	if first {
		w.exponents()
	}
	w.zeros(1) // convsnroffste
}
