package thumbnail

import (
	"bytes"
	"flag"
	"image"
	"image/color"
	"image/jpeg"
	"os"
	"path/filepath"
	"regexp"
	"testing"
	"time"

	"golang.org/x/image/draw"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// plain is a thumbnail of one colour.
func plain(at time.Duration, c color.Color, width, height int) Thumb {
	picture := image.NewRGBA(image.Rect(0, 0, width, height))
	draw.Draw(picture, picture.Bounds(), image.NewUniform(c), image.Point{}, draw.Src)
	var b bytes.Buffer
	_ = jpeg.Encode(&b, picture, nil)
	return Thumb{At: at, JPEG: b.Bytes()}
}

// colourAt checks a pixel of a sheet.
func colourAt(t *testing.T, sheet []byte, x, y int, want color.RGBA) {
	t.Helper()
	picture, err := jpeg.Decode(bytes.NewReader(sheet))
	if err != nil {
		t.Fatal(err)
	}
	r, g, b, _ := picture.At(x, y).RGBA()
	if max(distance(r, want.R), distance(g, want.G), distance(b, want.B)) > 8 {
		t.Errorf("%d,%d: %d %d %d, not %v", x, y, r>>8, g>>8, b>>8, want)
	}
}

func TestSheets(t *testing.T) {
	var thumbs []Thumb
	for i := range 123 {
		thumbs = append(thumbs, plain(time.Duration(i)*2*time.Second, shade(time.Duration(i)*time.Second), 32, 18))
	}
	files, vtt := Sheets(thumbs, 246*time.Second)
	for name, want := range map[string]image.Point{"sheet-0.jpg": {320, 180}, "sheet-1.jpg": {320, 54}} {
		c, err := jpeg.DecodeConfig(bytes.NewReader(files[name]))
		if err != nil || image.Pt(c.Width, c.Height) != want {
			t.Errorf("%s: %dx%d, %v", name, c.Width, c.Height, err)
		}
	}
	colourAt(t, files["sheet-0.jpg"], 3*32+16, 4*18+9, shade(43*time.Second))
	colourAt(t, files["sheet-1.jpg"], 2*32+16, 2*18+9, shade(122*time.Second))
	colourAt(t, files["sheet-1.jpg"], 5*32+16, 2*18+9, color.RGBA{})
	covers(t, vtt, "00:04:06.000")
	if len(files) != 2 || bytes.Count(vtt, []byte("sheet-1.jpg#")) != 23 {
		t.Errorf("%d files", len(files))
	}
}

// covers checks that the cues follow each other from 0 to the end.
func covers(t *testing.T, vtt []byte, end string) {
	t.Helper()
	at := "00:00:00.000"
	for _, cue := range regexp.MustCompile(`(\S+) --> (\S+)`).FindAllSubmatch(vtt, -1) {
		if string(cue[1]) != at || string(cue[2]) <= at {
			t.Errorf("after %s comes %s", at, cue[0])
		}
		at = string(cue[2])
	}
	if at != end {
		t.Errorf("the last cue ends at %s", at)
	}
}

// A recording with a hole, a change of shape, a picture that is broken and two that
// begin together.
func TestStoryboard(t *testing.T) {
	red, blue := color.RGBA{R: 255, A: 255}, color.RGBA{B: 255, A: 255}
	thumbs := []Thumb{
		plain(500*time.Millisecond, red, 160, 90),
		plain(2*time.Second, red, 160, 90),
		plain(2*time.Second+100*time.Microsecond, blue, 120, 90),
		{At: 10 * time.Second, JPEG: []byte("no picture")},
		plain(3601*time.Second, blue, 160, 40),
		plain(3700*time.Second, red, 160, 90),
	}
	files, vtt := Sheets(thumbs, 3650*time.Second+250*time.Millisecond)
	covers(t, vtt, "01:00:50.250")
	golden := filepath.Join("testdata", "storyboard.vtt")
	if *update {
		if err := os.WriteFile(golden, vtt, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil || !bytes.Equal(vtt, want) {
		t.Errorf("not as in %s (%v):\n%s", golden, err, vtt)
	}
	sheet := files["sheet-0.jpg"]
	colourAt(t, sheet, 160+80, 45, blue)
	colourAt(t, sheet, 160+8, 45, color.RGBA{})    // beside the narrower one
	colourAt(t, sheet, 2*160+80, 45, color.RGBA{}) // the broken one
	colourAt(t, sheet, 3*160+80, 45, blue)
	colourAt(t, sheet, 3*160+80, 8, color.RGBA{}) // above the wider one
}

func TestNoSheets(t *testing.T) {
	for _, thumbs := range [][]Thumb{nil, {{JPEG: []byte("no picture")}}} {
		if files, vtt := Sheets(thumbs, time.Hour); len(files) != 0 || string(vtt) != "WEBVTT\n" {
			t.Errorf("%v, %q", files, vtt)
		}
	}
}
