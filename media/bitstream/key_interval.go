package bitstream

import (
	"bytes"
	"strconv"
)

// keyIntOption comes before the number among the encoder's options.
var keyIntOption = []byte(" keyint=")

// KeyIntervalFrames is the longest keyframe interval, in frames, that x264 or
// x265 wrote into the picture: both leave their options as text in an SEI
// message of the first keyframe. 0 means that nothing was found.
//
// It is the one way to know, before the second keyframe has come, that a
// creator left OBS's keyframe interval at 'auto' (250 frames).
func (au AccessUnit) KeyIntervalFrames() int {
	_, rest, found := bytes.Cut(au.sei, keyIntOption)
	if !found {
		return 0
	}
	digits := 0
	for digits < len(rest) && digits < 6 && rest[digits] >= '0' && rest[digits] <= '9' {
		digits++
	}
	n, err := strconv.Atoi(string(rest[:digits]))
	if err != nil {
		return 0 // "infinite", which is as good as unknown
	}
	return n
}
