package http1

import (
	"io"
	"net"
	"net/http"
	"strconv"
	"sync/atomic"
	"time"
)

// buffersWriter is a connection that writes several buffers in one system call.
type buffersWriter interface {
	WriteBuffers(*net.Buffers) (int64, error)
}

// gather is how much of a body goes out together with the header, in bytes; the
// connection's deadline is for that much.
const gather = 256 << 10

// response is the http.ResponseWriter of a connection, used again and again.
type response struct {
	conn   net.Conn
	vector buffersWriter // conn, if it can
	head   bool          // the request is HEAD: nobody wants a body
	header http.Header
	code   int    // 0: not known yet
	sent   bool   // the header has gone out
	sized  bool   // the answer has a Content-Length
	left   int    // bytes of the body that it still promises
	body   []byte // of an answer without it
	text   []byte // of the header
	pair   [2][]byte
	failed error
}

func newResponse(c net.Conn) *response {
	r := &response{conn: c, header: make(http.Header, 12)}
	r.vector, _ = c.(buffersWriter)
	return r
}

// begin prepares for the next request.
func (r *response) begin(head bool) {
	clear(r.header)
	r.head, r.code, r.sent, r.sized, r.left, r.failed = head, 0, false, false, 0, nil
	r.body = r.body[:0]
}

// Header implements http.ResponseWriter, as do Write and WriteHeader.
func (r *response) Header() http.Header { return r.header }

// WriteHeader notes the status; it goes out with the body.
func (r *response) WriteHeader(code int) {
	if r.code != 0 {
		return
	}
	r.code = code
	length := r.header["Content-Length"]
	if len(length) == 0 {
		return
	}
	if n, err := strconv.Atoi(length[0]); err == nil && n >= 0 {
		r.sized, r.left = true, n
	}
}

func (r *response) Write(b []byte) (int, error) {
	r.WriteHeader(http.StatusOK)
	switch {
	case r.failed != nil:
		return 0, r.failed
	case r.bodiless():
		return len(b), nil
	case !r.sized:
		r.body = append(r.body, b...)
		return len(b), nil
	case len(b) > r.left:
		return 0, http.ErrContentLength
	}
	r.left -= len(b)
	return r.send(b)
}

// bodiless reports whether no body may follow the header (RFC 9110 §6.4.1).
func (r *response) bodiless() bool {
	return r.head || r.code == http.StatusNotModified || r.code == http.StatusNoContent
}

// send writes b, with the header before it if that has not gone out.
func (r *response) send(b []byte) (written int, err error) {
	if !r.sent {
		r.sent = true
		r.format()
		written = min(len(b), gather)
		if r.failed = r.sendBoth(r.text, b[:written]); r.failed != nil || written == len(b) {
			return written, r.failed
		}
	}
	n, err := r.conn.Write(b[written:])
	r.failed = err
	return written + n, err
}

// ReadFrom lets the kernel send files, if the connection can.
func (r *response) ReadFrom(src io.Reader) (written int64, err error) {
	r.WriteHeader(http.StatusOK)
	if !r.sized || r.bodiless() || r.failed != nil {
		return io.Copy(struct{ io.Writer }{r}, src)
	}
	if !r.sent {
		if _, err := r.send(nil); err != nil {
			return 0, err
		}
	}
	written, r.failed = io.Copy(r.conn, src)
	r.left -= int(written)
	return written, r.failed
}

func (r *response) sendBoth(header, b []byte) error {
	if r.vector == nil || len(b) == 0 {
		_, err := r.conn.Write(append(header, b...))
		return err
	}
	r.pair = [2][]byte{header, b}
	buffers := net.Buffers(r.pair[:])
	_, err := r.vector.WriteBuffers(&buffers)
	r.pair = [2][]byte{}
	return err
}

// finish sends what has not gone out. It reports whether the connection can go on.
func (r *response) finish() bool {
	r.WriteHeader(http.StatusOK)
	if !r.sized && !r.bodiless() {
		r.header["Content-Length"] = []string{strconv.Itoa(len(r.body))}
	}
	if !r.sent && r.failed == nil {
		_, r.failed = r.send(r.body)
	}
	return r.failed == nil && (r.left == 0 || r.bodiless())
}

// format writes the header's text.
func (r *response) format() {
	b := append(r.text[:0], "HTTP/1.1 "...)
	b = strconv.AppendInt(b, int64(r.code), 10)
	b = append(append(append(b, ' '), http.StatusText(r.code)...), "\r\nDate: "...)
	b = append(b, date()...)
	for name, values := range r.header {
		for _, value := range values {
			b = append(append(append(append(b, "\r\n"...), name...), ": "...), value...)
		}
	}
	r.text = append(b, endOfHeader...)
}

// dated is a Date header's value and the second that it is of.
type dated struct {
	second int64
	text   []byte
}

var lastDate atomic.Pointer[dated]

// date is the value of a Date header for now (RFC 9110 §6.6.1).
func date() []byte {
	now := time.Now()
	last := lastDate.Load()
	if last == nil || last.second != now.Unix() {
		last = &dated{second: now.Unix(), text: now.UTC().AppendFormat(nil, http.TimeFormat)}
		lastDate.Store(last)
	}
	return last.text
}
