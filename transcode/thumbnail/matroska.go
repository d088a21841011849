package thumbnail

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/bits"
	"time"
)

var errMatroska = errors.New("thumbnail: broken Matroska from FFmpeg")

// IDs of Matroska elements (RFC 9559 §5.1) that matter here. The first three hold
// others.
const (
	idSegment     = 0x18538067
	idCluster     = 0x1f43b675
	idBlockGroup  = 0xa0
	idTimestamp   = 0xe7
	idSimpleBlock = 0xa3
	idBlock       = 0xa1
)

// maxPicture bounds a picture from FFmpeg, in bytes.
const maxPicture = 16 << 20

// block is a frame of the only track.
type block struct {
	at   time.Duration
	data []byte
}

// matroska reads the blocks of a Matroska stream with one track, in milliseconds, as
// FFmpeg writes it to a pipe. It is the form with the least around it that has both
// JPEG and timestamps.
type matroska struct {
	r       *bufio.Reader
	cluster uint64 // its time, in milliseconds
}

func newReader(r io.Reader) *bufio.Reader { return bufio.NewReaderSize(r, 64<<10) }

// next reads up to the next block; io.EOF is the end.
func (m *matroska) next() (block, error) {
	for {
		id, _, err := m.vint(false)
		if err != nil {
			return block{}, err
		}
		size, unknown, err := m.vint(true)
		switch {
		case err != nil:
			return block{}, broken(err)
		case id == idSegment || id == idCluster || id == idBlockGroup:
			continue
		case unknown:
			return block{}, fmt.Errorf("%w: element %x without size", errMatroska, id)
		case id == idTimestamp && size <= 8:
			m.cluster, err = m.number(int(size))
		case id == idSimpleBlock || id == idBlock:
			return m.block(size)
		case size > 1<<30:
			return block{}, fmt.Errorf("%w: element %x of %d bytes", errMatroska, id, size)
		default:
			_, err = m.r.Discard(int(size))
		}
		if err != nil {
			return block{}, broken(err)
		}
	}
}

// vint reads a variable-size integer (RFC 8794 §4), without the marker of its length
// if it is a size; unknown is whether all the other bits are set.
func (m *matroska) vint(size bool) (value uint64, unknown bool, err error) {
	first, err := m.r.ReadByte()
	if err != nil {
		return 0, false, err
	}
	length := bits.LeadingZeros8(first) + 1
	if length > 8 {
		return 0, false, errMatroska
	}
	rest, err := m.number(length - 1)
	if err != nil {
		return 0, false, broken(err)
	}
	marked := uint64(first)<<(8*(length-1)) | rest
	plain := marked &^ (1 << (7 * length))
	if !size {
		return marked, false, nil
	}
	return plain, plain == 1<<(7*length)-1, nil
}

func (m *matroska) number(size int) (n uint64, err error) {
	for range size {
		b, err := m.r.ReadByte()
		if err != nil {
			return 0, err
		}
		n = n<<8 | uint64(b)
	}
	return n, nil
}

// block reads a block (RFC 9559 §10): the track's number, a time relative to the
// cluster's, flags, and a frame.
func (m *matroska) block(size uint64) (block, error) {
	const header = 4 // a track number below 127 has one byte
	if size < header || size > maxPicture {
		return block{}, fmt.Errorf("%w: block of %d bytes", errMatroska, size)
	}
	b := make([]byte, size)
	if _, err := io.ReadFull(m.r, b); err != nil {
		return block{}, broken(err)
	}
	relative := int16(binary.BigEndian.Uint16(b[1:]))
	at := time.Duration(int64(m.cluster)+int64(relative)) * time.Millisecond
	return block{at: at, data: b[header:]}, nil
}

// broken is the error of a stream that ends where it must not.
func broken(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("%w: it ends within an element", errMatroska)
	}
	return err
}
