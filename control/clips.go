package control

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"
	"unicode"

	"github.com/danielgtaylor/huma/v2"

	"github.com/globalfandom/lightstick/media"
	"github.com/globalfandom/lightstick/storage/recording"
)

// ClipBody is the span of a clip, by program date time.
type ClipBody struct {
	Start time.Time `json:"start" doc:"When it begins, by program date time"`
	End   time.Time `json:"end" doc:"When it ends"`
	Title string    `json:"title,omitempty" maxLength:"200" doc:"For people; made from the source's when empty"`
}

// Resolve implements huma.Resolver: an empty span needs no storage to be refused.
func (c *ClipBody) Resolve(huma.Context) []error {
	var faults []error
	if !c.End.After(c.Start) {
		faults = append(faults, &huma.ErrorDetail{Location: "body.end", Message: "must be after start", Value: c.End})
	}
	if strings.ContainsFunc(c.Title, unicode.IsControl) {
		faults = append(faults, &huma.ErrorDetail{Location: "body.title", Message: "must not hold control characters"})
	}
	return faults
}

type clipInput struct {
	client
	ID   string `path:"id" maxLength:"128" doc:"Recording ID"`
	Body ClipBody
}

type liveClipInput struct {
	client
	ID   string `path:"id" maxLength:"80" doc:"Stream ID"`
	Body ClipBody
}

func (routes *recordingRoutes) registerClips(api huma.API) {
	huma.Register(api, operation("POST", "/recordings/{id}/clips", "clip-recording", "Keep a span of a recording as a recording of its own", http.StatusCreated),
		func(ctx context.Context, in *clipInput) (*recordingOutput, error) {
			return routes.clip(ctx, in.host, recording.ClipRequest{Recording: in.ID}, in.Body)
		})
	huma.Register(api, operation("POST", "/streams/{id}/clips", "clip-stream", "Keep a span of a live stream as a recording", http.StatusCreated),
		func(ctx context.Context, in *liveClipInput) (*recordingOutput, error) {
			return routes.clip(ctx, in.host, recording.ClipRequest{Stream: media.StreamID(in.ID)}, in.Body)
		})
}

// clip asks for the span of what the request names.
func (routes *recordingRoutes) clip(ctx context.Context, host string, request recording.ClipRequest, span ClipBody) (*recordingOutput, error) {
	request.Start, request.End, request.Title = span.Start, span.End, span.Title
	made, err := routes.recordings.Clip(ctx, request)
	if request.Recording == "" && errors.Is(err, recording.ErrNotFound) {
		return nil, huma.Error409Conflict(notLive)
	}
	if err != nil {
		return nil, routes.fail(err)
	}
	return &recordingOutput{routes.view(host, made)}, nil
}
