package packager

import (
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/globalfandom/lightstick/media"
	"github.com/globalfandom/lightstick/packager/hls"
)

// Classes of the date ranges that events become.
const (
	classText = "com.globalfandom.lightstick.text"
	classCue  = "com.globalfandom.lightstick.cue"
)

// describe gives an event at a time as playlists show it. Its ID follows from the event and its
// time, so that two packagers fed by one publisher give the same.
func (r *dateRanges) describe(e media.Event, at time.Time) hls.DateRange {
	d := hls.DateRange{Start: at, Planned: e.Duration}
	id := e.ID
	if id == "" {
		id = strconv.FormatInt(d.Start.UnixMilli(), 10)
	}
	switch e.Kind {
	case media.EventSCTE35:
		d.ID = hls.Quotable("splice-" + id)
		r.addSplice(&d, e)
		return d
	case media.EventCuePoint:
		d.ID, d.Class = hls.Quotable("cue-"+id), classCue
		if e.Name != "" {
			d.Attributes = append(d.Attributes, hls.Attribute{Name: "X-NAME", Value: hls.Quotable(e.Name)})
		}
	default:
		d.ID, d.Class = hls.Quotable("text-"+id), classText
	}
	for _, key := range slices.Sorted(maps.Keys(e.Values)) {
		a := hls.Attribute{Name: hls.AttributeName(key), Value: hls.Quotable(e.Values[key])}
		taken := slices.ContainsFunc(d.Attributes, func(b hls.Attribute) bool { return a.Name == b.Name })
		if !taken && len(d.Attributes) < hls.MaxAttributes {
			d.Attributes = append(d.Attributes, a)
		}
	}
	return d
}

// addSplice puts an SCTE-35 message where it belongs: the way out begins a date range,
// the way back in ends the one of the same event (RFC 8216bis §4.4.5.1.1).
func (r *dateRanges) addSplice(d *hls.DateRange, e media.Event) {
	switch e.Values["out"] {
	case "true":
		d.Splice.Out = e.Payload
	case "false":
		old := r.findRange(d.ID)
		if old == nil || old.Splice.Out == nil || !d.Start.After(old.Start) {
			d.Splice.In = e.Payload
			return
		}
		length := d.Start.Sub(old.Start).Truncate(time.Millisecond)
		*d = old.DateRange
		d.Duration, d.Splice.In = &length, e.Payload
	default:
		d.Splice.Command = e.Payload
	}
}
