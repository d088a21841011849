package packager

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"sync/atomic"
	"time"

	"github.com/globalfandom/lightstick/internal/section"
	"github.com/globalfandom/lightstick/media"
	"github.com/globalfandom/lightstick/packager/hls"
)

// Entry is what is known of a closed segment besides its bytes: what a journal
// keeps, and a stream is restored from.
type Entry struct {
	MSN             int64         `json:"msn"`
	Epoch           string        `json:"pub"` // random ID of the epoch; part of the URL
	ProgramDateTime time.Time     `json:"at"`
	Duration        time.Duration `json:"dur"` // nanoseconds
	Discontinuity   bool          `json:"disc,omitempty"`
	Gap             bool          `json:"gap,omitempty"`   // nothing was produced: EXT-X-GAP
	Lag             time.Duration `json:"lag,omitempty"`   // of its first sample behind the boundary that it begins at
	Size            int           `json:"size,omitempty"`  // bytes
	Start           media.Ticks   `json:"start"`           // on the stream's timeline, at 90 kHz
	Discontinuities int64         `json:"discs,omitempty"` // before it, since the stream began
	Dependent       bool          `json:"dep,omitempty"`   // it doesn't begin with a keyframe
	// KeyFrame is where its first keyframe lies in a segment with pictures.
	KeyFrame KeyFrame `json:"key,omitzero"`
}

// Boundary is when the segment begins in the rendition that leads: all of one number
// begin there, sound up to a frame later. It is truncated to what playlists show.
func (e Entry) Boundary() time.Time { return playlistTime(e.ProgramDateTime.Add(-e.Lag)) }

// KeyFrame is where a segment's first keyframe ends, and how long its sample is, in
// bytes. The zero value is unknown, or none.
type KeyFrame struct {
	End  int `json:"end"`
	Size int `json:"size"`
}

// Segment is one media segment of a rendition. It is immutable once it is closed,
// but for where its bytes are: in memory, in storage, or both. While it is open
// only its chunks may be read by others than the writer.
type Segment struct {
	Entry

	at     time.Duration // of its end, on the sum of its rendition's segments
	done   atomic.Bool   // closed: Entry is final
	index  atomic.Pointer[[]Part]
	memory atomic.Pointer[[][]byte]
	stored atomic.Pointer[Stored]
}

// Part is one partial segment: one CMAF chunk.
type Part struct {
	Duration    time.Duration
	Independent bool // begins with a keyframe
	Size        int  // bytes
}

// MarshalJSON writes nanoseconds, bytes, and 1 for a part that begins with a keyframe: a
// journal has millions of parts.
func (p Part) MarshalJSON() ([]byte, error) {
	key := 0
	if p.Independent {
		key = 1
	}
	return fmt.Appendf(nil, "[%d,%d,%d]", int64(p.Duration), p.Size, key), nil
}

// UnmarshalJSON reads what MarshalJSON writes.
func (p *Part) UnmarshalJSON(b []byte) error {
	var v [3]int64
	if err := json.Unmarshal(b, &v); err != nil {
		return err
	}
	*p = Part{Duration: time.Duration(v[0]), Size: int(v[1]), Independent: v[2] == 1}
	return nil
}

// Stored is a closed segment's bytes in storage.
type Stored interface {
	// Open gives a reader of the whole segment; the caller closes it.
	Open() (io.ReadSeekCloser, error)
}

// Parts are what a recorder keeps beside the Entry, so that a restored stream still
// lists them. The slice must not be written to.
func (s *Segment) Parts() []Part { return s.parts() }

// parts are the segment's parts, or nil when it is so old that nobody may ask for
// them.
func (s *Segment) parts() []Part {
	if index := s.index.Load(); index != nil {
		return *index
	}
	return nil
}

// addPart adds a part, and its bytes. The segment is open.
func (s *Segment) addPart(part Part, chunk []byte) {
	chunks, parts := append(s.Chunks(), chunk), append(s.parts(), part)
	s.Size += len(chunk)
	s.memory.Store(&chunks)
	s.index.Store(&parts)
}

// Chunks are the segment's bytes in memory, one slice a part, or nil when they
// are in storage only. They must not be written to.
func (s *Segment) Chunks() [][]byte {
	if chunks := s.memory.Load(); chunks != nil {
		return *chunks
	}
	return nil
}

// MarkStored says that storage holds the segment from now on, so that memory may
// let go of it.
func (s *Segment) MarkStored(in Stored) { s.stored.Store(&in) }

// releaseMemory lets go of the bytes in memory if storage has them.
func (s *Segment) releaseMemory() bool {
	if s.stored.Load() == nil {
		return false
	}
	s.memory.Store(nil)
	return true
}

// Open gives a reader of the whole segment; the caller closes it. It fails with
// ErrGone when the segment holds nothing, or with storage's error.
func (s *Segment) Open() (io.ReadSeekCloser, error) {
	if chunks := s.Chunks(); chunks != nil {
		return &chunkReader{chunks: chunks, size: int64(s.Size)}, nil
	}
	if stored := s.stored.Load(); stored != nil {
		return (*stored).Open()
	}
	return nil, ErrGone
}

// end is when the segment ends.
func (s *Segment) end() time.Time { return s.ProgramDateTime.Add(s.Duration) }

// PartCount is how many parts can be opened; 0 when it is so long ago that they were
// listed that nobody may ask for them.
func (s *Segment) PartCount() int { return len(s.parts()) }

// OpenPart gives a reader of one part; the caller closes it.
func (s *Segment) OpenPart(part int) (io.ReadSeekCloser, error) {
	if chunks := s.Chunks(); chunks != nil && part >= 0 && part < len(chunks) {
		return nopCloser{bytes.NewReader(chunks[part])}, nil
	}
	parts := s.parts()
	if !s.done.Load() || part < 0 || part >= len(parts) {
		return nil, ErrGone
	}
	whole, err := s.Open()
	if err != nil {
		return nil, err
	}
	var offset int64
	for _, p := range parts[:part] {
		offset += int64(p.Size)
	}
	return storedPart{section.New(whole, offset, int64(parts[part].Size)), whole}, nil
}

// appendTo lists the segment in one of its forms, with the parts given, after another
// with the initialization section given.
func (s *Segment) appendTo(b []byte, at address, f form, parts []Part, previousMap string) []byte {
	d := s.describe(at, parts, false)
	if f == formIFrames {
		d.Gap = d.Gap || s.KeyFrame.End == 0 // no picture can be shown alone
		d.Range = hls.ByteRange{Length: s.KeyFrame.End}
	}
	return d.Append(b, previousMap)
}

// describe is the segment as a playlist lists it, with the parts given.
func (s *Segment) describe(at address, parts []Part, open bool) hls.Segment {
	d := hls.Segment{
		ProgramDateTime: s.ProgramDateTime, Discontinuity: s.Discontinuity, Open: open, Map: at.init(s),
	}
	if !open {
		d.URI, d.Duration, d.Gap = at.segment(s), s.Duration, s.Gap
	}
	d.Parts = make([]hls.Part, len(parts))
	for i, p := range parts {
		d.Parts[i] = hls.Part{URI: at.part(s, i), Duration: p.Duration, Independent: p.Independent}
	}
	return d
}
