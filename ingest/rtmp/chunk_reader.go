package rtmp

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/globalfandom/lightstick/ingest"
)

// Bounds of one connection, whatever its peer announces.
const (
	// maxChunkStreams is far more than encoders use, which is 3 to 8, or one a track.
	maxChunkStreams = 64
	// maxUnfinished bounds the memory of all unfinished messages together, in bytes: the
	// largest picture, and half as much for what is interleaved with it. It follows what
	// has really arrived: each message gets firstMemory, then twice what it filled. One that is
	// alone may get as much as the largest one before had. While a message moves into its larger
	// memory, both are held for a moment.
	maxUnfinished = 24 << 20
	// maxUnfinishedSetup is the same before a publish was accepted.
	maxUnfinishedSetup = 256 << 10
	// firstMemory is what a message may get before its bytes have come. Usual messages
	// need no more.
	firstMemory = 256 << 10
)

// ErrChunk reports a chunk stream or a media tag that breaks the protocol.
var ErrChunk = fmt.Errorf("%w: RTMP chunk stream", ingest.ErrMalformed)

// chunkReader assembles messages from chunks (RTMP 1.0 §5.3).
type chunkReader struct {
	r       *bufio.Reader
	size    uint32 // of a chunk's payload, at most
	streams map[uint32]*chunkStream
	held    int // bytes of memory of unfinished messages
	largest int // message that has come whole, in bytes
	// mediaAllowed: an authorised publish has been accepted.
	mediaAllowed bool
	// dropped counts the messages that another one replaced before they were whole, and
	// those that were too large but can be done without.
	dropped  int
	header   [11]byte
	extended [4]byte
}

// chunkStream is the state of one chunk stream (§5.3.1).
type chunkStream struct {
	rtmpMessage
	length   uint32
	received uint32 // bytes of the message so far
	field    uint32 // timestamp or timestamp delta, as the last header had it
	delta    uint32
	extended bool // field did not fit into 24 bits
	begun    bool // a header with length and type has been seen
	open     bool // a message has begun, and isn't whole
	left     bool // its payload is read and left out
}

func newChunkReader(r *bufio.Reader) *chunkReader {
	return &chunkReader{r: r, size: 128, streams: make(map[uint32]*chunkStream)}
}

// setChunkSize follows the peer's Set Chunk Size (§5.4.1). No message is larger than
// maxPicture, so larger chunks are not either; the first bit is ignored, as SRS does.
func (c *chunkReader) setChunkSize(size uint32) error {
	if size == 0 {
		return fmt.Errorf("%w: chunk size 0", ErrChunk)
	}
	c.size = min(size, maxPicture)
	return nil
}

// abort drops what has come of a message (§5.4.2).
func (c *chunkReader) abort(id uint32) {
	if s := c.streams[id]; s != nil {
		c.drop(s)
	}
}

func (c *chunkReader) drop(s *chunkStream) {
	c.held -= cap(s.body)
	s.body, s.open, s.received = nil, false, 0
}

// read returns the next whole message.
func (c *chunkReader) read() (rtmpMessage, error) {
	for {
		s, err := c.readHeader()
		if err != nil {
			return rtmpMessage{}, err
		}
		if err := c.readPayload(s); err != nil {
			return rtmpMessage{}, err
		}
		if s.received < s.length {
			continue
		}
		m, leftOut := s.rtmpMessage, s.left
		c.largest = max(c.largest, len(m.body))
		c.drop(s)
		if !leftOut {
			return m, nil
		}
		c.dropped++
	}
}

// readHeader reads a chunk's basic and message header and extended timestamp.
func (c *chunkReader) readHeader() (*chunkStream, error) {
	format, id, err := c.readBasicHeader()
	if err != nil {
		return nil, err
	}
	s := c.streams[id]
	if s == nil {
		if len(c.streams) == maxChunkStreams {
			return nil, fmt.Errorf("%w: more than %d chunk streams", ErrChunk, maxChunkStreams)
		}
		s = &chunkStream{}
		c.streams[id] = s
	}
	// librtmp begins chunk streams by format 1: its delta then counts from 0. Formats 2 and
	// 3 say nothing of the message's length, so nothing could be read.
	if format > 1 && !s.begun {
		return nil, fmt.Errorf("%w: chunk stream %d begins with format %d, which has no length", ErrChunk, id, format)
	}
	return s, c.readMessageHeader(s, format)
}

func (c *chunkReader) readBasicHeader() (format byte, id uint32, err error) {
	first, err := c.r.ReadByte()
	if err != nil {
		return 0, 0, err
	}
	format, id = first>>6, uint32(first&0x3f)
	switch id {
	case 0:
		b, err := c.r.ReadByte()
		return format, uint32(b) + 64, unexpected(err)
	case 1:
		_, err := io.ReadFull(c.r, c.header[:2])
		return format, uint32(binary.LittleEndian.Uint16(c.header[:])) + 64, unexpected(err)
	}
	return format, id, nil
}

// readPayload reads a chunk's payload.
func (c *chunkReader) readPayload(s *chunkStream) error {
	left := int(min(s.length-s.received, c.size))
	for left > 0 {
		n, err := c.readPiece(s, left)
		if err != nil {
			return unexpected(err)
		}
		left -= n
		s.received += uint32(n)
	}
	return nil
}

// readPiece reads at most n bytes, as many as there is memory for.
func (c *chunkReader) readPiece(s *chunkStream, n int) (int, error) {
	if s.left {
		return c.r.Discard(n)
	}
	if len(s.body) == cap(s.body) {
		if err := c.grow(s); err != nil {
			return 0, err
		}
	}
	at := len(s.body)
	n = min(n, cap(s.body)-at)
	s.body = s.body[:at+n]
	return io.ReadFull(c.r, s.body[at:])
}

// grow gives a message more memory, within the connection's bound.
func (c *chunkReader) grow(s *chunkStream) error {
	size := max(firstMemory, 2*cap(s.body))
	if c.held == 0 {
		size = max(size, c.largest) // so a large picture is not moved while it comes
	}
	size = min(size, int(s.length))
	bound := maxUnfinished
	if !c.mediaAllowed {
		bound = maxUnfinishedSetup
	}
	if c.held += size - cap(s.body); c.held > bound {
		return fmt.Errorf("%w: the unfinished RTMP messages of one connection together take more than %d bytes; "+
			"lower the encoder's bit rate or resolution", ingest.ErrTooLarge, bound)
	}
	grown := make([]byte, len(s.body), size)
	copy(grown, s.body)
	s.body = grown
	return nil
}

func uint24(b []byte) uint32 { return uint32(b[0])<<16 | uint32(b[1])<<8 | uint32(b[2]) }

// unexpected makes an end of data inside a chunk an error of its own.
func unexpected(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}
