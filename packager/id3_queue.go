package packager

import (
	"github.com/globalfandom/lightstick/media"
	"github.com/globalfandom/lightstick/packager/cmaf"
)

// maxTags bounds the timed metadata that wait for their part.
const maxTags = 64

// id3Queue is timed metadata that waits for its part.
type id3Queue []cmaf.ID3

// addTag takes a tag for the part that it falls into, or the next one.
func (q *id3Queue) addTag(tag cmaf.ID3) {
	if len(*q) == maxTags {
		*q = (*q)[1:]
	}
	*q = append(*q, tag)
}

// takeBefore takes out the tags before a time on the grid.
func (q *id3Queue) takeBefore(end media.Ticks) (due []cmaf.ID3) {
	if len(*q) == 0 {
		return nil
	}
	var later []cmaf.ID3
	for _, tag := range *q {
		if tag.Time < end {
			due = append(due, tag)
		} else {
			later = append(later, tag)
		}
	}
	*q = later
	return due
}
