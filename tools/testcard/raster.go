package testcard

import (
	"image"
	"image/color"
)

func fill(dst *image.YCbCr, r image.Rectangle, c color.YCbCr) {
	for y := r.Min.Y; y < r.Max.Y; y++ {
		row := dst.Y[dst.YOffset(r.Min.X, y) : dst.YOffset(r.Max.X-1, y)+1]
		for i := range row {
			row[i] = c.Y
		}
	}
	for y := r.Min.Y; y < r.Max.Y; y += 2 {
		for x := r.Min.X; x < r.Max.X; x += 2 {
			o := dst.COffset(x, y)
			dst.Cb[o], dst.Cr[o] = c.Cb, c.Cr
		}
	}
}

// blend paints with the mask's opacity.
func blend(dst *image.YCbCr, mask *image.Alpha, at image.Point, c color.YCbCr) {
	size := mask.Rect.Size()
	for y := range size.Y {
		for x := range size.X {
			a := int(mask.Pix[y*mask.Stride+x])
			if a == 0 || !(image.Pt(at.X+x, at.Y+y).In(dst.Rect)) {
				continue
			}
			o := dst.YOffset(at.X+x, at.Y+y)
			dst.Y[o] = mix(dst.Y[o], c.Y, a)
			if x%2 == 0 && y%2 == 0 {
				o = dst.COffset(at.X+x, at.Y+y)
				dst.Cb[o], dst.Cr[o] = mix(dst.Cb[o], c.Cb, a), mix(dst.Cr[o], c.Cr, a)
			}
		}
	}
}

func mix(from, to uint8, a int) uint8 { return uint8((int(from)*(255-a) + int(to)*a) / 255) }

func disc(dst *image.YCbCr, centre image.Point, radius int, c color.YCbCr) {
	for y := -radius; y <= radius; y++ {
		x := 0
		for x*x+y*y <= radius*radius {
			x++
		}
		fill(dst, image.Rect(centre.X-x, centre.Y+y, centre.X+x, centre.Y+y+1), c)
	}
}

func copyPicture(dst, src *image.YCbCr) {
	copy(dst.Y, src.Y)
	copy(dst.Cb, src.Cb)
	copy(dst.Cr, src.Cr)
}

func copyArea(dst, src *image.YCbCr, r image.Rectangle) {
	for y := r.Min.Y; y < r.Max.Y; y++ {
		from, to := dst.YOffset(r.Min.X, y), dst.YOffset(r.Max.X, y)
		copy(dst.Y[from:to], src.Y[from:to])
		if y%2 == 0 {
			from, to = dst.COffset(r.Min.X, y), dst.COffset(r.Max.X, y)
			copy(dst.Cb[from:to], src.Cb[from:to])
			copy(dst.Cr[from:to], src.Cr[from:to])
		}
	}
}
