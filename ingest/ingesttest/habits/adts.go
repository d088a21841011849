package habits

import "github.com/globalfandom/lightstick/internal/bitfields"

// ADTS is a unit of the film's sound with its header (ISO/IEC 13818-7 §6.2).
func ADTS(f *Film, i int) []byte { return adts(f, f.Sounds[i], 0xf1) }

// ADTSMPEG2 is the same, said to be MPEG-2's.
func ADTSMPEG2(f *Film, i int) []byte { return adts(f, f.Sounds[i], 0xf9) }

// ADTSWithCRC is the same with a checksum, which is not checked by anybody.
func ADTSWithCRC(f *Film, i int) []byte {
	b := adts(f, append([]byte{0x12, 0x34}, f.Sounds[i]...), 0xf0)
	return b
}

func adts(f *Film, data []byte, second byte) []byte {
	rate, channels := frequencyIndex(f), f.AudioConfig[1]>>3&0xf
	n := len(data) + 7
	b := []byte{
		0xff, second, 1<<6 | rate<<2 | channels>>2, channels<<6 | byte(n>>11), byte(n >> 3), byte(n<<5) | 0x1f, 0xfc,
	}
	return append(b, data...)
}

// frequencyIndex is the index of the sampling rate (ISO/IEC 14496-3 Table 1.18).
func frequencyIndex(f *Film) byte { return f.AudioConfig[0]&7<<1 | f.AudioConfig[1]>>7 }

// LATM is a unit of the film's sound as LOAS/LATM (ISO/IEC 14496-3 §1.7), with the
// configuration in each.
func LATM(f *Film, i int) []byte {
	var w bitfields.BitWriter
	w.Put(0, 1)                                                     // useSameStreamMux
	w.Put(0, 1)                                                     // audioMuxVersion
	w.Put(1, 1)                                                     // allStreamsSameTimeFraming
	w.Put(0, 6)                                                     // numSubFrames
	w.Put(0, 4)                                                     // numProgram
	w.Put(0, 3)                                                     // numLayer
	w.Put(uint32(f.AudioConfig[0])<<8|uint32(f.AudioConfig[1]), 16) // AudioSpecificConfig
	w.Put(0, 3)                                                     // frameLengthType
	w.Put(0xff, 8)                                                  // latmBufferFullness
	w.Put(0, 1)                                                     // otherDataPresent
	w.Put(0, 1)                                                     // crcCheckPresent
	n := len(f.Sounds[i])
	for ; n >= 255; n -= 255 {
		w.Put(255, 8)
	}
	w.Put(uint32(n), 8)
	for _, b := range f.Sounds[i] {
		w.Put(uint32(b), 8)
	}
	size := len(w.Bytes)
	return append([]byte{0x56, 0xe0 | byte(size>>8), byte(size)}, w.Bytes...)
}
