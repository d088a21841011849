package packager

import (
	"io"

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
	r.stream.mu.Lock()
	track, publication := r.track, r.publication
	r.stream.mu.Unlock()
	closed := r.Snapshot().closed
	for i := len(closed) - 1; i >= 0; i-- {
		s := closed[i]
		if s.Publication != publication {
			break // of another track
		}
		if s.Gap || s.KeyFrame.End == 0 {
			continue
		}
		init, err := r.Init(publication)
		if err != nil {
			return KeyPicture{}, err
		}
		payload, err := s.readKeyFrame()
		return KeyPicture{Track: track, Init: init, Payload: payload}, err
	}
	return KeyPicture{}, ErrGone
}

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
