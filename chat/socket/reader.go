package socket

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"time"
	"unicode/utf8"

	"github.com/centrifugal/centrifuge"
	"github.com/gobwas/ws"
)

// What ends a connection that does not keep to RFC 6455 §7.4.1.
var (
	errProtocol = centrifuge.Disconnect{Code: 1002, Reason: "protocol error"}
	errBinary   = centrifuge.Disconnect{Code: 1003, Reason: "this connection speaks JSON: text frames only"}
	errUTF8     = centrifuge.Disconnect{Code: 1007, Reason: "text is not UTF-8"}
	errTooBig   = centrifuge.Disconnect{Code: 1009, Reason: "message too big"}
)

// errClosed is a close frame of the peer.
var errClosed = errors.New("closed by the peer")

// readBuffer holds a ping's answer many times, and most commands.
const readBuffer = 512

// reader takes a client's frames apart.
type reader struct {
	buffered *bufio.Reader
	limit    int  // of a message, in bytes
	text     bool // JSON: text frames only
	state    ws.State
	budget   budget
	pong     func(payload []byte) error
}

func newReader(conn io.Reader, limit int, text bool, pong func([]byte) error) *reader {
	return &reader{buffered: bufio.NewReaderSize(conn, readBuffer), limit: limit, text: text, state: ws.StateServerSide, pong: pong}
}

// message reads the next whole message into b. Pings are answered meanwhile. The
// error is a centrifuge.Disconnect if the peer is to be told, errClosed after its
// close frame, else of the connection.
func (r *reader) message(b *bytes.Buffer) error {
	b.Reset()
	for {
		h, err := ws.ReadHeader(r.buffered)
		if err != nil {
			return lengthError(err)
		}
		if err := ws.CheckHeader(h, r.state); err != nil {
			return errProtocol
		}
		if h.Length <= int64(r.limit) { // or it is refused
			if wait := r.budget.spend(time.Now(), h.Length); wait > 0 {
				time.Sleep(wait) // a fraction of a second
			}
		}
		if h.OpCode.IsControl() {
			if err := r.control(h); err != nil {
				return err
			}
			continue
		}
		if h.OpCode == ws.OpBinary && r.text {
			return errBinary
		}
		if h.Length > int64(r.limit-b.Len()) {
			return errTooBig
		}
		begin := b.Len()
		// It grows as bytes come, not by what the header promises.
		if _, err := io.CopyN(b, r.buffered, h.Length); err != nil {
			return unexpected(err)
		}
		ws.Cipher(b.Bytes()[begin:], h.Mask, 0)
		if !h.Fin {
			r.state = r.state.Set(ws.StateFragmented)
			continue
		}
		r.state = r.state.Clear(ws.StateFragmented)
		if r.text && !utf8.Valid(b.Bytes()) {
			return errUTF8
		}
		return nil
	}
}

// control handles a frame of at most 125 bytes, which CheckHeader has seen to.
func (r *reader) control(h ws.Header) error {
	var space [ws.MaxControlFramePayloadSize]byte
	payload := space[:h.Length]
	if _, err := io.ReadFull(r.buffered, payload); err != nil {
		return unexpected(err)
	}
	ws.Cipher(payload, h.Mask, 0)
	switch h.OpCode {
	case ws.OpClose:
		return errClosed
	case ws.OpPing:
		return r.pong(payload)
	}
	return nil
}

// lengthError tells faults of a header from those of the connection.
func lengthError(err error) error {
	if errors.Is(err, ws.ErrHeaderLengthMSB) || errors.Is(err, ws.ErrHeaderLengthUnexpected) {
		return errProtocol
	}
	return err
}

func unexpected(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}
