package control

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/globalfandom/lightstick/internal/randomid"
	"github.com/globalfandom/lightstick/media"
)

var (
	// ErrNotLive reports metadata for a stream that nobody is publishing.
	ErrNotLive = errors.New("the stream is not live; metadata belongs to what is on air")
	// ErrMetadata reports metadata that a playlist can't carry; the error that wraps it
	// says why.
	ErrMetadata = errors.New("metadata")
)

// Metadata is what a moment or a stretch of a live stream is about: a song title, an
// ad break, "goal!". Players read it as EXT-X-DATERANGE.
type Metadata struct {
	ID              string            `json:"id,omitempty" maxLength:"256" doc:"Posting the same ID again changes it; made when empty"`
	Class           string            `json:"class,omitempty" maxLength:"256" doc:"Tells kinds of metadata apart; best a reverse domain name"`
	Start           time.Time         `json:"start,omitzero" doc:"When it begins, by the stream's program date time; now when empty"`
	Duration        *float64          `json:"duration,omitempty" minimum:"0" maximum:"604800" doc:"Seconds, when the end is known"`
	PlannedDuration float64           `json:"planned_duration,omitempty" minimum:"0" maximum:"604800" doc:"Seconds that are expected"`
	Attributes      map[string]string `json:"attributes,omitempty" doc:"Shown as X-NAME attributes: title becomes X-TITLE"`
}

type metadataInput struct {
	ID   string `path:"id" doc:"Stream ID"`
	Body Metadata
}

func (a *API) registerMetadata(api huma.API) {
	huma.Register(api, operation("POST", "/streams/{id}/metadata", "add-metadata", "Add timed metadata to a live stream, or change it", http.StatusCreated),
		func(_ context.Context, in *metadataInput) (*struct{ Body Metadata }, error) {
			m := in.Body
			if m.ID == "" {
				m.ID = randomid.New()
			}
			if m.Start.IsZero() {
				m.Start = time.Now().UTC().Truncate(time.Millisecond)
			}
			if err := a.Live.AddMetadata(media.StreamID(in.ID), m); err != nil {
				return nil, a.fail(err)
			}
			return &struct{ Body Metadata }{m}, nil
		})
}
