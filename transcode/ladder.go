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
	// Auto takes the usual heights below the source's.
	Auto bool
	// Heights are those asked for, in pixels, highest first.
	Heights []int
	// AudioOnly offers a variant without picture.
	AudioOnly bool
}

// Rung is one rendition to be made.
type Rung struct {
	Name       string // "720p": also the rendition's name in URLs
	Height     int    // pixels
	BitrateBPS int    // of the video, at most, over a second
}

// bitrates of the usual rungs at 30 frames per second. They follow the middle of
// Apple's HLS authoring recommendations for H.264.
var bitrates = []struct{ height, bps int }{
	{1080, 5_000_000}, {720, 2_800_000}, {480, 1_400_000}, {360, 800_000}, {240, 400_000}, {144, 200_000},
}

// autoHeights are the rungs of 'auto'.
var autoHeights = []int{720, 480, 360}

// ParseLadder reads 'off', 'auto', or heights such as '720p,480p,audio'.
func ParseLadder(s string) (Ladder, error) {
	switch strings.TrimSpace(s) {
	case "off":
		return Ladder{}, nil
	case "auto":
		return Ladder{Auto: true, Heights: autoHeights, AudioOnly: true}, nil
	}
	var l Ladder
	for field := range strings.SplitSeq(s, ",") {
		field = strings.TrimSpace(field)
		if field == "audio" {
			l.AudioOnly = true
			continue
		}
		height, err := strconv.Atoi(strings.TrimSuffix(field, "p"))
		if err != nil || !strings.HasSuffix(field, "p") || height < 144 || height > 2160 || height%2 != 0 {
			return Ladder{}, fmt.Errorf("%q is not a rung; use off, auto, or a list of heights such as 720p,480p,360p,audio", field)
		}
		l.Heights = append(l.Heights, height)
	}
	slices.Sort(l.Heights)
	slices.Reverse(l.Heights)
	l.Heights = slices.Compact(l.Heights)
	return l, nil
}

// Rungs are the renditions for a source: those below its own height.
func (l Ladder) Rungs(source media.Track) []Rung {
	var rungs []Rung
	for _, h := range l.Heights {
		if h < source.Height {
			rungs = append(rungs, Rung{Name: strconv.Itoa(h) + "p", Height: h, BitrateBPS: bitrate(h)})
		}
	}
	return rungs
}

// bitrate interpolates for unusual heights by picture area.
func bitrate(height int) int {
	for _, b := range bitrates {
		if height >= b.height {
			return b.bps * height / b.height * height / b.height
		}
	}
	return bitrates[len(bitrates)-1].bps
}
