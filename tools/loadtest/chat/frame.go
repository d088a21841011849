package chat

import (
	"encoding/binary"
	"errors"

	"github.com/globalfandom/lightstick/tools/loadtest/internal/measure"
)

// Opcodes of RFC 6455 §5.2.
const (
	opContinuation = 0
	opText         = 1
	opBinary       = 2
	opClose        = 8
	opPing         = 9
	opPong         = 10
)

// maxFrame bounds what is kept of a server's frame.
const maxFrame = 4 << 20

var errFrame = errors.New("malformed WebSocket frame")

// wsFrame is a frame as a server sends it: not masked.
type wsFrame struct {
	opcode  byte
	final   bool
	payload []byte // of the buffer that was given
}

// nextFrame splits the first frame off data. size is 0 while it is not complete.
func nextFrame(data []byte) (f wsFrame, size int, err error) {
	if len(data) < 2 {
		return f, 0, nil
	}
	if data[0]&0x70 != 0 || data[1]&0x80 != 0 { // extensions, a mask
		return f, 0, errFrame
	}
	begin, length := 2, uint64(data[1])
	switch length {
	case 126:
		if len(data) < 4 {
			return f, 0, nil
		}
		begin, length = 4, uint64(binary.BigEndian.Uint16(data[2:]))
	case 127:
		if len(data) < 10 {
			return f, 0, nil
		}
		begin, length = 10, binary.BigEndian.Uint64(data[2:])
	}
	if length > maxFrame {
		return f, 0, measure.ErrTooLong
	}
	f.opcode, f.final = data[0]&0x0f, data[0]&0x80 != 0
	if f.opcode >= opClose && (length > 125 || !f.final) {
		return f, 0, errFrame
	}
	size = begin + int(length)
	if len(data) < size {
		return f, 0, nil
	}
	f.payload = data[begin:size]
	return f, size, nil
}

// appendFrame appends a client's frame. Its mask is zero, which leaves the payload
// as it is: the mask protects proxies from pages' scripts, and this is neither.
func appendFrame(b []byte, opcode byte, payload []byte) []byte {
	b = append(b, 0x80|opcode)
	switch n := len(payload); {
	case n < 126:
		b = append(b, 0x80|byte(n))
	case n < 1<<16:
		b = binary.BigEndian.AppendUint16(append(b, 0x80|126), uint16(n))
	default:
		b = binary.BigEndian.AppendUint64(append(b, 0x80|127), uint64(n))
	}
	b = append(b, 0, 0, 0, 0)
	return append(b, payload...)
}
