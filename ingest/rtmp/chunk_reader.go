package rtmp

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"
)

// Bounds of one connection, whatever its peer announces.
const (
	maxChunkStreams   = 16
	maxMediaMessage   = 4 << 20
	maxCommandMessage = 64 << 10
	maxControlMessage = 64
	maxPartialBytes   = 8 << 20 // of all unfinished messages together
)

// ErrChunk reports a chunk stream that breaks the protocol or a bound.
var ErrChunk = errors.New("rtmp chunk stream")

// messageType is the type ID of an RTMP message (RTMP 1.0 §5.4, §7.1).
type messageType uint8

const (
	typeSetChunkSize     messageType = 1
	typeAbort            messageType = 2
	typeAcknowledgement  messageType = 3
	typeUserControl      messageType = 4
	typeWindowAckSize    messageType = 5
	typeSetPeerBandwidth messageType = 6
	typeAudio            messageType = 8
	typeVideo            messageType = 9
	typeDataAMF3         messageType = 15
	typeCommandAMF3      messageType = 17
	typeDataAMF0         messageType = 18
	typeCommandAMF0      messageType = 20
)

// limit is the largest body of a message of the type.
func (t messageType) limit() uint32 {
	switch t {
	case typeAudio, typeVideo:
		return maxMediaMessage
	case typeDataAMF0, typeDataAMF3, typeCommandAMF0, typeCommandAMF3:
		return maxCommandMessage
	}
	return maxControlMessage
}

// rtmpMessage is one RTMP message.
type rtmpMessage struct {
	kind      messageType
	streamID  uint32
	timestamp uint32 // milliseconds; wraps
	body      []byte // the receiver's to keep
}

// chunkReader assembles messages from chunks (RTMP 1.0 §5.3).
type chunkReader struct {
	r       *bufio.Reader
	size    uint32 // of a chunk's payload, at most
	streams map[uint32]*chunkStream
	partial int // bytes held for unfinished messages
	// mediaAllowed: an authorised publish has been accepted.
	mediaAllowed bool
	header       [11]byte
	extended     [4]byte
}

type chunkStream struct {
	rtmpMessage
	length   uint32
	delta    uint32
	extended bool // the timestamp did not fit into 24 bits
	begun    bool // a full header has been seen
}

func newChunkReader(r *bufio.Reader) *chunkReader {
	return &chunkReader{r: r, size: 128, streams: make(map[uint32]*chunkStream)}
}

// setChunkSize follows the peer's Set Chunk Size (§5.4.1).
func (c *chunkReader) setChunkSize(size uint32) error {
	if size == 0 || size > 1<<31-1 {
		return fmt.Errorf("%w: chunk size %d", ErrChunk, size)
	}
	c.size = min(size, maxMediaMessage)
	return nil
}

// abort drops what has come of a message (§5.4.2).
func (c *chunkReader) abort(id uint32) {
	if s := c.streams[id]; s != nil {
		c.partial -= len(s.body)
		s.body = nil
	}
}

// read returns the next whole message.
func (c *chunkReader) read() (rtmpMessage, error) {
	for {
		stream, err := c.readHeader()
		if err != nil {
			return rtmpMessage{}, err
		}
		if err := c.readPayload(stream); err != nil {
			return rtmpMessage{}, err
		}
		if uint32(len(stream.body)) == stream.length {
			c.partial -= len(stream.body)
			m := stream.rtmpMessage
			stream.body = nil
			return m, nil
		}
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
	if format != 0 && !s.begun {
		return nil, fmt.Errorf("%w: chunk stream %d begins without a full header", ErrChunk, id)
	}
	if format != 3 && s.body != nil {
		return nil, fmt.Errorf("%w: new message on chunk stream %d before the last one ended", ErrChunk, id)
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

// headerSize is the size of the message header by chunk format (§5.3.1.2).
var headerSize = [4]int{11, 7, 3, 0}

func (c *chunkReader) readMessageHeader(s *chunkStream, format byte) error {
	h := c.header[:headerSize[format]]
	if _, err := io.ReadFull(c.r, h); err != nil {
		return unexpected(err)
	}
	field := s.delta
	if format < 3 {
		field = uint24(h)
		s.extended = field == 0xffffff
	}
	if s.extended {
		// Chunks of format 3 repeat the extended timestamp (§5.3.1.3).
		ext, err := c.readExtended()
		if err != nil {
			return err
		}
		field = ext
	}
	if format <= 1 {
		s.length = uint24(h[3:])
		s.kind = messageType(h[6])
	}
	switch {
	case format == 0:
		s.streamID = binary.LittleEndian.Uint32(h[7:])
		s.timestamp, s.delta, s.begun = field, 0, true
		// A format 3 chunk that begins a message after this one adds the timestamp
		// again by the letter of §5.3.1.2.4, which no encoder in use means.
	case format < 3:
		s.delta = field
		s.timestamp += field
	case s.body == nil:
		s.timestamp += s.delta
	}
	return c.admit(s)
}

func (c *chunkReader) readExtended() (uint32, error) {
	b := c.extended[:] // not c.header, which still holds the length and type
	if _, err := io.ReadFull(c.r, b); err != nil {
		return 0, unexpected(err)
	}
	return binary.BigEndian.Uint32(b), nil
}

// admit checks the bounds of a message that is about to be read.
func (c *chunkReader) admit(s *chunkStream) error {
	if limit := s.kind.limit(); s.length > limit {
		return fmt.Errorf("%w: message of type %d with %d bytes; at most %d are taken", ErrChunk, s.kind, s.length, limit)
	}
	if !c.mediaAllowed && (s.kind == typeAudio || s.kind == typeVideo) {
		return fmt.Errorf("%w: media before publish", ErrChunk)
	}
	return nil
}

func (c *chunkReader) readPayload(s *chunkStream) error {
	n := int(min(s.length-uint32(len(s.body)), c.size))
	if c.partial+n > maxPartialBytes {
		return fmt.Errorf("%w: more than %d bytes of unfinished messages", ErrChunk, maxPartialBytes)
	}
	if s.body == nil && n > 0 {
		// Small and usual messages get their memory at once; for large ones it grows
		// with what really arrives.
		s.body = make([]byte, 0, min(int(s.length), max(n, 256<<10)))
	}
	at := len(s.body)
	s.body = slices.Grow(s.body, n)[:at+n]
	c.partial += n
	_, err := io.ReadFull(c.r, s.body[at:])
	return unexpected(err)
}

func uint24(b []byte) uint32 { return uint32(b[0])<<16 | uint32(b[1])<<8 | uint32(b[2]) }

// unexpected makes an end of data inside a chunk an error of its own.
func unexpected(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}
