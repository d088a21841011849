package packager

import (
	"slices"
	"time"

	"github.com/globalfandom/lightstick/packager/hls"
)

// maxDateRanges bounds what a playlist carries; the oldest are dropped.
const maxDateRanges = 500

// datedRange is a date range, and where the live edge was when it was added or
// last changed.
type datedRange struct {
	hls.DateRange
	added time.Time
}

// removedRange is the ID of a date range that left the playlists.
type removedRange struct {
	id string
	at time.Time
}

// dateRanges are the metadata of a stream's programme, in the order of their
// addition.
type dateRanges struct {
	ranges  []datedRange
	removed []removedRange
	list    dateList // what the snapshots show; made anew after a change
	stale   bool
}

// dateList is what a snapshot knows of them. Its slices are never written to.
type dateList struct {
	listed  []hls.DateRange
	recent  []hls.DateRange // added within the skip boundary
	removed []string        // IDs removed within it
}

// findRange is the date range with an ID, or nil.
func (d *dateRanges) findRange(id string) *datedRange {
	for i := range d.ranges {
		if d.ranges[i].ID == id {
			return &d.ranges[i]
		}
	}
	return nil
}

// putRange adds a date range or replaces the one with its ID. A client may not see two
// that contradict each other (RFC 8216bis §4.4.5.1), so class and start stay.
func (d *dateRanges) putRange(r hls.DateRange, edge time.Time) {
	d.stale = true
	if old := d.findRange(r.ID); old != nil {
		r.Class, r.Start = old.Class, old.Start
		old.DateRange, old.added = r, edge
		return
	}
	if len(d.ranges) == maxDateRanges {
		d.removeRange(0, edge)
	}
	d.ranges = append(d.ranges, datedRange{DateRange: r, added: edge})
	d.removed = slices.DeleteFunc(d.removed, func(old removedRange) bool { return old.id == r.ID })
}

func (d *dateRanges) removeRange(i int, edge time.Time) {
	if len(d.removed) == maxDateRanges {
		d.removed = d.removed[1:]
	}
	d.removed = append(d.removed, removedRange{id: d.ranges[i].ID, at: edge})
	d.ranges = slices.Delete(d.ranges, i, i+1)
	d.stale = true
}

// maxOpenBreak is how long a break may overrun, or last when nobody said how long it
// is, before it is taken for over: its end may never be told.
const maxOpenBreak = time.Hour

// removableAt is when a date range can leave the playlists for good.
func (r *datedRange) removableAt() time.Time {
	if r.Splice.Out != nil && r.Duration == nil {
		return r.End().Add(maxOpenBreak)
	}
	return r.End()
}

// removeEnded drops those that ended before the first segment listed.
func (d *dateRanges) removeEnded(first, edge time.Time) {
	for i := 0; i < len(d.ranges); {
		if d.ranges[i].removableAt().Before(first) {
			d.removeRange(i, edge)
			continue
		}
		i++
	}
}

// listAt gives what a snapshot shows whose live edge and skip boundary are given.
func (d *dateRanges) listAt(edge time.Time, boundary time.Duration) dateList {
	if !d.stale && len(d.list.recent) == 0 && len(d.list.removed) == 0 {
		return d.list // the usual case: nothing, or nothing new
	}
	d.stale = false
	d.list = dateList{}
	d.removed = slices.DeleteFunc(d.removed, func(r removedRange) bool { return edge.Sub(r.at) > boundary })
	for _, r := range d.removed {
		d.list.removed = append(d.list.removed, r.id)
	}
	for _, r := range d.ranges {
		d.list.listed = append(d.list.listed, r.DateRange)
		if edge.Sub(r.added) <= boundary {
			d.list.recent = append(d.list.recent, r.DateRange)
		}
	}
	return d.list
}

// rangesWithin are the date ranges that touch a stretch of the programme.
func (d dateList) rangesWithin(start, end time.Time) []hls.DateRange {
	var touched []hls.DateRange
	for _, r := range d.listed {
		if r.Start.Before(end) && !r.End().Before(start) {
			touched = append(touched, r)
		}
	}
	return touched
}
