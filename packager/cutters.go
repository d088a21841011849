package packager

import (
	"cmp"
	"time"

	"github.com/globalfandom/lightstick/media"
	"github.com/globalfandom/lightstick/packager/cmaf"
)

// cutters are those of all renditions of a stream. One of them leads.
type cutters struct {
	plan    *schedule
	lists   *playlists
	all     []*cutter // as they were added
	leading *cutter
}

// findCutter finds the cutter of a rendition, or nil.
func (t *cutters) findCutter(name string) *cutter {
	for _, c := range t.all {
		if c.list.name == name {
			return c
		}
	}
	return nil
}

// addCutter finds or makes the cutter of a rendition.
func (t *cutters) addCutter(name string) *cutter {
	c := t.findCutter(name)
	if c == nil {
		c = &cutter{plan: t.plan, lists: t.lists, list: t.lists.openList(name), fresh: true}
		t.all = append(t.all, c)
	}
	return c
}

// beginEpoch forgets what waits for a picture that didn't come back. sound travels with
// pictures from now on, if its codec isn't 0.
func (t *cutters) beginEpoch(sound media.Track) {
	for _, c := range t.all {
		c.tags = nil
		if c.isVideo() {
			c.sound.beginTrack(sound, nil)
			c.list.sound = sound
		}
	}
}

// setLeading tells which rendition leads.
func (t *cutters) setLeading(leading *cutter) {
	t.leading = leading
	for _, c := range t.all {
		c.leads = c == leading
	}
	t.lists.setLeading(leading.list)
}

// longestSegment is the length that no segment of the leader may reach under a target duration.
// A segment of another rendition may be longer than the leader's: sound is cut at the first of
// its frames after the boundary, pictures at the one that is nearest to it. Timestamps may be
// rounded to milliseconds.
func (t *cutters) longestSegment(target time.Duration) media.Ticks {
	slack := rounding
	for _, c := range t.all {
		if c != t.leading && c.track.Kind() == media.Audio {
			frame := cmp.Or(c.track.FrameSamples.Duration(c.track.Timescale), oneFrame)
			slack = max(slack, frame+rounding)
		}
	}
	return longestSegment(target, slack, t.leading.track.Timescale)
}

// addTag puts timed metadata into the pictures' parts, or the sound's where there are none.
func (t *cutters) addTag(tag cmaf.ID3) {
	for _, c := range t.all {
		if c.isVideo() || t.leading != nil && !t.leading.isVideo() {
			c.tags.addTag(tag)
		}
	}
}

// fillLagging marks gaps in renditions that are two segments behind the boundary: their
// worker is dead or too slow, and their viewers should not wait for it. Boundaries that nobody
// needs any more are dropped.
func (t *cutters) fillLagging(b boundary) {
	for _, c := range t.all {
		if (c == t.leading && !t.plan.videoStalled) || c.nextMSN() < 0 || t.plan.grid.countPassed(c.nextMSN(), b.msn) < 2 {
			continue
		}
		c.endSamples()
		c.fillUpTo(b.msn - 1)
	}
	t.trimGrid()
}

// trimGrid drops the boundaries that no rendition lists or may still need.
func (t *cutters) trimGrid() {
	if oldest, ok := t.lists.oldestListed(); ok {
		t.plan.grid.trimBefore(oldest)
	}
}

// restatePicture shows the picture that stands anew from a time on, in all renditions that have
// it.
func (t *cutters) restatePicture(at media.Ticks) {
	before := t.leading.shown.before
	t.leading.restatePicture(at, nil)
	for _, c := range t.all {
		if c != t.leading && c.open.segment != nil && c.open.segment.MSN == t.leading.open.segment.MSN &&
			c.hasStanding(before) && c.pending.DTS < at {
			c.restatePicture(at, nil)
		}
	}
}

// beginStanding begins a segment with the picture that stands, in all renditions that have it.
func (t *cutters) beginStanding(b boundary) {
	t.plan.lead.beginSegmentAt(b.start)
	t.leading.restatePicture(b.start, &b)
	for _, c := range t.all {
		if c != t.leading {
			c.restateAtBoundaries()
		}
	}
}
