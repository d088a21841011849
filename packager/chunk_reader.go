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
	at, err := seekTo(offset, whence, r.offset, r.size)
	if err == nil {
		r.offset = at
	}
	return at, err
}

func (r *chunkReader) Close() error { return nil }

func seekTo(offset int64, whence int, current, size int64) (int64, error) {
	switch whence {
	case io.SeekCurrent:
		offset += current
	case io.SeekEnd:
		offset += size
	}
	if offset < 0 {
		return 0, errSeek
	}
	return offset, nil
}

type nopCloser struct{ io.ReadSeeker }

func (nopCloser) Close() error { return nil }

// section is a part of a stored segment.
type section struct {
	of            io.ReadSeekCloser
	begin, length int64
	offset        int64
}

func newSection(of io.ReadSeekCloser, begin, length int64) *section {
	return &section{of: of, begin: begin, length: length}
}

func (s *section) Read(p []byte) (int, error) {
	if s.offset >= s.length {
		return 0, io.EOF
	}
	if _, err := s.of.Seek(s.begin+s.offset, io.SeekStart); err != nil {
		return 0, err
	}
	n, err := s.of.Read(p[:min(int64(len(p)), s.length-s.offset)])
	s.offset += int64(n)
	return n, err
}

func (s *section) Seek(offset int64, whence int) (int64, error) {
	at, err := seekTo(offset, whence, s.offset, s.length)
	if err == nil {
		s.offset = at
	}
	return at, err
}

func (s *section) Close() error { return s.of.Close() }
