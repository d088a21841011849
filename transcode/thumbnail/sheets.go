package thumbnail

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"time"

	"golang.org/x/image/draw"
)

// A sheet has so many cells a row, and at most as many rows.
const sheetSide = 10

// sheetQuality is that of the sheets' JPEG, on Go's scale of 1 to 100.
const sheetQuality = 75

// Sheets puts thumbnails, in order of position, into JPEG files of up to 10 by 10
// cells, named sheet-0.jpg and so on, and writes the WebVTT storyboard that a seek bar
// reads: each cue names a cell as sheet-0.jpg#xywh=x,y,w,h, and the cues cover the
// recording without a hole. A thumbnail is shown from its position to the next one's;
// the first from the beginning.
//
// The first thumbnail gives the cells their size; those of another shape are fitted
// into the middle. One that isn't a JPEG leaves a black cell. Thumbnails past the
// duration are left out. Without any there is no file, and a storyboard without cues.
func Sheets(thumbs []Thumb, duration time.Duration) (files map[string][]byte, vtt []byte) {
	thumbs = shown(thumbs, duration)
	cell := firstSize(thumbs)
	if cell == (image.Point{}) {
		thumbs = nil
	}
	files = make(map[string][]byte)
	const perSheet = sheetSide * sheetSide
	for n := 0; n*perSheet < len(thumbs); n++ {
		some := thumbs[n*perSheet : min((n+1)*perSheet, len(thumbs))]
		files[sheetName(n)] = sheet(some, cell)
	}
	return files, storyboard(thumbs, duration, cell)
}

// shown leaves out the thumbnails that would be shown for no time: the last one of
// those that begin in the same millisecond stays.
func shown(thumbs []Thumb, duration time.Duration) []Thumb {
	var kept []Thumb
	for _, t := range thumbs {
		t.At = max(0, t.At.Truncate(time.Millisecond))
		if t.At >= duration.Truncate(time.Millisecond) {
			break
		}
		if n := len(kept); n > 0 && t.At <= kept[n-1].At {
			kept = kept[:n-1]
		}
		kept = append(kept, t)
	}
	return kept
}

// firstSize is the size of the first thumbnail that is a picture.
func firstSize(thumbs []Thumb) image.Point {
	for _, t := range thumbs {
		if c, err := jpeg.DecodeConfig(bytes.NewReader(t.JPEG)); err == nil {
			return image.Pt(c.Width, c.Height)
		}
	}
	return image.Point{}
}

func sheetName(n int) string { return fmt.Sprintf("sheet-%d.jpg", n) }

// cellOf is where thumbnail i is, on its sheet.
func cellOf(i int, cell image.Point) image.Rectangle {
	i %= sheetSide * sheetSide
	at := image.Pt(i%sheetSide*cell.X, i/sheetSide*cell.Y)
	return image.Rectangle{at, at.Add(cell)}
}

// sheet draws one sheet, which is no larger than its cells.
func sheet(thumbs []Thumb, cell image.Point) []byte {
	rows := (len(thumbs) + sheetSide - 1) / sheetSide
	canvas := image.NewRGBA(image.Rect(0, 0, min(len(thumbs), sheetSide)*cell.X, rows*cell.Y))
	draw.Draw(canvas, canvas.Bounds(), image.NewUniform(color.Black), image.Point{}, draw.Src)
	for i, t := range thumbs {
		if picture, err := jpeg.Decode(bytes.NewReader(t.JPEG)); err == nil {
			drawInto(canvas, cellOf(i, cell), picture)
		}
	}
	var out bytes.Buffer
	// Writing to memory fails only for pictures larger than JPEG knows.
	_ = jpeg.Encode(&out, canvas, &jpeg.Options{Quality: sheetQuality})
	return out.Bytes()
}

// drawInto fits a picture into the middle of a cell.
func drawInto(canvas *image.RGBA, cell image.Rectangle, picture image.Image) {
	size := picture.Bounds().Size()
	if size == cell.Size() {
		draw.Draw(canvas, cell, picture, picture.Bounds().Min, draw.Src)
		return
	}
	fitted := cell.Size()
	if size.X*fitted.Y > size.Y*fitted.X { // wider than the cell
		fitted.Y = max(1, fitted.X*size.Y/size.X)
	} else {
		fitted.X = max(1, fitted.Y*size.X/size.Y)
	}
	at := cell.Min.Add(cell.Size().Sub(fitted).Div(2))
	draw.BiLinear.Scale(canvas, image.Rectangle{at, at.Add(fitted)}, picture, picture.Bounds(), draw.Src, nil)
}

// storyboard writes the cues.
func storyboard(thumbs []Thumb, duration time.Duration, cell image.Point) []byte {
	var b bytes.Buffer
	b.WriteString("WEBVTT\n")
	for i, t := range thumbs {
		from, to := t.At, duration
		if i == 0 {
			from = 0
		}
		if i+1 < len(thumbs) {
			to = thumbs[i+1].At
		}
		at := cellOf(i, cell).Min
		fmt.Fprintf(&b, "\n%s --> %s\n%s#xywh=%d,%d,%d,%d\n", timestamp(from), timestamp(to),
			sheetName(i/(sheetSide*sheetSide)), at.X, at.Y, cell.X, cell.Y)
	}
	return b.Bytes()
}

// timestamp is a time as WebVTT writes it (§3.3).
func timestamp(d time.Duration) string {
	ms := d.Milliseconds()
	return fmt.Sprintf("%02d:%02d:%02d.%03d", ms/3_600_000, ms/60_000%60, ms/1000%60, ms%1000)
}
