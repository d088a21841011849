package app

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/globalfandom/lightstick/control"
	"github.com/globalfandom/lightstick/ingest"
	"github.com/globalfandom/lightstick/ingest/pull"
	"github.com/globalfandom/lightstick/live"
	"github.com/globalfandom/lightstick/media"
	"github.com/globalfandom/lightstick/origin"
	"github.com/globalfandom/lightstick/packager/hls"
)

// onAir shows the streams to the API.
type onAir struct {
	*live.Manager
	origin *origin.Server
	pulls  *pull.Set
}

// Known implements control.Live.
func (o onAir) Known() []media.StreamID {
	ids := o.pulls.Streams()
	for _, s := range o.Streams() {
		if !o.pulls.Has(s.ID()) {
			ids = append(ids, s.ID())
		}
	}
	return ids
}

// Report implements control.Live.
func (o onAir) Report(id media.StreamID) ingest.Report {
	r := o.Manager.Report(id)
	r.Pull = o.pulls.Status(id)
	return r
}

// Viewers implements control.Live.
func (o onAir) Viewers(id media.StreamID) int { return o.origin.Viewers(id) }

// AddMetadata implements control.Live.
func (o onAir) AddMetadata(id media.StreamID, m control.Metadata) error {
	stream, ok := o.Stream(id)
	if !ok || stream.Status().State != live.OnAir {
		return control.ErrNotLive
	}
	d := hls.DateRange{ID: m.ID, Class: m.Class, Start: m.Start, Planned: seconds(m.PlannedDuration)}
	if m.Duration != nil {
		length := seconds(*m.Duration)
		d.Duration = &length
	}
	for _, key := range slices.Sorted(maps.Keys(m.Attributes)) {
		d.Attributes = append(d.Attributes, hls.Attribute{Name: hls.AttributeName(key), Value: m.Attributes[key]})
	}
	if err := stream.Packager().AddDateRange(d); err != nil {
		return fmt.Errorf("%w: %w", control.ErrMetadata, err)
	}
	return nil
}

// seconds is a duration to the millisecond, as playlists show it.
func seconds(s float64) time.Duration {
	return time.Duration(s * float64(time.Second)).Round(time.Millisecond)
}
