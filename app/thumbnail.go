package app

import (
	"context"
	"iter"

	"github.com/globalfandom/lightstick/packager"
	"github.com/globalfandom/lightstick/transcode/thumbnail"
)

// previewSide is what a preview picture has to fit in, in pixels: as the thumbnails of
// recordings.
const previewSide = 240

// draw makes a JPEG of a keyframe.
type draw func(context.Context, packager.KeyPicture) ([]byte, error)

// drawing makes pictures of streams with an FFmpeg; nil without one.
func drawing(program string) draw {
	if program == "" {
		return nil
	}
	return func(ctx context.Context, p packager.KeyPicture) ([]byte, error) {
		return thumbnail.Poster(ctx, program, alone(p))
	}
}

// drawingSmall makes preview pictures of segments likewise.
func drawingSmall(program string) draw {
	if program == "" {
		return nil
	}
	return func(ctx context.Context, p packager.KeyPicture) ([]byte, error) {
		thumbs, err := thumbnail.Thumbnails(ctx, program, []thumbnail.Source{alone(p)}, previewSide)
		if err != nil {
			return nil, err
		}
		return thumbs[0].JPEG, nil
	}
}

// alone is a keyframe as a source of pictures.
func alone(p packager.KeyPicture) thumbnail.Source {
	frames := iter.Seq2[thumbnail.Frame, error](func(yield func(thumbnail.Frame, error) bool) {
		yield(thumbnail.Frame{Payload: p.Payload}, nil)
	})
	return thumbnail.Source{Track: p.Track, Init: p.Init, Frames: frames}
}
