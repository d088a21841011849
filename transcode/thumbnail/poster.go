package thumbnail

import (
	"bytes"
	"context"
	"image"
	"image/jpeg"
	"iter"
	"math"
)

const (
	posterSide = 1280 // pixels
	candidates = 10
)

// Poster makes a JPEG, at most 1280 pixels wide and high, of the most telling of the
// source's first ten frames: the one with the most different shades, which is none
// that is black, plain or fading. It fails with ErrNoPicture if none can be decoded.
func Poster(ctx context.Context, program string, s Source) ([]byte, error) {
	s.Frames = first(candidates, s.Frames)
	pictures, err := s.decode(ctx, program, box{posterSide, posterQuality})
	var best []byte
	most := -1.0
	for _, p := range pictures {
		picture, err := jpeg.Decode(bytes.NewReader(p.JPEG))
		if err != nil {
			continue
		}
		if t := telling(picture); t > most {
			best, most = p.JPEG, t
		}
	}
	if best != nil {
		return best, nil
	}
	if err == nil {
		err = ErrNoPicture
	}
	return nil, err
}

func first(n int, frames iter.Seq2[Frame, error]) iter.Seq2[Frame, error] {
	return func(yield func(Frame, error) bool) {
		given := 0
		for f, err := range frames {
			given++
			if !yield(f, err) || given == n {
				return
			}
		}
	}
}

// telling measures how much there is to see: the entropy of the picture's shades, in
// bits, and of the differences between neighbours, which tells a sharp picture from a
// blurred one with the same shades.
func telling(picture image.Image) float64 {
	luma := func(x, y int) uint8 { r, _, _, _ := picture.At(x, y).RGBA(); return uint8(r >> 8) }
	if p, ok := picture.(*image.YCbCr); ok {
		luma = func(x, y int) uint8 { return p.Y[p.YOffset(x, y)] }
	}
	const step = 4 // enough of the pixels, in a sixteenth of the time
	var shades, edges histogram
	b := picture.Bounds()
	for y := b.Min.Y; y < b.Max.Y; y += step {
		for x := b.Min.X; x+1 < b.Max.X; x += step {
			here, beside := luma(x, y), luma(x+1, y)
			shades.add(here)
			edges.add(max(here, beside) - min(here, beside))
		}
	}
	return shades.entropy() + edges.entropy()
}

// histogram counts in steps of 4, so that noise in the dark counts as little.
type histogram struct {
	counts [64]int
	total  int
}

func (h *histogram) add(v uint8) {
	h.counts[v/4]++
	h.total++
}

func (h *histogram) entropy() (sum float64) {
	for _, n := range h.counts {
		if n > 0 {
			p := float64(n) / float64(h.total)
			sum -= p * math.Log2(p)
		}
	}
	return sum
}
