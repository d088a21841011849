package packager

import (
	"io"
	"time"

	"github.com/globalfandom/lightstick/media"
)

// KeyPicture is a coded keyframe, and what is needed to decode it.
type KeyPicture struct {
	Track   media.Track
	Init    []byte // the initialization section
	Payload []byte // as a CMAF sample has it
}

// KeyPicture is the first keyframe of the newest segment that has one. It fails with
// ErrGone if there is none, and with storage's error.
func (r *Rendition) KeyPicture() (KeyPicture, error) {
	closed := r.Snapshot().closed
	for i := len(closed) - 1; i >= 0; i-- {
		if closed[i].hasKeyFrame() {
			return r.keyPicture(closed[i])
		}
	}
	return KeyPicture{}, ErrGone
}

// previewInterval is how much media time shares one preview picture, so that whoever asks
// for those of all segments costs no more drawings than this. Players that follow the same
// rule share the picture's URL, too.
const previewInterval = 10 * time.Second

// KeySegment is a segment with a keyframe.
type KeySegment struct {
	MSN       int64
	rendition *Rendition
	segment   *Segment
}

// Read reads the first keyframe. It fails with storage's error.
func (k KeySegment) Read() (KeyPicture, error) { return k.rendition.keyPicture(k.segment) }

// PreviewSegment finds the segment that the preview picture of another one is of: the
// first of those that begin in the same ten seconds of program date time and can still be
// fetched, in the rendition with the smallest picture, for all renditions are cut at the
// same media time under the same number. It fails with ErrGone.
func (p *published) PreviewSegment(epoch string, msn int64) (KeySegment, error) {
	k, err := p.smallestPicture(epoch, msn)
	if err != nil {
		return KeySegment{}, err
	}
	period := k.segment.ProgramDateTime.Truncate(previewInterval)
	for {
		earlier, err := k.rendition.keySegment(epoch, k.MSN-1)
		if err != nil || earlier.segment.ProgramDateTime.Before(period) {
			return k, nil
		}
		k = earlier
	}
}

// smallestPicture finds a segment with a keyframe in the rendition with the smallest picture.
func (p *published) smallestPicture(epoch string, msn int64) (smallest KeySegment, err error) {
	height := 0
	for _, r := range p.Renditions() {
		k, err := r.keySegment(epoch, msn)
		if err != nil {
			continue
		}
		init, err := r.initOf(epoch)
		if err != nil || smallest.segment != nil && init.Track.Height >= height {
			continue
		}
		smallest, height = k, init.Track.Height
	}
	if smallest.segment == nil {
		return KeySegment{}, ErrGone
	}
	return smallest, nil
}

func (r *Rendition) keySegment(epoch string, msn int64) (KeySegment, error) {
	if !r.IsVideo() {
		return KeySegment{}, ErrGone
	}
	s, err := r.Segment(epoch, Position{MSN: msn, Part: WholeSegment})
	if err != nil || !s.hasKeyFrame() {
		return KeySegment{}, ErrGone
	}
	return KeySegment{MSN: msn, rendition: r, segment: s}, nil
}

func (r *Rendition) keyPicture(s *Segment) (KeyPicture, error) {
	init, err := r.initOf(s.Epoch)
	if err != nil {
		return KeyPicture{}, err
	}
	payload, err := s.readKeyFrame()
	return KeyPicture{Track: init.Track, Init: init.Section, Payload: payload}, err
}

func (s *Segment) hasKeyFrame() bool { return !s.Gap && s.KeyFrame.End > 0 }

func (s *Segment) readKeyFrame() ([]byte, error) {
	from, err := s.Open()
	if err != nil {
		return nil, err
	}
	defer from.Close()
	if _, err := from.Seek(int64(s.KeyFrame.End-s.KeyFrame.Size), io.SeekStart); err != nil {
		return nil, err
	}
	payload := make([]byte, s.KeyFrame.Size)
	_, err = io.ReadFull(from, payload)
	return payload, err
}
