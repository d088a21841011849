package origin

import (
	"context"
	"log/slog"

	"github.com/globalfandom/lightstick/live"
	"github.com/globalfandom/lightstick/media"
	"github.com/globalfandom/lightstick/packager"
)

// Catalog is the streams of a server, on air or not. It implements [Streams].
type Catalog struct {
	// Name is a created stream's name; false: nobody created it.
	Name func(ctx context.Context, id media.StreamID) (string, bool, error)
	// OnAir is a stream that was published and is not forgotten.
	OnAir func(id media.StreamID) (live.Status, *packager.Stream, bool)
	// Newest is the ID of a stream's newest recording, or "".
	Newest func(id media.StreamID) string
	// Expected reports whether there is a stream that nobody created and that was not
	// published yet: of a camera, or of a server that is open to all.
	Expected func(id media.StreamID) bool

	DVR  int  // seconds that viewers can seek back; 0: what the live window lists
	Chat bool // streams have rooms
	Log  *slog.Logger
}

// Live implements Streams.
func (c *Catalog) Live(id media.StreamID) (*packager.Stream, bool) {
	_, stream, ok := c.OnAir(id)
	return stream, ok
}

// Status implements Streams. A stream whose name can't be read counts as unknown.
func (c *Catalog) Status(ctx context.Context, id media.StreamID) (Status, bool) {
	status := Status{State: string(live.Offline), Name: string(id), Chat: c.Chat}
	name, created, err := c.Name(ctx, id)
	if err != nil {
		c.Log.Error("reading the stream's name failed", "stream", id, "err", err)
		return status, false
	}
	now, _, onAir := c.OnAir(id)
	if !created && !onAir && !c.Expected(id) {
		return status, false
	}
	if created {
		status.Name = name
	}
	if onAir {
		status.State, status.Publication, status.Video, status.Stopped = string(now.State), now.Publication, now.Video, now.Stopped
		if !now.Started.IsZero() {
			status.StartedAt = now.Started.UnixMilli()
		}
	}
	status.DVR = c.DVR
	if state := live.State(status.State); state == live.Offline || state == live.Ended {
		status.Recording = c.Newest(id)
	}
	return status, true
}
