package packager

import (
	"github.com/globalfandom/lightstick/media"
	"github.com/globalfandom/lightstick/packager/cmaf"
)

// companion is the sound that travels with the picture of a muxed rendition: it
// waits for the part that it belongs to. Its zero value is silence.
type companion struct {
	track   media.Track
	samples []media.Sample // oldest first
}

// begin takes up a track. Its newest samples are given, for a rendition that is late to
// learn of it.
func (c *companion) begin(t media.Track, recent []media.Sample) {
	if !c.track.SameInit(t) {
		c.samples = append(c.samples[:0], recent...)
	}
	c.track = t
}

// add takes a sample. When too many wait, for a picture that doesn't come, the
// oldest is given up.
func (c *companion) add(s media.Sample) {
	if c.track.Codec == 0 {
		return
	}
	if len(c.samples) == maxHeld {
		c.samples = c.samples[1:]
	}
	c.samples = append(c.samples, s)
}

// until are the samples that begin before a time on the grid.
func (c *companion) until(end media.Ticks) []media.Sample {
	n := 0
	for n < len(c.samples) && c.grid(c.samples[n]) < end {
		n++
	}
	return c.samples[:n]
}

// drop gives up the first n samples.
func (c *companion) drop(n int) { c.samples = append(c.samples[:0], c.samples[n:]...) }

func (c *companion) dropBefore(start media.Ticks) { c.drop(len(c.until(start))) }

func (c *companion) grid(s media.Sample) media.Ticks {
	return media.Rescale(s.PTS(), c.track.Timescale, media.VideoTimescale)
}

// maxTags bounds the timed metadata that wait for their part.
const maxTags = 64

// addTag takes timed metadata for the part that it falls into, or the next one.
func (r *Rendition) addTag(tag cmaf.ID3) {
	if len(r.tags) == maxTags {
		r.tags = r.tags[1:]
	}
	r.tags = append(r.tags, tag)
}

// tagsUntil takes out the tags before a time on the grid.
func (r *Rendition) tagsUntil(end media.Ticks) (due []cmaf.ID3) {
	if len(r.tags) == 0 {
		return nil
	}
	var later []cmaf.ID3
	for _, tag := range r.tags {
		if tag.Time < end {
			due = append(due, tag)
		} else {
			later = append(later, tag)
		}
	}
	r.tags = later
	return due
}
