package http1

import (
	"bytes"
	"errors"
	"io"
	"net"
	"net/http"
)

// framed is a connection that is handed over, of which some has been read already.
// net/http sees no byte of a request whose framing is at fault: reading fails, and
// net/http answers 400 and closes the connection.
type framed struct {
	net.Conn
	framing framing
	buf     []byte
	// buf[begin:known] may be read, buf[known:end] belongs to a line that has not ended.
	begin, known, end int
	err               error // what follows buf[begin:known]; nil: nothing is wrong
	tunnel            bool  // no longer HTTP
}

// minBuffer is how much is read at once, in bytes: as much as net/http's own buffer takes.
const minBuffer = 4 << 10

func newFramed(c net.Conn, unread []byte) *framed {
	f := &framed{Conn: c, buf: make([]byte, max(minBuffer, len(unread)))}
	f.end = copy(f.buf, unread)
	f.advance()
	return f
}

// ConnState is for http.Server.ConnState: a connection that is no longer HTTP, such as a
// WebSocket's, is read as it is from then on.
func ConnState(c net.Conn, s http.ConnState) {
	if f, ok := c.(*framed); ok && s == http.StateHijacked {
		f.tunnel, f.known, f.err = true, f.end, nil
	}
}

// Read implements net.Conn.
func (f *framed) Read(b []byte) (int, error) {
	for f.begin == f.known {
		switch {
		case f.err != nil:
			return 0, f.err
		case f.begin == f.end && f.tunnel:
			f.buf = nil // a WebSocket lives for hours
			f.begin, f.known, f.end = 0, 0, 0
			return f.Conn.Read(b)
		case f.begin == f.end && f.framing.state == inBody:
			n, err := f.Conn.Read(b[:min(int64(len(b)), f.framing.left)])
			f.framing.skip(int64(n))
			return n, err
		}
		if err := f.more(); err != nil {
			return 0, err
		}
	}
	n := copy(b, f.buf[f.begin:f.known])
	f.begin += n
	return n, nil
}

// more reads what has come, after a part of a line.
func (f *framed) more() error {
	if f.begin > 0 {
		f.end = copy(f.buf, f.buf[f.begin:f.end])
		f.begin, f.known = 0, 0
	}
	if f.end == len(f.buf) {
		f.buf = append(f.buf, make([]byte, max(minBuffer, len(f.buf)))...)
	}
	n, err := f.Conn.Read(f.buf[f.end:])
	f.end += n
	if n > 0 {
		f.advance()
		return nil // an error comes again
	}
	if err == nil {
		return io.ErrNoProgress
	}
	return err
}

func (f *framed) advance() {
	n, err := f.framing.advance(f.buf[f.known:f.end])
	f.known, f.err = f.known+n, err
	if why := fault(""); errors.As(err, &why) {
		// net/http answers 400 only to a request that has begun. It sees the faulty line
		// without its end, and so never as a line.
		f.known += bytes.IndexByte(f.buf[f.known:f.end], '\n')
	}
}

// Plain is the connection below, which is as good for writing.
func (f *framed) Plain() net.Conn { return f.Conn }

// CloseWrite tells the client that nothing more comes, if the connection below can.
func (f *framed) CloseWrite() error { return closeWrite(f.Conn) }

func closeWrite(c net.Conn) error {
	if half, ok := c.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return errors.ErrUnsupported
}

// ReadFrom lets the kernel send files, if the connection can.
func (f *framed) ReadFrom(r io.Reader) (int64, error) { return io.Copy(f.Conn, r) }
