package rtmp

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// headerSize is the size of the message header by chunk format (§5.3.1.2).
var headerSize = [4]int{11, 7, 3, 0}

// noExtension is the largest timestamp that fits; the value itself says that an extended
// timestamp follows (§5.3.1.3).
const noExtension = 1<<24 - 1

func (c *chunkReader) readMessageHeader(s *chunkStream, format byte) error {
	if format == 3 {
		return c.continueStream(s)
	}
	h := c.header[:headerSize[format]]
	if _, err := io.ReadFull(c.r, h); err != nil {
		return unexpected(err)
	}
	field := uint24(h)
	extended := field == noExtension
	if extended {
		var err error
		if field, err = c.readExtended(); err != nil {
			return err
		}
	}
	length, kind := s.length, s.kind
	if format <= 1 {
		length, kind = uint24(h[3:]), messageType(h[6])
	}
	if s.open {
		// SRS and nginx-rtmp take a header of format 1 or 2 inside a message that says the
		// same again for one of format 3. Any other begins a message, and the one before
		// will never be whole: encoders drop frames so.
		if format != 0 && length == s.length && kind == s.kind && (field == 0 || field == s.field) {
			return nil
		}
		c.drop(s)
		c.dropped++
	}
	s.length, s.kind, s.field, s.extended, s.begun = length, kind, field, extended, true
	if format == 0 {
		s.streamID = binary.LittleEndian.Uint32(h[7:])
		s.timestamp, s.delta = field, 0
		// A format 3 chunk that begins a message after this one adds the timestamp
		// again by the letter of §5.3.1.2.4, which no encoder in use means.
	} else {
		s.delta = field
		s.timestamp += field
	}
	return c.admit(s)
}

// continueStream takes a chunk of format 3, which has no header: it continues a message, or
// begins one with the header of the message before.
func (c *chunkReader) continueStream(s *chunkStream) error {
	begins := !s.open
	if begins {
		s.timestamp += s.delta
	}
	if s.extended {
		if err := c.skipRepeated(s, begins); err != nil {
			return err
		}
	}
	if begins {
		return c.admit(s)
	}
	return nil
}

func (c *chunkReader) readExtended() (uint32, error) {
	b := c.extended[:] // not c.header, which still holds the length and type
	if _, err := io.ReadFull(c.r, b); err != nil {
		return 0, unexpected(err)
	}
	return binary.BigEndian.Uint32(b), nil
}

// nextTimestamp is how much later, in milliseconds, a message may be than the one whose
// header it repeats.
const nextTimestamp = 10_000

// skipRepeated reads the extended timestamp of a chunk of format 3, if there is one.
// §5.3.1.3 has it repeated; old versions of librtmp, and what is built on them, leave it
// out. The payload takes its place then, and is told by its value, as SRS does.
func (c *chunkReader) skipRepeated(s *chunkStream, begins bool) error {
	for _, value := range [...]uint32{s.field, s.timestamp} {
		repeated, err := c.comesNext(value)
		if err != nil {
			return err
		}
		if repeated {
			_, err := c.r.Discard(len(c.extended))
			return err
		}
	}
	if !begins || s.delta != 0 || s.length < uint32(len(c.extended)) {
		return nil
	}
	// Some put the next message's own timestamp there.
	next, err := c.r.Peek(len(c.extended))
	if err != nil {
		return nil // the payload, which is as long, can't be read either
	}
	if at := binary.BigEndian.Uint32(next); at-s.timestamp <= nextTimestamp {
		s.timestamp, s.field = at, at
		_, err = c.r.Discard(len(next))
	}
	return err
}

// comesNext reports whether a number comes next. It waits for no more bytes than tell.
func (c *chunkReader) comesNext(value uint32) (bool, error) {
	binary.BigEndian.PutUint32(c.extended[:], value)
	for i, want := range c.extended {
		b, err := c.r.Peek(i + 1)
		switch {
		case errors.Is(err, io.EOF):
			return false, nil
		case err != nil:
			return false, err
		case b[i] != want:
			return false, nil
		}
	}
	return true, nil
}

// admit opens a message within its bounds.
func (c *chunkReader) admit(s *chunkStream) error {
	if !c.mediaAllowed && s.kind.media() {
		return fmt.Errorf("%w: media before publish", ErrChunk)
	}
	limit := s.kind.limit()
	s.left = s.length > limit
	if s.left && !(c.mediaAllowed && s.kind.optional()) {
		return tooLarge(s.kind, s.length, limit)
	}
	s.open = true
	return nil
}
