package thumbnail

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"time"

	"github.com/globalfandom/lightstick/media"
	"github.com/globalfandom/lightstick/transcode/internal/child"
)

// ErrNoPicture reports that not one of the frames could be decoded, or that there
// were none.
var ErrNoPicture = errors.New("thumbnail: no picture")

// Frame is one coded keyframe.
type Frame struct {
	At      time.Duration // its position in the recording, not negative
	Payload []byte        // as a CMAF sample has it; read until the next frame is asked for
}

// Source is keyframes that share one initialization section. A recording has
// several when its parameters change.
type Source struct {
	Track media.Track
	// Init is the initialization section. It may have a second track with sound, after
	// the picture's.
	Init []byte
	// Frames are the keyframes in order. They are asked for from another goroutine than
	// the caller's, one at a time; whoever gives them should end with the context.
	Frames iter.Seq2[Frame, error]
}

// Thumb is a small picture.
type Thumb struct {
	At   time.Duration
	JPEG []byte
}

// maxFailures is how many runs of FFmpeg may fail in a row. One that fails has lost a
// few frames; the next goes on after them.
const maxFailures = 3

// Thumbnails makes a picture of each keyframe that can be decoded, in order of
// position, at most width pixels wide and high, of the right shape. program is
// FFmpeg; "" is the one in PATH.
//
// With an error come the pictures made before it. It is ErrNoPicture if the frames were
// given in full but none can be decoded.
func Thumbnails(ctx context.Context, program string, sources []Source, width int) ([]Thumb, error) {
	var thumbs []Thumb
	var failed error
	for _, s := range sources {
		made, err := s.decode(ctx, program, box{width, thumbQuality})
		thumbs = append(thumbs, made...)
		if err != nil && !errors.Is(err, ErrNoPicture) {
			return inOrder(thumbs), err
		}
		failed = errors.Join(failed, err)
	}
	if len(thumbs) == 0 {
		if failed == nil {
			failed = ErrNoPicture
		}
		return nil, failed
	}
	return inOrder(thumbs), nil
}

func inOrder(thumbs []Thumb) []Thumb {
	slices.SortStableFunc(thumbs, func(a, b Thumb) int { return int(a.At - b.At) })
	return thumbs
}

// decode makes a source's pictures.
func (s Source) decode(ctx context.Context, program string, b box) ([]Thumb, error) {
	args, err := arguments(ctx, program, s.Track, b)
	if err != nil {
		return nil, err
	}
	next, stop := iter.Pull2(s.Frames)
	defer stop()
	r := &run{source: s, next: next}
	for failures := 0; r.advance(); {
		before := len(r.thumbs)
		err := r.once(ctx, program, args)
		if len(r.thumbs) > before {
			failures = 0
		}
		switch {
		case ctx.Err() != nil:
			return r.thumbs, err
		case r.err != nil:
			return r.thumbs, r.err
		case errors.Is(err, child.ErrStart):
			return r.thumbs, err
		case err != nil:
			r.failed = err
			if failures++; failures == maxFailures && r.advance() {
				return r.thumbs, fmt.Errorf("thumbnail: after %v: %w", r.at[len(r.at)-1], err)
			}
		}
	}
	switch {
	case r.err != nil:
		return r.thumbs, r.err
	case len(r.thumbs) == 0 && r.failed != nil:
		return nil, fmt.Errorf("%w: %w", ErrNoPicture, r.failed)
	case len(r.thumbs) == 0:
		return nil, ErrNoPicture
	}
	return r.thumbs, nil
}
