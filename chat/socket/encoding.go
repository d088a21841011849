package socket

import (
	"encoding/binary"

	"github.com/gobwas/ws"
)

// encoding is how replies stand in a frame.
type encoding struct {
	opcode ws.OpCode
	binary bool // protobuf, each reply with its length before it; else lines of JSON
}

var (
	jsonEncoding     = &encoding{opcode: ws.OpText}
	protobufEncoding = &encoding{opcode: ws.OpBinary, binary: true}
)

// appendFrame appends a whole frame, not masked as a server's are.
func (e *encoding) appendFrame(b []byte, replies ...[]byte) []byte {
	b = appendHeader(b, e.opcode, e.size(replies))
	for i, reply := range replies {
		if e.binary {
			b = binary.AppendUvarint(b, uint64(len(reply)))
		} else if i > 0 {
			b = append(b, '\n')
		}
		b = append(b, reply...)
	}
	return b
}

// size is the length of the payload.
func (e *encoding) size(replies [][]byte) (n int) {
	var space [binary.MaxVarintLen64]byte
	for i, reply := range replies {
		if e.binary {
			n += binary.PutUvarint(space[:], uint64(len(reply)))
		} else if i > 0 {
			n++
		}
		n += len(reply)
	}
	return n
}

// appendHeader is RFC 6455 §5.2 for a whole message of a server.
func appendHeader(b []byte, opcode ws.OpCode, length int) []byte {
	b = append(b, 0x80|byte(opcode))
	switch {
	case length < 126:
		return append(b, byte(length))
	case length < 1<<16:
		return binary.BigEndian.AppendUint16(append(b, 126), uint16(length))
	}
	return binary.BigEndian.AppendUint64(append(b, 127), uint64(length))
}
