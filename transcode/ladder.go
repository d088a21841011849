package transcode

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/globalfandom/lightstick/media"
)

// Ladder says which renditions a stream gets beside the source's own.
type Ladder struct {
	// ShortSides are the rungs asked for, in pixels, largest first. "720p" names the lines of
	// a picture that is wider than high, which is its short side; of an upright picture it
	// is the width, so that a rung has about the same number of pixels either way.
	ShortSides []int
	// AudioOnly offers a variant without picture.
	AudioOnly bool
}

// Rung is one rendition to be made.
type Rung struct {
	Name       string // "720p": also the rendition's name in URLs
	ShortSide  int    // pixels: height, or width of an upright picture
	BitrateBPS int    // of the video, at most, over a second
}

// bitrates of the usual rungs at 30 frames per second. They follow the middle of
// Apple's HLS authoring recommendations for H.264.
var bitrates = []struct{ shortSide, bps int }{
	{1080, 5_000_000}, {720, 2_800_000}, {480, 1_400_000}, {360, 800_000}, {240, 400_000}, {144, 200_000},
}

// autoSides are the rungs of 'auto'.
var autoSides = []int{720, 480, 360}

// ParseLadder reads 'off', 'auto', or heights such as '720p,480p,audio'.
func ParseLadder(s string) (Ladder, error) {
	switch strings.TrimSpace(s) {
	case "off":
		return Ladder{}, nil
	case "auto":
		return Ladder{ShortSides: autoSides, AudioOnly: true}, nil
	}
	var l Ladder
	for field := range strings.SplitSeq(s, ",") {
		field = strings.TrimSpace(field)
		if field == "audio" {
			l.AudioOnly = true
			continue
		}
		side, err := strconv.Atoi(strings.TrimSuffix(field, "p"))
		if err != nil || !strings.HasSuffix(field, "p") || side < 144 || side > 2160 || side%2 != 0 {
			return Ladder{}, fmt.Errorf("%q is not a rung; use off, auto, or a list such as 720p,480p,360p,audio", field)
		}
		l.ShortSides = append(l.ShortSides, side)
	}
	slices.Sort(l.ShortSides)
	slices.Reverse(l.ShortSides)
	l.ShortSides = slices.Compact(l.ShortSides)
	return l, nil
}

// UnmarshalText implements encoding.TextUnmarshaler.
func (l *Ladder) UnmarshalText(text []byte) (err error) {
	*l, err = ParseLadder(string(text))
	return err
}

// String names the rungs as ParseLadder reads them.
func (l Ladder) String() string {
	var rungs []string
	for _, side := range l.ShortSides {
		rungs = append(rungs, strconv.Itoa(side)+"p")
	}
	if l.AudioOnly {
		rungs = append(rungs, "audio")
	}
	if len(rungs) == 0 {
		return "off"
	}
	return strings.Join(rungs, ",")
}

// Rungs are the renditions for a source: those smaller than itself.
func (l Ladder) Rungs(source media.Track) []Rung {
	var rungs []Rung
	for _, side := range l.ShortSides {
		if side < min(source.Width, source.Height) {
			rungs = append(rungs, Rung{Name: strconv.Itoa(side) + "p", ShortSide: side, BitrateBPS: bitrate(side)})
		}
	}
	return rungs
}

// scale are the arguments of FFmpeg's filter that makes the rung of a source: one side, and
// -2 for the even number of pixels that keeps the shape. Rungs that a stream has from an
// earlier, larger source are not made larger than the source.
func (r Rung) scale(source media.Track) string {
	side := r.ShortSide
	if short := min(source.Width, source.Height) &^ 1; short > 0 {
		side = min(side, short)
	}
	if source.Width < source.Height {
		return strconv.Itoa(side) + ":-2"
	}
	return "-2:" + strconv.Itoa(side)
}

// bitrate interpolates for unusual rungs by picture area.
func bitrate(shortSide int) int {
	for _, b := range bitrates {
		if shortSide >= b.shortSide {
			return b.bps * shortSide / b.shortSide * shortSide / b.shortSide
		}
	}
	return bitrates[len(bitrates)-1].bps
}
