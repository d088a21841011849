package main

import (
	"context"
	"iter"

	"github.com/globalfandom/lightstick/packager"
	"github.com/globalfandom/lightstick/transcode/still"
)

// drawing makes pictures of streams with an FFmpeg; nil without one.
func drawing(program string) func(context.Context, packager.KeyPicture) ([]byte, error) {
	if program == "" {
		return nil
	}
	return func(ctx context.Context, p packager.KeyPicture) ([]byte, error) {
		frames := iter.Seq2[still.Frame, error](func(yield func(still.Frame, error) bool) {
			yield(still.Frame{Payload: p.Payload}, nil)
		})
		return still.Poster(ctx, program, still.Source{Track: p.Track, Init: p.Init, Frames: frames})
	}
}
