package silence

import "github.com/globalfandom/lightstick/media"

// mp3 is a frame of Layer III without main data: all its side information is 0 (ISO/IEC
// 11172-3 §2.4.1.7).
func mp3(t media.Track) []byte {
	rates := [3]media.Timescale{44100, 48000, 32000} // sampling_frequency, of MPEG-1
	// ID, whose 2 is MPEG-2, which halves the sampling rate, and 0 MPEG-2.5, which halves
	// it again; with the lowest bit rate, index 1, in bit/s.
	versions := [3]struct {
		id      byte
		divisor media.Timescale
		samples media.Timescale
		bitrate media.Timescale
	}{{3, 1, 1152, 32000}, {2, 2, 576, 8000}, {0, 4, 576, 8000}}
	const (
		layerIII  = 1
		unguarded = 1 // no CRC
		lowest    = 1 // bitrate_index
		mono      = 3 // mode
	)
	for _, v := range versions {
		for index, rate := range rates {
			if rate/v.divisor != t.Timescale {
				continue
			}
			frame := make([]byte, v.samples/8*v.bitrate/t.Timescale)
			frame[0] = 0xff
			frame[1] = 0xe0 | v.id<<3 | layerIII<<1 | unguarded
			frame[2] = lowest<<4 | byte(index)<<2
			if t.Channels == 1 {
				frame[3] = mono << 6
			}
			return frame
		}
	}
	return nil
}
