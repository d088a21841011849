package origin

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"time"

	"github.com/globalfandom/lightstick/live"
	"github.com/globalfandom/lightstick/media"
	"github.com/globalfandom/lightstick/packager"
)

func TestCatalogStatus(t *testing.T) {
	began := time.UnixMilli(1_795_435_200_123)
	onAir := map[media.StreamID]live.Status{
		"show":  {State: live.OnAir, Publication: "p1", Started: began, Video: true},
		"away":  {State: live.Reconnecting, Publication: "p2", Started: began, Stopped: true},
		"new":   {State: live.Starting},
		"ended": {State: live.Ended, Publication: "p3", Started: began},
	}
	c := &Catalog{
		Name: func(_ context.Context, id media.StreamID) (string, bool, error) {
			switch id {
			case "show", "ended", "off":
				return "The " + string(id), true, nil
			case "broken":
				return "", false, errors.New("disk is gone")
			}
			return "", false, nil
		},
		OnAir: func(id media.StreamID) (live.Status, *packager.Stream, bool) {
			status, ok := onAir[id]
			return status, nil, ok
		},
		Newest:   func(id media.StreamID) string { return "r-" + string(id) },
		Expected: func(id media.StreamID) bool { return id == "camera" },
		DVR:      3600, Chat: true, Log: slog.New(slog.DiscardHandler),
	}
	for id, want := range map[media.StreamID]Status{
		"show":   {State: "live", Name: "The show", Publication: "p1", StartedAt: began.UnixMilli(), Video: true},
		"away":   {State: "reconnecting", Name: "away", Publication: "p2", StartedAt: began.UnixMilli(), Stopped: true},
		"new":    {State: "starting", Name: "new"},
		"ended":  {State: "ended", Name: "The ended", Publication: "p3", StartedAt: began.UnixMilli(), Recording: "r-ended"},
		"off":    {State: "offline", Name: "The off", Recording: "r-off"},
		"camera": {State: "offline", Name: "camera", Recording: "r-camera"},
	} {
		want.DVR, want.Chat = 3600, true
		if got, known := c.Status(t.Context(), id); got != want || !known {
			t.Errorf("%s: %+v, %v\nwant %+v", id, got, known, want)
		}
	}
	for _, id := range []media.StreamID{"nobody", "broken"} {
		if got, known := c.Status(t.Context(), id); known {
			t.Errorf("%s: %+v", id, got)
		}
	}
}
