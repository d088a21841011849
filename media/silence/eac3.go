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
	w.Put(syncWord, 16)
	w.Zeros(2 + 3 + 11) // strmtyp, substreamid, frmsiz
	w.Put(fscod, 2)
	if fscod == 3 {
		half := map[media.Timescale]uint32{24000: 0, 22050: 1, 16000: 2}
		w.Put(half[t.Timescale], 2)
	} else {
		w.Put(3, 2) // numblkscod: six
	}
	w.Put(w.acmod, 3)
	w.Put(uint32(c[3]), 1)
	w.Put(bsid, 5)
	w.perProgram(31<<1, 5+1) // dialnorm, compre
	w.Zeros(3)               // mixmdate, infomdate, addbsie
	w.eac3Frame()
	for block := range dolbyBlocks {
		w.eac3Block(block == 0)
	}
	const encinfo, crc2 = 1, 16
	words := (w.Len() + encinfo + crc2 + 15) / 16
	frame := make([]byte, 2*words)
	copy(frame, w.Bytes)
	frame[2] |= byte((words - 1) >> 8) // frmsiz
	frame[3] = byte(words - 1)
	guard(frame)
	return frame
}

// eac3Frame writes audfrm (§E.1.2.3).
func (w *dolby) eac3Frame() {
	w.Put(1, 1) // expstre: a strategy for each block
	w.Zeros(1)  // ahte
	w.Zeros(2)  // snroffststr: one offset for the frame
	w.Zeros(1)  // transproce
	w.Zeros(1)  // blkswe
	w.Put(1, 1) // dithflage
	w.Zeros(5)  // bamode, frmfgaincode, dbaflde, skipflde, spxattene
	if w.acmod > 1 {
		w.Zeros(dolbyBlocks) // cplinu of the first block, cplstre of the others
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
	w.Zeros(6 + 4)                         // frmcsnroffst, frmfsnroffst
	w.Zeros(1)                             // blkstrtinfoe
}

// eac3Block writes audblk (§E.1.2.4).
func (w *dolby) eac3Block(first bool) {
	w.perChannel(0, 1) // dithflag
	w.perProgram(0, 1) // dynrnge
	w.Zeros(1)         // spxinu of the first block, spxstre of the others
	if w.stereo() {
		if first {
			w.Zeros(4) // rematflg
		} else {
			w.Zeros(1) // rematstr
		}
	}
	if first {
		w.exponents()
	}
	w.Zeros(1) // convsnroffste
}
