package remux

import (
	"encoding/binary"
	"errors"
)

var errBoxes = errors.New("remux: the segment is no fragmented MP4")

// Shift moves a CMAF segment (ISO/IEC 23000-19) in time, in place: it subtracts so
// many ticks of its track's timescale from the decode time of every track fragment
// (tfdt, ISO/IEC 14496-12 §8.8.12). Times don't become negative.
func Shift(segment []byte, back func(track uint32) uint64) error {
	return boxes(segment, func(kind string, body []byte) error {
		if kind != "moof" {
			return nil
		}
		return boxes(body, func(kind string, body []byte) error {
			if kind != "traf" {
				return nil
			}
			return shiftFragment(body, back)
		})
	})
}

func shiftFragment(traf []byte, back func(track uint32) uint64) error {
	var track uint32
	return boxes(traf, func(kind string, body []byte) error {
		switch {
		case kind == "tfhd" && len(body) >= 8:
			track = binary.BigEndian.Uint32(body[4:])
		case kind == "tfdt" && len(body) >= 12 && body[0] == 1:
			t := binary.BigEndian.Uint64(body[4:])
			binary.BigEndian.PutUint64(body[4:], t-min(t, back(track)))
		case kind == "tfdt" && len(body) >= 8 && body[0] == 0:
			t := binary.BigEndian.Uint32(body[4:])
			binary.BigEndian.PutUint32(body[4:], t-uint32(min(uint64(t), back(track))))
		}
		return nil
	})
}

// boxes calls each for the boxes in b.
func boxes(b []byte, each func(kind string, body []byte) error) error {
	for len(b) > 0 {
		if len(b) < 8 {
			return errBoxes
		}
		size := uint64(binary.BigEndian.Uint32(b))
		header := uint64(8)
		if size == 1 && len(b) >= 16 {
			size, header = binary.BigEndian.Uint64(b[8:]), 16
		}
		if size < header || size > uint64(len(b)) {
			return errBoxes
		}
		if err := each(string(b[4:8]), b[header:size]); err != nil {
			return err
		}
		b = b[size:]
	}
	return nil
}
