package app

import (
	"cmp"
	"context"
	"net/http"
	"slices"

	"github.com/globalfandom/lightstick/httpserver"
	"github.com/globalfandom/lightstick/live"
	"github.com/globalfandom/lightstick/media"
	"github.com/globalfandom/lightstick/origin"
	"github.com/globalfandom/lightstick/web"
)

// shows tells the pages of streams that need no playback token.
type shows struct{ s *Server }

// Show implements web.Shows.
func (h shows) Show(ctx context.Context, id string) (web.Show, bool) {
	stream, err := media.ParseStreamID(id)
	if err != nil || h.s.play.policy.Guarded(id) {
		return web.Show{}, false
	}
	status, known := h.s.catalog.Status(ctx, stream)
	if !known {
		return web.Show{}, false
	}
	return h.of(stream, status), true
}

// OnAir implements web.Shows.
func (h shows) OnAir(ctx context.Context) []web.Show {
	var list []web.Show
	for _, stream := range h.s.manager.Streams() {
		if show, public := h.Show(ctx, string(stream.ID())); public && show.Live {
			list = append(list, show)
		}
	}
	slices.SortFunc(list, func(a, b web.Show) int {
		return cmp.Or(cmp.Compare(b.Viewers, a.Viewers), cmp.Compare(a.Name, b.Name), cmp.Compare(a.ID, b.ID))
	})
	return list
}

// Base implements web.Shows.
func (h shows) Base(r *http.Request) string { return Addresses(h.s.cfg).Base(httpserver.BaseURL(r)) }

func (h shows) of(id media.StreamID, status origin.Status) web.Show {
	show := web.Show{ID: string(id), Name: status.Name, Live: status.State == string(live.OnAir), Picture: status.Recording != ""}
	if show.Live {
		show.Viewers = h.s.origin.Viewers(id)
		show.Picture = status.Video
	}
	return show
}
