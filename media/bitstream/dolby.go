package bitstream

import (
	"math/bits"

	"github.com/bluenviron/mediacommon/v2/pkg/codecs/ac3"

	"github.com/globalfandom/lightstick/media"
)

// dolby are the fields of a frame that dac3 and dec3 repeat (ETSI TS 102 366 §F.4,
// §F.6).
type dolby struct {
	fscod, bsid, bsmod, acmod uint32
	lfe                       bool
	rateCode                  uint32 // AC-3: bit_rate_code
	dependent                 bool   // E-AC-3: more channels for the independent substream before it
	substream                 uint32
	chanmap                   uint32 // of a dependent substream; 0: as acmod says
}

// acmodChannels are the full-band channels by acmod (ETSI TS 102 366 Table 4.3).
var acmodChannels = [8]int{2, 1, 2, 3, 3, 4, 4, 5}

func (d dolby) channels() int {
	if d.lfe {
		return acmodChannels[d.acmod] + 1
	}
	return acmodChannels[d.acmod]
}

// parseAC3 reads syncinfo and bsi of an AC-3 frame (ETSI TS 102 366 §4.3).
func parseAC3(b []byte) (syncFrame, error) {
	switch {
	case len(b) < 8:
		return syncFrame{}, errMoreAudio
	case b[0] != 0x0b || b[1] != 0x77:
		return syncFrame{}, errNoSync
	}
	var info ac3.SyncInfo
	if err := info.Unmarshal(b); err != nil {
		return syncFrame{}, errNoSync
	}
	r := &bitReader{b: b[4:8]}
	d := dolby{fscod: r.bits(2), rateCode: r.bits(6) >> 1, bsid: r.bits(5), bsmod: r.bits(3), acmod: r.bits(3)}
	if d.bsid > 8 {
		return syncFrame{}, errNoSync
	}
	if d.acmod&1 != 0 && d.acmod != 1 {
		r.skip(2) // cmixlev
	}
	if d.acmod&4 != 0 {
		r.skip(2) // surmixlev
	}
	if d.acmod == 2 {
		r.skip(2) // dsurmod
	}
	d.lfe = r.flag()
	return syncFrame{size: info.FrameSize(), rate: info.SampleRate(), samples: 1536, channels: d.channels(), dolby: d}, nil
}

// parseEAC3 reads the header of an E-AC-3 frame (ETSI TS 102 366 §E.1.2).
func parseEAC3(b []byte) (syncFrame, error) {
	const header = 16 // bytes that hold all that is read here
	switch {
	case len(b) < header:
		return syncFrame{}, errMoreAudio
	case b[0] != 0x0b || b[1] != 0x77:
		return syncFrame{}, errNoSync
	}
	r := &bitReader{b: b[2:header]}
	kind := r.bits(2) // strmtyp
	d := dolby{dependent: kind == 1, substream: r.bits(3)}
	f := syncFrame{size: 2 * (int(r.bits(11)) + 1), samples: 1536}
	d.fscod = r.bits(2)
	if d.fscod == 3 {
		half := [...]int{24000, 22050, 16000, 0}
		f.rate = half[r.bits(2)]
	} else {
		f.rate = [...]int{48000, 44100, 32000}[d.fscod]
		f.samples = 256 * [...]int{1, 2, 3, 6}[r.bits(2)]
	}
	d.acmod, d.lfe, d.bsid = r.bits(3), r.flag(), r.bits(5)
	if kind == 3 || f.rate == 0 || d.bsid < 11 || d.bsid > 16 || f.size < header {
		return syncFrame{}, errNoSync
	}
	for range 1 + boolean(d.acmod == 0) { // dialogue level, per channel in dual mono
		r.skip(5)
		if r.flag() {
			r.skip(8) // compr
		}
	}
	if d.dependent && r.flag() {
		d.chanmap = r.bits(16)
	}
	f.channels, f.dolby = d.channels(), d
	return f, nil
}

