package control

import (
	"context"
	"errors"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/globalfandom/lightstick/cdn/steering"
)

// Steering is what the API asks of, and tells, the director of viewers.
type Steering interface {
	Pathways() []steering.PathwayStatus
	// Set fails with steering.ErrPathway or steering.ErrMode.
	Set(pathway string, mode steering.Mode) error
}

type setPathwayInput struct {
	Pathway string `path:"pathway" doc:"Name of the pathway"`
	Body    struct {
		State string `json:"state" enum:"auto,off,preferred" doc:"auto: by weight and reports; off: nobody is sent there; preferred: everybody is sent there first"`
	}
}

type pathwaysOutput struct{ Body []steering.PathwayStatus }

func (a *API) registerSteering(api huma.API) {
	huma.Register(api, operation("GET", "/steering", "list-pathways", "Show the pathways that viewers are spread over, and how they stand", http.StatusOK),
		func(context.Context, *struct{}) (*pathwaysOutput, error) {
			return &pathwaysOutput{a.Steering.Pathways()}, nil
		})
	huma.Register(api, operation("PUT", "/steering/{pathway}", "set-pathway", "Override a pathway by hand, until the next restart", http.StatusOK),
		func(_ context.Context, in *setPathwayInput) (*pathwaysOutput, error) {
			switch err := a.Steering.Set(in.Pathway, steering.Mode(in.Body.State)); {
			case errors.Is(err, steering.ErrPathway):
				return nil, huma.Error404NotFound(err.Error() + "; GET /api/v1/steering lists them")
			case err != nil:
				return nil, huma.Error409Conflict(err.Error())
			}
			return &pathwaysOutput{a.Steering.Pathways()}, nil
		})
}
