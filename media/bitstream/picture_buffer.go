package bitstream

import (
	"bytes"
	"encoding/binary"
)

// PictureBuffer gathers the NAL units of one picture after the other from the pieces in which
// packets carry them, and puts each unit behind its length in four bytes, as package media has
// it. So the bytes of a picture are written once, where its sample keeps them. The zero value
// is empty.
//
// Pictures lie behind one another in blocks of memory. What Take has returned belongs to the
// caller for as long as it likes: the buffer never writes to those bytes again. Units that
// AppendUnits lists are valid until the next call that adds or drops, or for ever once Take
// has returned them. Memory is allocated for bytes that have come, four times as much at most.
//
// One goroutine uses a buffer at a time.
type PictureBuffer struct {
	buf     []byte // what was not taken yet; its capacity is what is left of the block
	block   int    // size of the block, in bytes
	last    int    // picture's size, in bytes
	largest int    // picture of late, in bytes
	unit    int    // where in buf the length of the open unit lies, or of the next one will
	open    bool   // a unit is being gathered
	zeros   int    // at the end of the last piece of a byte stream, at most 2
}

// Sizes of a block, in bytes. It holds four pictures like the largest of late, so that few reach
// over its end and have to be moved. Each is twice as large as the one before up to usualBlock, so
// that memory follows what comes.
const (
	minBlock        = 4 << 10
	usualBlock      = 64 << 10
	maxRoomyBlock   = 4 << 20 // of several pictures
	picturesInBlock = 4
	blockMargin     = 256 // start codes may be longer than lengths
)

// BeginUnit ends the open unit, if there is one, and begins another.
func (b *PictureBuffer) BeginUnit() {
	b.EndUnit()
	b.Add(make([]byte, lengthSize))
	b.open, b.zeros = true, 0
}

// Add adds bytes to the open unit, of which there must be one.
func (b *PictureBuffer) Add(piece []byte) {
	b.reserve(len(piece))
	b.buf = append(b.buf, piece...)
}

// AddAnnexB adds bytes in the byte stream format (ITU-T H.264 and H.265 Annex B), cut anywhere.
// A start code ends the open unit and begins another. What comes while none is open is left out.
func (b *PictureBuffer) AddAnnexB(piece []byte) {
	for {
		end := b.startCodeEnd(piece)
		if end == 0 {
			break
		}
		if b.open {
			b.Add(piece[:end-1]) // the zeros of the start code go when the unit ends
		}
		b.BeginUnit()
		piece = piece[end:]
	}
	if b.open {
		b.Add(piece)
	}
	switch n := len(piece); {
	case n == 0:
	case piece[n-1] != 0:
		b.zeros = 0
	case n == 1:
		b.zeros = min(b.zeros+1, 2)
	case piece[n-2] != 0:
		b.zeros = 1
	default:
		b.zeros = 2
	}
}

// startCodeEnd is where the first start code in a piece ends, of which zeros may have come before;
// 0: there is none.
func (b *PictureBuffer) startCodeEnd(piece []byte) int {
	if b.zeros > 0 && len(piece) > 0 {
		switch {
		case b.zeros >= 2 && piece[0] == 1:
			return 1
		case piece[0] == 0 && len(piece) > 1 && piece[1] == 1:
			return 2
		}
	}
	at := bytes.Index(piece, startCode)
	if at < 0 {
		return 0
	}
	return at + len(startCode)
}

// EndUnit ends the open unit, if there is one. Zeros at the end are not the unit's: it ends with
// a 1 bit. One without bytes is dropped.
func (b *PictureBuffer) EndUnit() {
	if !b.open {
		return
	}
	begin, end := b.unit+lengthSize, len(b.buf)
	for end > begin && b.buf[end-1] == 0 {
		end--
	}
	if end == begin {
		b.DropUnit()
		return
	}
	binary.BigEndian.PutUint32(b.buf[b.unit:], uint32(end-begin))
	b.buf, b.unit, b.open = b.buf[:end], end, false
}

// DropUnit drops the open unit.
func (b *PictureBuffer) DropUnit() {
	b.buf, b.open = b.buf[:b.unit], false
}

// Drop drops everything that was not taken.
func (b *PictureBuffer) Drop() {
	b.unit, b.zeros = 0, 0
	b.DropUnit()
}

// Len is how many bytes were gathered and not taken.
func (b *PictureBuffer) Len() int { return len(b.buf) }

// AppendUnits appends the units gathered and not taken, and the open one as far as it has come,
// to units, until there are so many.
func (b *PictureBuffer) AppendUnits(units [][]byte, most int) [][]byte {
	for ended := b.buf[:b.unit]; len(ended) > 0 && len(units) < most; {
		end := lengthSize + int(binary.BigEndian.Uint32(ended))
		units, ended = append(units, ended[lengthSize:end]), ended[end:]
	}
	if b.open && len(b.buf) > b.unit+lengthSize && len(units) < most {
		units = append(units, b.buf[b.unit+lengthSize:])
	}
	return units
}

// Take ends the open unit and gives out all units, each behind its length; nil if there is none.
func (b *PictureBuffer) Take() []byte {
	b.EndUnit()
	b.zeros = 0
	n := len(b.buf)
	if n == 0 {
		return nil
	}
	picture := b.buf[:n:n]
	b.buf, b.unit = b.buf[n:], 0
	b.last, b.largest = n, max(b.largest, n)
	return picture
}

// Held is the size of the memory that the buffer holds, in bytes.
func (b *PictureBuffer) Held() int { return b.block }

// reserve makes room for so many bytes. When the block is full, what was not taken moves into
// another one. A picture begins in another one if it would not fit when it is as large as the last.
func (b *PictureBuffer) reserve(n int) {
	room := cap(b.buf) - len(b.buf)
	if room >= n && (len(b.buf) > 0 || room >= b.last) {
		return
	}
	need := len(b.buf) + n
	size := max(picturesInBlock*b.largest+blockMargin, min(2*b.block, usualBlock))
	b.block = max(minBlock, 2*need, min(size, maxRoomyBlock))
	b.largest -= b.largest / 16 // large pictures that stay away are forgotten
	b.buf = append(make([]byte, 0, b.block), b.buf...)
}
