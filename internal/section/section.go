// Package section reads a range of bytes of an io.ReadSeeker.
package section

import (
	"errors"
	"io"
)

// New reads length bytes of another reader, from an offset on. The other reader must not be
// used by anybody else meanwhile.
func New(of io.ReadSeeker, offset, length int64) *io.SectionReader {
	return io.NewSectionReader(readerAt{of}, offset, length)
}

// readerAt reads anywhere by seeking.
type readerAt struct{ of io.ReadSeeker }

// ReadAt implements io.ReaderAt, but for one goroutine at a time.
func (r readerAt) ReadAt(p []byte, offset int64) (int, error) {
	if _, err := r.of.Seek(offset, io.SeekStart); err != nil {
		return 0, err
	}
	n, err := io.ReadFull(r.of, p)
	if errors.Is(err, io.ErrUnexpectedEOF) {
		err = io.EOF
	}
	return n, err
}
