package sound

import (
	"bufio"
	"errors"
	"fmt"
	"io"

	"github.com/globalfandom/lightstick/media"
	"github.com/globalfandom/lightstick/media/bitstream"
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
	header, err := a.r.Peek(bitstream.ADTSHeaderSize)
	if len(header) < bitstream.ADTSHeaderSize {
		return nil, err
	}
	h, ok := bitstream.ParseADTS(header)
	switch {
	case !ok:
		return nil, errADTS
	case a.config != h.Config:
		return nil, fmt.Errorf("%w: AudioSpecificConfig %x", errADTS, h.Config)
	}
	frame := make([]byte, h.Size)
	if _, err := io.ReadFull(a.r, frame); err != nil {
		return nil, err
	}
	units := h.Units(frame)
	if len(units) != 1 {
		return nil, fmt.Errorf("%w: a frame of %d access units", errADTS, h.Blocks)
	}
	return units[0], nil
}
