package thumbnail

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"time"

	"github.com/globalfandom/lightstick/media"
	"github.com/globalfandom/lightstick/packager/cmaf"
	"github.com/globalfandom/lightstick/transcode/internal/child"
)

// stall is how long FFmpeg may take for a frame.
const stall = 30 * time.Second

// number is the media time between two frames on their way into FFmpeg: so long that
// no rounding can turn one into another.
const number = time.Second

// run is the way of a source's frames through FFmpeg, or through several in turn.
//
// Frames go in with their number as timestamp. Pictures come out in the decoder's
// order, with holes, and bear the number that the filters gave them; beside them comes
// the list of which frame each is. Timestamps of frames can't go all the way:
// keyframes that aren't IDR may come out in another order, which encoders refuse.
type run struct {
	source  Source
	next    func() (Frame, error, bool)
	pending *Frame // was taken, but not fed
	err     error  // of the frames

	at     []time.Duration // of the frames, by number
	thumbs []Thumb
	failed error // of the last FFmpeg that failed
}

// once runs one FFmpeg, from the next frame on to the last if all goes well.
func (r *run) once(ctx context.Context, program string, args []string) error {
	var pictures []block
	var frames map[int]int
	err := child.Job{
		Program: program, Args: args, Stall: stall,
		Feeds: []func(context.Context, io.Writer) error{r.feed},
		Reads: []func(io.Reader) error{
			func(from io.Reader) (err error) { pictures, err = readPictures(from); return err },
			func(from io.Reader) (err error) { frames, err = readFrames(from); return err },
		},
	}.Run(ctx)
	r.match(pictures, frames)
	return err
}

// match gives pictures the positions of their frames. If two claim the same frame the
// last one stays: decoders may show something old in the place of what is broken,
// never something new.
func (r *run) match(pictures []block, frames map[int]int) {
	made := make(map[int]int) // index in thumbs of each frame
	for _, p := range pictures {
		n, known := frames[int((p.at+number/2)/number)]
		if !known || n < 0 || n >= len(r.at) {
			continue
		}
		thumb := Thumb{At: r.at[n], JPEG: p.data}
		if i, again := made[n]; again {
			r.thumbs[i] = thumb
			continue
		}
		made[n] = len(r.thumbs)
		r.thumbs = append(r.thumbs, thumb)
	}
}

// advance takes the next frame that isn't empty, if there is one.
func (r *run) advance() bool {
	for r.pending == nil && r.err == nil {
		f, err, ok := r.next()
		if !ok || err != nil {
			r.err = err
			return false
		}
		if len(f.Payload) > 0 { // in MP4 there is no sample of nothing
			r.pending = &f
		}
	}
	return r.pending != nil
}

// feed writes frames as fragmented MP4, one a fragment, up to the next that needs a
// decoder of its own.
func (r *run) feed(_ context.Context, w io.Writer) error {
	if _, err := w.Write(r.source.Init); err != nil {
		return err
	}
	scale, codec := r.source.Track.Timescale, r.source.Track.Codec
	for first := true; r.advance(); first = false {
		f := *r.pending
		if !first && needsStart(codec, f.Payload) {
			return nil
		}
		r.pending = nil
		n := len(r.at)
		r.at = append(r.at, f.At)
		s := media.Sample{
			DTS:      media.TicksOf(time.Duration(n)*number, scale),
			Duration: media.TicksOf(number, scale), KeyFrame: true,
			Payload: alone(codec, f.Payload),
		}
		chunk := cmaf.Chunk{Sequence: uint32(n + 1), Runs: [][]media.Sample{{s}}}
		if _, err := w.Write(chunk.Marshal()); err != nil {
			return err
		}
	}
	return r.err
}

// readPictures takes FFmpeg's pictures.
func readPictures(from io.Reader) (pictures []block, err error) {
	m := matroska{r: newReader(from)}
	for {
		b, err := m.next()
		if err == io.EOF {
			return pictures, nil
		}
		if err != nil {
			return pictures, err
		}
		pictures = append(pictures, b)
	}
}

// readFrames reads which frame each picture is, as the filter metadata prints it.
func readFrames(from io.Reader) (map[int]int, error) {
	frames := make(map[int]int)
	lines := bufio.NewScanner(from)
	for lines.Scan() {
		var picture, pts int
		var seconds float64
		if _, err := fmt.Sscanf(lines.Text(), "frame:%d pts:%d pts_time:%g", &picture, &pts, &seconds); err == nil {
			frames[picture] = int(seconds + 0.5)
		}
	}
	return frames, lines.Err()
}
