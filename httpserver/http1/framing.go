package http1

import (
	"bytes"
	"io"
	"strconv"

	"golang.org/x/net/http/httpguts"
)

// framing follows requests through the bytes of a connection, and says where one can't
// be told from the next: there two servers in a row could disagree, so that one client's
// bytes become another one's request (RFC 9112 §11.2). The rules are stricter than
// net/http's, which takes several of these requests.
type framing struct {
	state    state
	searched int   // bytes of the line that has not ended, which hold no line feed
	left     int64 // bytes of the body or chunk that are to come
	length   int64 // Content-Length; -1: none
	chunked  bool
	foreign  bool // a transfer coding that net/http refuses
	old      bool // HTTP/1.0
}

type state uint8

const (
	inStart     state = iota // before or in a request line
	inField                  // in a header field, or the empty line after the last one
	inBody                   // of the length that Content-Length says
	inChunkSize              // in the line before a chunk
	inChunk                  // in a chunk's data
	inChunkEnd               // in the line end after a chunk
	inTrailer                // in a trailer field, or the empty line after the last one
	inNothing                // net/http refuses the request: nothing more is read
)

// maxLine is more than net/http takes for a whole header, in bytes.
const maxLine = 72 << 10

// maxDigits bounds the digits of a length, so that it fits into an int64.
const maxDigits = 15

// fault is why a request is refused, in words for who sent it.
type fault string

// Error implements error.
func (f fault) Error() string { return string(f) }

const (
	faultLineFeed    fault = "a line ends without a carriage return; end lines with CR LF (RFC 9112 section 2.2)"
	faultControl     fault = "a control character stands in the header; leave it out (RFC 9110 section 5.5)"
	faultFold        fault = "a header line begins with white space; don't fold lines (RFC 9112 section 5.2)"
	faultName        fault = "a header line has no field name before a colon; white space does not belong there (RFC 9112 section 5.1)"
	faultLength      fault = "Content-Length is no number of bytes (RFC 9110 section 8.6)"
	faultTwoLengths  fault = "Content-Length is there twice; send it once (RFC 9110 section 8.6)"
	faultBoth        fault = "Transfer-Encoding and Content-Length are both there; send one of them (RFC 9112 section 6.1)"
	faultOldChunked  fault = "HTTP/1.0 has no Transfer-Encoding; send HTTP/1.1 (RFC 9112 section 6.1)"
	faultChunk       fault = "a chunk does not begin with its size or does not end with CR LF (RFC 9112 section 7.1)"
	faultTrailerName fault = "a trailer frames the message; put that field into the header (RFC 9110 section 6.5.1)"
)

// advance reads on. It returns how many bytes of b are understood; the others, of a line
// that has not ended, must be given again with what comes. It fails with a fault, or with
// io.EOF when nothing that follows will be read.
func (f *framing) advance(b []byte) (n int, err error) {
	for n < len(b) && err == nil {
		var size int
		switch f.state {
		case inBody, inChunk:
			size = int(min(f.left, int64(len(b)-n)))
			f.skip(int64(size))
		case inNothing:
			return n, io.EOF
		default:
			if size, err = f.line(b[n:]); size == 0 {
				return n, err
			}
		}
		n += size
	}
	return n, err
}

// header reads a request's header, as far as b holds it. It fails with a fault.
func (f *framing) header(b []byte) error {
	for {
		n, err := f.line(b)
		if err != nil || n == 0 || f.state != inField {
			return err
		}
		b = b[n:]
	}
}

// skip counts bytes of a body or a chunk.
func (f *framing) skip(size int64) {
	if f.left -= size; f.left > 0 {
		return
	}
	if f.state == inChunk {
		f.state = inChunkEnd
	} else {
		f.state = inStart
	}
}

