package control

import (
	"context"
	"net/http"
	"regexp"

	"github.com/danielgtaylor/huma/v2"

	"github.com/globalfandom/lightstick/cdn/purge"
	"github.com/globalfandom/lightstick/media"
)

// Purges is what the API asks of the CDNs that forget. It may be used concurrently, and
// does not wait for them.
type Purges interface {
	// Purge fails with purge.ErrFull.
	Purge(purge.Object) error
	Status() []purge.Status
	// Empty reports whether there are no CDNs to purge.
	Empty() bool
}

type purgeInput struct {
	ID   string `path:"id" maxLength:"80" doc:"Stream ID; it need not exist any more"`
	Body *struct {
		Recording string `json:"recording,omitempty" maxLength:"128" doc:"Only this recording's playlists and files"`
	}
}

type purgeOutput struct {
	Body struct {
		Targets []purge.Status `json:"targets"`
	}
}

// recordingID is what IDs look like.
var recordingID = regexp.MustCompile(`^[A-Za-z0-9_-][A-Za-z0-9._-]*$`)

func (a *API) registerPurges(api huma.API) {
	huma.Register(api, operation("POST", "/streams/{id}/purge", "purge-stream", "Have all CDNs forget a stream, or one of its recordings", http.StatusAccepted),
		func(_ context.Context, in *purgeInput) (*purgeOutput, error) {
			if a.Purges.Empty() {
				return nil, huma.Error409Conflict("there are no CDNs to purge; name them in purge.targets")
			}
			if _, err := media.ParseStreamID(in.ID); err != nil {
				return nil, huma.Error422UnprocessableEntity(err.Error())
			}
			o := purge.Object{Stream: in.ID}
			if in.Body != nil {
				o.Recording = in.Body.Recording
			}
			if o.Recording != "" && !recordingID.MatchString(o.Recording) {
				return nil, huma.Error422UnprocessableEntity("recording: is no ID; GET /api/v1/recordings lists them")
			}
			if err := a.Purges.Purge(o); err != nil {
				return nil, huma.Error503ServiceUnavailable("so many purges wait that no more are taken; GET /api/v1/purges says what is wrong")
			}
			return a.purgeStatus(), nil
		})
	huma.Register(api, operation("GET", "/purges", "list-purges", "How purging does at each CDN", http.StatusOK),
		func(context.Context, *struct{}) (*purgeOutput, error) { return a.purgeStatus(), nil })
}

func (a *API) purgeStatus() *purgeOutput {
	out := &purgeOutput{}
	out.Body.Targets = a.Purges.Status()
	return out
}

// purgeDeleted has CDNs forget a stream that was deleted. That the queue is full is
// counted, and hinders no deletion.
func (a *API) purgeDeleted(id string) {
	if a.Purges != nil {
		_ = a.Purges.Purge(purge.Object{Stream: id})
	}
}
