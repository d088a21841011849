package testcard

import (
	"image"
	"image/color"
	"math"
	"time"

	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/gofont/gomono"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/math/fixed"
)

// picture draws frames into one YCbCr image. What doesn't move is drawn once.
type picture struct {
	frame      *image.YCbCr
	background *image.YCbCr
	digits     map[rune]*image.Alpha
	cell       image.Point // size of a digit
	clockAt    image.Point
	clockArea  image.Rectangle
	dial       image.Point
	radius     int
}

// Colours of the picture, in 8-bit YCbCr.
var (
	ink   = color.YCbCr{Y: 24, Cb: 138, Cr: 126}
	paper = color.YCbCr{Y: 225, Cb: 128, Cr: 128}
	rose  = color.YCbCr{Y: 140, Cb: 118, Cr: 190}
	night = color.YCbCr{Y: 38, Cb: 142, Cr: 126}
	bars  = []color.YCbCr{
		{Y: 180, Cb: 128, Cr: 128}, {Y: 162, Cb: 44, Cr: 142}, {Y: 131, Cb: 156, Cr: 44}, {Y: 112, Cb: 72, Cr: 58},
		{Y: 84, Cb: 184, Cr: 198}, {Y: 65, Cb: 100, Cr: 212}, {Y: 35, Cb: 212, Cr: 114},
	}
)

func newPicture(width, height int) (*picture, error) {
	bounds := image.Rect(0, 0, width, height)
	p := &picture{
		frame:      image.NewYCbCr(bounds, image.YCbCrSubsampleRatio420),
		background: image.NewYCbCr(bounds, image.YCbCrSubsampleRatio420),
		digits:     make(map[rune]*image.Alpha),
	}
	if err := p.rasterise(float64(height) / 8); err != nil {
		return nil, err
	}
	clock := image.Pt(p.cell.X*len("00:00:00.000"), p.cell.Y)
	p.clockAt = even(image.Pt((width-clock.X)/2, height*3/10))
	p.clockArea = image.Rectangle{p.clockAt, p.clockAt.Add(clock)}
	p.radius = height / 8
	p.dial = even(image.Pt(width/2, height*6/10+height/24))
	return p, p.drawBackground(width, height)
}

// even makes chroma planes line up.
func even(p image.Point) image.Point { return image.Pt(p.X&^1, p.Y&^1) }

// rasterise draws each digit once.
func (p *picture) rasterise(size float64) error {
	face, err := newFace(gomono.TTF, size)
	if err != nil {
		return err
	}
	defer face.Close()
	advance, _ := face.GlyphAdvance('0')
	metrics := face.Metrics()
	p.cell = even(image.Pt(advance.Ceil()+1, (metrics.Ascent + metrics.Descent).Ceil()))
	for _, r := range "0123456789:." {
		glyph := image.NewAlpha(image.Rectangle{Max: p.cell})
		d := font.Drawer{Dst: glyph, Src: image.White, Face: face, Dot: fixed.P(0, metrics.Ascent.Ceil())}
		d.DrawString(string(r))
		p.digits[r] = glyph
	}
	return nil
}

func newFace(ttf []byte, size float64) (font.Face, error) {
	parsed, err := opentype.Parse(ttf)
	if err != nil {
		return nil, err
	}
	return opentype.NewFace(parsed, &opentype.FaceOptions{Size: size, DPI: 72, Hinting: font.HintingFull})
}

func (p *picture) drawBackground(width, height int) error {
	fill(p.background, p.background.Rect, ink)
	for i, c := range bars {
		fill(p.background, image.Rect(i*width/len(bars)&^1, 0, (i+1)*width/len(bars)&^1, height/12&^1), c)
	}
	if err := p.write("LIGHTSTICK", float64(height)/16, image.Pt(width/2, height*2/10), rose); err != nil {
		return err
	}
	copyPicture(p.frame, p.background)
	return nil
}

// write centres a text on the background.
func (p *picture) write(text string, size float64, at image.Point, c color.YCbCr) error {
	face, err := newFace(gobold.TTF, size)
	if err != nil {
		return err
	}
	defer face.Close()
	width := font.MeasureString(face, text).Ceil()
	mask := image.NewAlpha(image.Rect(0, 0, width+2, int(size*1.5)))
	d := font.Drawer{Dst: mask, Src: image.White, Face: face, Dot: fixed.P(0, int(size*1.1))}
	d.DrawString(text)
	blend(p.background, mask, even(image.Pt(at.X-width/2, at.Y-int(size*0.8))), c)
	return nil
}

// draw shows the instant t; elapsed is the time since the stream began.
func (p *picture) draw(t time.Time, elapsed time.Duration) *image.YCbCr {
	copyArea(p.frame, p.background, p.clockArea)
	for i, r := range t.Format("15:04:05.000") {
		blend(p.frame, p.digits[r], p.clockAt.Add(image.Pt(i*p.cell.X, 0)), paper)
	}
	p.drawDial(elapsed)
	p.drawStamp(NewStamp(t))
	return p.frame
}

// drawDial turns a hand once in two seconds; the dial flashes with the beep.
func (p *picture) drawDial(elapsed time.Duration) {
	area := image.Rect(p.dial.X-p.radius, p.dial.Y-p.radius, p.dial.X+p.radius, p.dial.Y+p.radius)
	copyArea(p.frame, p.background, area)
	face := night
	if beeping(elapsed) {
		face = rose
	}
	disc(p.frame, p.dial, p.radius*9/10, face)
	angle := 2 * math.Pi * float64(elapsed%(2*time.Second)) / float64(2*time.Second)
	for i := 2; i <= 16; i++ {
		r := float64(p.radius) * 0.75 * float64(i) / 16
		disc(p.frame, image.Pt(p.dial.X+int(r*math.Sin(angle)), p.dial.Y-int(r*math.Cos(angle))), p.radius/12, paper)
	}
}

func (p *picture) drawStamp(s Stamp) {
	width, height := p.frame.Rect.Dx(), p.frame.Rect.Dy()
	top := (height - height/StampRows) &^ 1
	for i := range StampBits {
		c := color.YCbCr{Y: 16, Cb: 128, Cr: 128}
		if s.Bit(i) {
			c.Y = 235
		}
		fill(p.frame, image.Rect(i*width/StampBits, top, (i+1)*width/StampBits, height), c)
	}
}
