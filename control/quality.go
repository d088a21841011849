package control

import (
	"cmp"
	"context"
	"net/http"
	"slices"

	"github.com/danielgtaylor/huma/v2"

	"github.com/globalfandom/lightstick/cdn/cmcd"
)

// Quality is what players reported about playback.
type Quality interface {
	Summary() []cmcd.Quality
}

type qualityInput struct {
	Stream string `query:"stream" doc:"Only this stream"`
}

type qualityOutput struct{ Body []cmcd.Quality }

func (a *API) registerQuality(api huma.API) {
	huma.Register(api, operation("GET", "/quality", "get-quality",
		"Show how playback went in the last five minutes, by stream, CDN and country", http.StatusOK),
		func(_ context.Context, in *qualityInput) (*qualityOutput, error) {
			list := slices.DeleteFunc(a.Quality.Summary(), func(q cmcd.Quality) bool { return in.Stream != "" && q.Stream != in.Stream })
			slices.SortFunc(list, func(x, y cmcd.Quality) int {
				return cmp.Or(cmp.Compare(x.Stream, y.Stream), cmp.Compare(x.CDN, y.CDN), cmp.Compare(x.Country, y.Country))
			})
			return &qualityOutput{append([]cmcd.Quality{}, list...)}, nil
		})
}
