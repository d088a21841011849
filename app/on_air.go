package app

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/globalfandom/lightstick/control"
	"github.com/globalfandom/lightstick/live"
	"github.com/globalfandom/lightstick/media"
	"github.com/globalfandom/lightstick/origin"
	"github.com/globalfandom/lightstick/packager/hls"
)

// onAir shows the streams to the API.
type onAir struct {
	*live.Manager
	origin *origin.Server
}

// Known implements control.Live.
func (o onAir) Known() []media.StreamID {
	streams := o.Streams()
	ids := make([]media.StreamID, len(streams))
	for i, s := range streams {
		ids[i] = s.ID()
	}
	return ids
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