func boolean(b bool) uint32 {
	if b {
		return 1
	}
	return 0
}

// pack joins numbers of the given widths, in bits, that fill whole bytes.
func pack(fields ...[2]uint32) []byte {
	var b []byte
	var acc uint64
	n := 0
	for _, f := range fields {
		acc, n = acc<<f[1]|uint64(f[0]), n+int(f[1])
		for ; n >= 8; n -= 8 {
			b = append(b, byte(acc>>(n-8)))
		}
	}
	return b
}

func ac3Track(unit []syncFrame) media.Track {
	f := unit[0]
	d := f.dolby
	return media.Track{
		Codec: media.AC3, Timescale: media.Timescale(f.rate), Channels: f.channels, FrameSamples: 1536,
		AudioConfig: pack([2]uint32{d.fscod, 2}, [2]uint32{d.bsid, 5}, [2]uint32{d.bsmod, 3}, [2]uint32{d.acmod, 3},
			[2]uint32{boolean(d.lfe), 1}, [2]uint32{d.rateCode, 5}, [2]uint32{0, 5}),
	}
}

// eac3Track describes an access unit: one independent substream, and those that
// depend on it.
func eac3Track(unit []syncFrame) media.Track {
	f := unit[0]
	d := f.dolby
	channels, size := f.channels, 0
	var dependents, chanmap uint32
	for _, frame := range unit {
		size += frame.size
		if frame.dolby.dependent {
			dependents++
			chanmap |= frame.dolby.chanmap
		}
	}
	// EC3SpecificBox: data rate in kbit/s, one independent substream, its fields.
	rate := min(uint32(size)*8*uint32(f.rate)/1536/1000, 1<<13-1)
	fields := [][2]uint32{
		{rate, 13}, {0, 3}, {d.fscod, 2}, {d.bsid, 5}, {0, 1 + 1}, {0, 3}, {d.acmod, 3}, {boolean(d.lfe), 1}, {0, 3},
		{min(dependents, 15), 4},
	}
	if dependents > 0 {
		channels += extraChannels(chanmap)
		fields = append(fields, [2]uint32{channelLocations(chanmap), 9})
	} else {
		fields = append(fields, [2]uint32{0, 1})
	}
	return media.Track{
		Codec: media.EAC3, Timescale: media.Timescale(f.rate), Channels: channels, FrameSamples: 1536,
		AudioConfig: pack(fields...),
	}
}

// Locations in chanmap, whose first bit is the left channel (ETSI TS 102 366 Table
// E.1.4): those from Lc/Rc on are beyond 5.1, and pairs but for these.
const (
	locationLcRc = 5
	locationVhc  = 12
	locationLFE2 = 14
	pairs        = 1<<(15-locationLcRc) | 1<<(15-6) | 1<<(15-9) | 1<<(15-10) | 1<<(15-11) | 1<<(15-13)
	singles      = 1<<(15-7) | 1<<(15-8) | 1<<(15-locationVhc) | 1<<(15-locationLFE2)
)

func extraChannels(chanmap uint32) int {
	return 2*bits.OnesCount32(chanmap&pairs) + bits.OnesCount32(chanmap&singles)
}

// channelLocations is chan_loc of dec3 (ETSI TS 102 366 Table F.6.1): a bit a location,
// Lc/Rc being bit 0.
func channelLocations(chanmap uint32) (loc uint32) {
	for location := locationLcRc; location <= locationVhc; location++ {
		loc |= chanmap >> (15 - location) & 1 << (location - locationLcRc)
	}
	return loc | chanmap>>(15-locationLFE2)&1<<8
}

// sameDolby reports whether dac3 or dec3 bodies differ in their bit rate at most.
func sameDolby(codec media.Codec, a, b []byte) bool {
	if len(a) != len(b) || len(a) < 3 {
		return len(a) == len(b)
	}
	if codec == media.AC3 {
		return a[0] == b[0] && a[1]&0xfc == b[1]&0xfc
	}
	return string(a[2:]) == string(b[2:])
}
