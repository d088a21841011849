// Package section makes a stretch of what can be read and sought a thing of its own.
package section

import (
	"errors"
	"io"
)

// New is length bytes of another reader, from an offset on. Nobody else may use that one
// meanwhile.
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
