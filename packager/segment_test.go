package packager

import (
	"bytes"
	"errors"
	"io"
	"testing"
	"testing/iotest"
)

// unreachable is a storage that does not answer.
type unreachable struct{}

var errUnreachable = errors.New("unreachable")

func (unreachable) Open() (io.ReadSeekCloser, error) { return nil, errUnreachable }

// A part is the same bytes from memory and from storage, where it is a stretch of its
// segment.
func TestPartsAreReadFromMemoryAndStorage(t *testing.T) {
	chunks := [][]byte{bytes.Repeat([]byte("one"), 100), []byte("two"), bytes.Repeat([]byte("three"), 50)}
	whole := bytes.Join(chunks, nil)
	parts := make([]Part, len(chunks))
	for i, c := range chunks {
		parts[i].Size = len(c)
	}
	make := func(closed bool) *Segment {
		s := &Segment{Entry: Entry{Size: len(whole)}}
		s.index.Store(&parts)
		s.done.Store(closed)
		return s
	}
	memory, storage := make(false), make(true)
	memory.memory.Store(&chunks)
	storage.MarkStored(held(whole))
	for place, s := range map[string]*Segment{"memory": memory, "storage": storage} {
		for i, want := range chunks {
			r, err := s.OpenPart(i)
			if err != nil {
				t.Fatalf("part %d in %s: %v", i, place, err)
			}
			if err := iotest.TestReader(r, want); err != nil {
				t.Errorf("part %d in %s: %v", i, place, err)
			}
			if err := r.Close(); err != nil {
				t.Error(err)
			}
		}
		for _, part := range []int{WholeSegment, len(chunks)} {
			if _, err := s.OpenPart(part); !errors.Is(err, ErrGone) {
				t.Errorf("part %d in %s: %v", part, place, err)
			}
		}
		r, err := s.Open()
		if err != nil {
			t.Fatal(err)
		}
		if err := iotest.TestReader(r, whole); err != nil {
			t.Errorf("the whole in %s: %v", place, err)
		}
	}
	// What is still being written is not in storage.
	open := make(false)
	open.MarkStored(held(whole))
	if _, err := open.OpenPart(0); !errors.Is(err, ErrGone) {
		t.Errorf("a part of an open segment in storage: %v", err)
	}
	lost := make(true)
	if _, err := lost.OpenPart(0); !errors.Is(err, ErrGone) {
		t.Errorf("a part that nobody has: %v", err)
	}
	lost.MarkStored(unreachable{})
	if _, err := lost.OpenPart(0); !errors.Is(err, errUnreachable) {
		t.Errorf("a part out of reach: %v", err)
	}
}

// A segment goes out from anywhere in it, as ranges ask for it.
func TestSegmentsAreWrittenFromTheirMiddle(t *testing.T) {
	chunks := [][]byte{[]byte("one"), []byte("two"), []byte("three")}
	whole := bytes.Join(chunks, nil)
	for from := range len(whole) + 1 {
		r := &chunkReader{chunks: chunks, size: int64(len(whole))}
		if _, err := r.Seek(int64(from), io.SeekStart); err != nil {
			t.Fatal(err)
		}
		var b bytes.Buffer
		if n, err := r.WriteTo(&b); err != nil || n != int64(b.Len()) || !bytes.Equal(b.Bytes(), whole[from:]) {
			t.Errorf("from %d: %q, %v", from, &b, err)
		}
		if at, err := r.Seek(-1, io.SeekCurrent); err != nil || at != int64(len(whole)-1) {
			t.Errorf("from %d: then at %d, %v", from, at, err)
		}
	}
	r := &chunkReader{chunks: chunks, size: int64(len(whole))}
	if at, err := r.Seek(-1, io.SeekStart); !errors.Is(err, errSeek) || at != 0 || r.offset != 0 {
		t.Errorf("before the beginning: at %d, %v", at, err)
	}
}
