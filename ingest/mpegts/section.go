package mpegts

import (
	"encoding/binary"

	"github.com/globalfandom/lightstick/media/scte35"
)

const (
	// maxSection is the size of the largest section (ISO/IEC 13818-1 §2.4.4.11).
	maxSection = 4096 + 3
	// minSection is the size of one with the long header and a CRC.
	minSection = 12
)

// sectionAssembler gathers the sections of a PID and passes on those whose CRC is right.
type sectionAssembler struct {
	emit func(section []byte) error // the section is valid until it returns
	unit []byte
	open bool // unit is being gathered
}

// addPayload gathers the payload of a packet: sections that start in it come behind the
// pointer field, the rest of an earlier one before (§2.4.4).
func (a *sectionAssembler) addPayload(payload []byte, start, lost bool) error {
	if lost {
		a.open = false
	}
	if !start {
		a.add(payload)
		return a.finish()
	}
	pointer := int(payload[0])
	if payload = payload[1:]; pointer > len(payload) {
		a.open = false
		return nil
	}
	a.add(payload[:pointer])
	if err := a.finish(); err != nil {
		return err
	}
	const stuffing = 0xff
	for payload = payload[pointer:]; len(payload) > 0 && payload[0] != stuffing; {
		a.unit, a.open = a.unit[:0], true
		a.add(payload)
		size, whole := a.size()
		if !whole {
			return nil
		}
		payload = payload[size:]
		if err := a.finish(); err != nil {
			return err
		}
	}
	return nil
}

func (a *sectionAssembler) add(b []byte) {
	if !a.open {
		return
	}
	if a.unit = append(a.unit, b...); len(a.unit) > maxSection+packetSize {
		a.unit, a.open = a.unit[:0], false
	}
}

// size is the size of the section gathered, and whether all of it is there.
func (a *sectionAssembler) size() (size int, whole bool) {
	if !a.open || len(a.unit) < 3 {
		return 0, false
	}
	size = 3 + int(binary.BigEndian.Uint16(a.unit[1:])&0xfff)
	return size, size <= len(a.unit)
}

// finish passes the section on when it is whole.
func (a *sectionAssembler) finish() error {
	size, whole := a.size()
	if !whole {
		return nil
	}
	section := a.unit[:size]
	a.open = false
	if size < minSection || scte35.CRC32(section) != 0 {
		return nil
	}
	return a.emit(section)
}

func (a *sectionAssembler) held() int { return cap(a.unit) }