// line reads a line, if b holds all of it, and returns its size.
func (f *framing) line(b []byte) (size int, err error) {
	i := bytes.IndexByte(b[f.searched:], '\n')
	if i < 0 {
		if f.searched = len(b); len(b) > maxLine {
			f.state = inNothing // net/http refuses so long a header
			return len(b), nil
		}
		return 0, nil
	}
	size = f.searched + i + 1
	f.searched = 0
	line, ok := bytes.CutSuffix(b[:size], lineEnd)
	if !ok {
		return 0, faultLineFeed
	}
	if !httpguts.ValidHeaderFieldValue(string(line)) {
		return 0, faultControl
	}
	if err := f.take(line); err != nil {
		return 0, err
	}
	return size, nil
}

// take reads a whole line without its end.
func (f *framing) take(line []byte) error {
	switch f.state {
	case inStart:
		f.old = bytes.HasSuffix(line, []byte(" HTTP/1.0"))
		f.chunked, f.foreign, f.length = false, false, -1
		f.state = inField
	case inField:
		if len(line) == 0 {
			return f.endOfHeader()
		}
		return f.field(line)
	case inChunkSize:
		return f.chunkSize(line)
	case inChunkEnd:
		if len(line) > 0 {
			return faultChunk
		}
		f.state = inChunkSize
	case inTrailer:
		if len(line) == 0 {
			f.state = inStart
			return nil
		}
		name, _, err := split(line)
		if err == nil && (framesBody(name)) {
			err = faultTrailerName
		}
		return err
	}
	return nil
}

// split takes a field's line apart.
func split(line []byte) (name, value []byte, err error) {
	if line[0] == ' ' || line[0] == '\t' {
		return nil, nil, faultFold
	}
	name, value, ok := bytes.Cut(line, []byte{':'})
	if !ok || !httpguts.ValidHeaderFieldName(string(name)) {
		return nil, nil, faultName
	}
	return name, bytes.Trim(value, " \t"), nil
}

var (
	contentLength    = []byte("content-length")
	transferEncoding = []byte("transfer-encoding")
	chunked          = []byte("chunked")
)

func framesBody(name []byte) bool {
	return bytes.EqualFold(name, contentLength) || bytes.EqualFold(name, transferEncoding)
}

// field reads a header field, as far as it says where the body ends.
func (f *framing) field(line []byte) error {
	name, value, err := split(line)
	switch {
	case err != nil:
		return err
	case bytes.EqualFold(name, contentLength):
		if f.length >= 0 {
			return faultTwoLengths
		}
		if f.length, err = number(value, 10); err != nil {
			return faultLength
		}
	case bytes.EqualFold(name, transferEncoding):
		// net/http knows chunked alone, and answers 501 to others.
		f.foreign = f.foreign || f.chunked || !bytes.EqualFold(value, chunked)
		f.chunked = true
		if f.old {
			return faultOldChunked
		}
	}
	if f.chunked && f.length >= 0 {
		return faultBoth
	}
	return nil
}

// endOfHeader finds out what follows the header (RFC 9112 §6.3).
func (f *framing) endOfHeader() error {
	switch {
	case f.foreign:
		f.state = inNothing
	case f.chunked:
		f.state = inChunkSize
	case f.length > 0:
		f.state, f.left = inBody, f.length
	default:
		f.state = inStart
	}
	return nil
}

// chunkSize reads the line before a chunk: its size, and extensions that mean nothing.
func (f *framing) chunkSize(line []byte) error {
	digits, _, extended := bytes.Cut(line, []byte{';'})
	if extended {
		digits = bytes.TrimRight(digits, " \t") // RFC 9112 §7.1.1: BWS before the semicolon
	}
	size, err := number(digits, 16)
	if err != nil {
		return faultChunk
	}
	if f.state, f.left = inChunk, size; size == 0 {
		f.state = inTrailer
	}
	return nil
}

// number reads digits, without the signs and underscores that strconv takes.
func number(digits []byte, base int) (int64, error) {
	if len(digits) == 0 || len(digits) > maxDigits || bytes.ContainsAny(digits, "+-_") {
		return 0, strconv.ErrSyntax
	}
	return strconv.ParseInt(string(digits), base, 64)
}
