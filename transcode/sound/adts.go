package sound

import (
	"bufio"
	"errors"
	"fmt"
	"io"

	"github.com/globalfandom/lightstick/media"
)

var errADTS = errors.New("sound: broken ADTS from ffmpeg")

// adtsReader cuts FFmpeg's output into raw access units (ISO/IEC 13818-7 §6.2).
type adtsReader struct {
	r      *bufio.Reader
	config [2]byte // the AudioSpecificConfig that was announced
}

func newADTSReader(r io.Reader, target media.Track) *adtsReader {
	return &adtsReader{r: bufio.NewReader(r), config: [2]byte(target.AudioConfig)}
}

// next reads a frame; io.EOF is the end.
func (a *adtsReader) next() ([]byte, error) {
	const headerSize = 7 // without CRC, which FFmpeg never writes
	var h [headerSize]byte
	if _, err := io.ReadFull(a.r, h[:]); err != nil {
		return nil, err
	}
	// Object type, sampling frequency index and channel configuration as in an
	// AudioSpecificConfig.
	object, index, channels := h[2]>>6+1, h[2]>>2&15, h[2]&1<<2|h[3]>>6
	size := int(h[3]&3)<<11 | int(h[4])<<3 | int(h[5])>>5
	switch {
	case h[0] != 0xff || h[1]&0xf7 != 0xf1 || size <= headerSize || h[6]&3 != 0:
		return nil, errADTS
	case a.config != [2]byte{object<<3 | index>>1, index<<7 | channels<<3}:
		return nil, fmt.Errorf("%w: object type %d, frequency index %d, %d channels", errADTS, object, index, channels)
	}
	frame := make([]byte, size-headerSize)
	_, err := io.ReadFull(a.r, frame)
	return frame, err
}
