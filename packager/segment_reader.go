package packager

import (
	"errors"
	"io"
)

var errSeek = errors.New("packager: seek before the beginning")

// chunkReader reads a segment from the chunks that its parts are, without
// joining them first.
type chunkReader struct {
	chunks [][]byte
	size   int64
	offset int64
}

func (r *chunkReader) Read(p []byte) (int, error) {
	skip := r.offset
	for _, c := range r.chunks {
		if skip < int64(len(c)) {
			n := copy(p, c[skip:])
			r.offset += int64(n)
			return n, nil
		}
		skip -= int64(len(c))
	}
	return 0, io.EOF
}

// WriteTo hands each chunk to w as it is, without a copy in between.
func (r *chunkReader) WriteTo(w io.Writer) (int64, error) {
	var written int64
	skip := r.offset
	for _, c := range r.chunks {
		if skip >= int64(len(c)) {
			skip -= int64(len(c))
			continue
		}
		n, err := w.Write(c[skip:])
		written += int64(n)
		r.offset += int64(n)
		skip = 0
		if err != nil {
			return written, err
		}
	}
	return written, nil
}

func (r *chunkReader) Seek(offset int64, whence int) (int64, error) {
	switch whence {
	case io.SeekCurrent:
		offset += r.offset
	case io.SeekEnd:
		offset += r.size
	}
	if offset < 0 {
		return 0, errSeek
	}
	r.offset = offset
	return offset, nil
}

func (r *chunkReader) Close() error { return nil }

type nopCloser struct{ io.ReadSeeker }

func (nopCloser) Close() error { return nil }

// storedPart is a part of a stored segment.
type storedPart struct {
	*io.SectionReader
	io.Closer
}
