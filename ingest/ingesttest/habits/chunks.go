package habits

import "encoding/binary"

// Chunks says how messages become chunks (RTMP 1.0 §5.3). The zero value is chunks of
// 4,096 bytes: a full header for the first message of a chunk stream, deltas after it.
type Chunks struct {
	Size        int
	FullHeaders bool // format 0 for every message
	// FirstDelta begins each chunk stream of media with format 1.
	FirstDelta bool
	// Unextended leaves the extended time stamp out of chunks of format 3, as some
	// encoders do.
	Unextended bool
	// SameDelta uses format 3 where length, type and delta are those of the message before.
	SameDelta bool
	Wide      bool // IDs of chunk streams of three bytes
}

// chunker keeps the state of the chunk streams.
type chunker struct {
	Chunks
	size    int
	streams map[uint32]*chunkStream
}

type chunkStream struct {
	time, delta uint32
	length      int
	kind        byte
}

const fits = 0xffffff // times from here on are extended

func (c *chunker) chunks(m Message) (b []byte) {
	if c.streams == nil {
		c.streams = make(map[uint32]*chunkStream)
	}
	size := c.size
	if size == 0 {
		size = 128
	}
	format, field := c.choose(m)
	b = c.header(b, format, m.Chunk)
	if format < 3 {
		b = append24(b, min(field, fits))
	}
	if format < 2 {
		b = append(append24(b, uint32(len(m.Body))), m.Kind)
	}
	if format == 0 {
		b = binary.LittleEndian.AppendUint32(b, m.Stream)
	}
	extended := field >= fits
	if extended {
		b = binary.BigEndian.AppendUint32(b, field)
	}
	body := m.Body
	for {
		n := min(size, len(body))
		b = append(b, body[:n]...)
		if body = body[n:]; len(body) == 0 {
			return b
		}
		b = c.header(b, 3, m.Chunk)
		if extended && !c.Unextended {
			b = binary.BigEndian.AppendUint32(b, field)
		}
	}
}

// choose finds the format of a message's first chunk, and its time field.
func (c *chunker) choose(m Message) (format byte, field uint32) {
	s, begun := c.streams[m.Chunk]
	if !begun {
		s = &chunkStream{}
		c.streams[m.Chunk] = s
	}
	delta := m.Time - s.time
	same := s.kind == m.Kind && s.length == len(m.Body)
	mediaStream := m.Chunk >= chunkSound
	switch {
	case c.FullHeaders || !begun && !(c.FirstDelta && mediaStream) || begun && m.Time < s.time:
		format, field = 0, m.Time
	case begun && c.SameDelta && same && delta == s.delta:
		format, field = 3, delta
	case begun && same:
		format, field = 2, delta
	default:
		format, field = 1, delta
	}
	s.time, s.delta, s.length, s.kind = m.Time, delta, len(m.Body), m.Kind
	if format == 0 {
		s.delta = 0
	}
	return format, field
}

// header is a chunk's basic header (§5.3.1.1).
func (c *chunker) header(b []byte, format byte, id uint32) []byte {
	if c.Wide && id >= chunkSound {
		id += 400 - 64
		return append(b, format<<6|1, byte(id), byte(id>>8))
	}
	return append(b, format<<6|byte(id))
}

func append24(b []byte, v uint32) []byte { return append(b, byte(v>>16), byte(v>>8), byte(v)) }
