package packager

import (
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/globalfandom/lightstick/media"
	"github.com/globalfandom/lightstick/packager/cmaf"
	"github.com/globalfandom/lightstick/packager/hls"
)

// AddDateRange puts metadata into every media playlist at once, or changes the
// date range of the same ID; class and start of that stay. It fails with
// hls.ErrDateRange.
func (s *Stream) AddDateRange(d hls.DateRange) error {
	if err := d.Validate(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.unlock()
	s.putDateRange(d)
	return nil
}

func (s *Stream) putDateRange(d hls.DateRange) {
	s.outbox.add(func() { s.recorder.DateRange(d) })
	if s.leading == nil || len(s.leading.window.closed) == 0 {
		s.dates.put(d, s.clock.Start)
		return
	}
	s.dates.put(d, s.leading.window.last().ProgramDateTime)
	for _, r := range s.Renditions() {
		s.publish(r)
	}
}

// Event takes timed metadata from the publisher; its Time is on the stream's
// timeline. ID3 goes into the parts, everything else becomes a date range. What
// can't be shown is left out.
func (s *Stream) Event(e media.Event) {
	s.mu.Lock()
	defer s.unlock()
	if e.Kind == media.EventID3 {
		s.addID3(e)
		return
	}
	if d := s.dateRange(e); d.Validate() == nil {
		s.putDateRange(d)
	}
}

// addID3 puts a tag into the pictures' parts, or the sound's where there are none.
func (s *Stream) addID3(e media.Event) {
	s.tagID++
	tag := cmaf.ID3{Time: max(e.Time, 0), ID: s.tagID, Tag: e.Payload}
	for _, r := range s.Renditions() {
		if s.AudioOnly() || r.IsVideo() {
			r.addTag(tag)
		}
	}
}

// Classes of the date ranges that events become.
const (
	classText = "com.globalfandom.lightstick.text"
	classCue  = "com.globalfandom.lightstick.cue"
)

// dateRange is an event as playlists show it. Its ID follows from the event and its
// time, so that two packagers fed by one publisher give the same.
func (s *Stream) dateRange(e media.Event) hls.DateRange {
	d := hls.DateRange{Start: s.clock.ProgramDateTime(e.Time, media.VideoTimescale), Planned: e.Duration}
	id := e.ID
	if id == "" {
		id = strconv.FormatInt(d.Start.UnixMilli(), 10)
	}
	switch e.Kind {
	case media.EventSCTE35:
		d.ID = hls.Quotable("splice-" + id)
		s.splice(&d, e)
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

// splice puts an SCTE-35 message where it belongs: the way out begins a date range,
// the way back in ends the one of the same event (RFC 8216bis §4.4.5.1.1).
func (s *Stream) splice(d *hls.DateRange, e media.Event) {
	switch e.Values["out"] {
	case "true":
		d.Splice.Out = e.Payload
	case "false":
		old := s.dates.find(d.ID)
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
