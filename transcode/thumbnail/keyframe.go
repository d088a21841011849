package thumbnail

import (
	"context"
	"iter"

	"github.com/globalfandom/lightstick/packager"
)

// previewSide is what a preview picture has to fit in, in pixels: as the thumbnails of
// recordings.
const previewSide = 240

// Draw makes a JPEG of a keyframe.
type Draw func(context.Context, packager.KeyPicture) ([]byte, error)

// Drawing makes pictures of streams with an FFmpeg; nil without one.
func Drawing(program string) Draw {
	if program == "" {
		return nil
	}
	return func(ctx context.Context, p packager.KeyPicture) ([]byte, error) {
		return Poster(ctx, program, sourceOf(p))
	}
}

// DrawingSmall makes preview pictures of segments likewise.
func DrawingSmall(program string) Draw {
	if program == "" {
		return nil
	}
	return func(ctx context.Context, p packager.KeyPicture) ([]byte, error) {
		thumbs, err := Thumbnails(ctx, program, []Source{sourceOf(p)}, previewSide)
		if err != nil {
			return nil, err
		}
		return thumbs[0].JPEG, nil
	}
}

// sourceOf is a keyframe as a source of pictures.
func sourceOf(p packager.KeyPicture) Source {
	frames := iter.Seq2[Frame, error](func(yield func(Frame, error) bool) {
		yield(Frame{Payload: p.Payload}, nil)
	})
	return Source{Track: p.Track, Init: p.Init, Frames: frames}
}
