package control

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/globalfandom/lightstick/media"
)

type updateInput struct {
	client
	ID   string `path:"id" doc:"Stream ID"`
	Body struct {
		Name      *string     `json:"name,omitempty" minLength:"1" maxLength:"64" doc:"Name for people; the ID stays"`
		Record    *RecordMode `json:"record,omitempty" enum:"on,off,default" doc:"Whether it is recorded"`
		Retention *string     `json:"retention,omitempty" maxLength:"32" example:"720h" doc:"How long recordings are kept: a duration, forever, or default"`
		Access    *AccessMode `json:"access,omitempty" enum:"public,token,default" doc:"Who may watch: anybody, or who has a playback token"`
	}
}

func (a *API) registerStreamUpdate(api huma.API) {
	huma.Register(api, operation("PATCH", "/streams/{id}", "update-stream", "Change a stream's name, what is recorded of it or who may watch", http.StatusOK),
		func(ctx context.Context, in *updateInput) (*streamOutput, error) {
			stream, err := a.Store.UpdateStream(ctx, media.StreamID(in.ID), StreamUpdate(in.Body))
			if err != nil {
				return nil, a.fail(err)
			}
			a.changed()
			return &streamOutput{a.view(in.host, stream)}, nil
		})
}
