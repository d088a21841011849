package control

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/globalfandom/lightstick/media"
	"github.com/globalfandom/lightstick/storage/recording"
)

// Recordings is what the API asks of what is kept. It may be used concurrently.
type Recordings interface {
	// List is the recordings of a stream, or of all for "", the newest first.
	List(ctx context.Context, stream media.StreamID) ([]recording.Recording, error)
	// Get fails with recording.ErrNotFound.
	Get(ctx context.Context, id string) (recording.Recording, error)
	// Delete removes a recording and everything that belongs to it. It fails with
	// recording.ErrNotFound, or recording.ErrBusy.
	Delete(ctx context.Context, id string) error
	// Clip keeps a span as a recording of its own. It fails with recording.ErrNotFound,
	// recording.ErrSpan, or ErrNotLive; of a stream with nothing to clip, ErrNotFound is
	// as good.
	Clip(ctx context.Context, clip recording.ClipRequest) (recording.Recording, error)
	// Export begins to make the recording's MP4 and returns at once. It fails with
	// recording.ErrNotFound, or recording.ErrBusy if one is being made.
	Export(ctx context.Context, id string) error
	// ExportState is "" (never asked for), "running", "failed" or "done", with the
	// progress from 0 to 1 and what went wrong.
	ExportState(id string) (state string, progress float64, err string)
}

// RecordingView is a recording as the API shows it.
type RecordingView struct {
	recording.Recording
	URLs   RecordingURLs `json:"urls"`
	Export *ExportView   `json:"export,omitempty" doc:"Missing: no MP4 was asked for since the server started"`
}

// RecordingURLs are the addresses of a recording; those of files that there aren't
// are empty.
type RecordingURLs struct {
	Watch      string   `json:"watch" doc:"Page for viewers"`
	HLS        string   `json:"hls" doc:"Multivariant playlist"`
	MP4        string   `json:"mp4,omitempty"`
	MP4Parts   []string `json:"mp4_parts,omitempty" doc:"In the place of mp4 if the format changed during the broadcast: a file for each stretch, in order"`
	Poster     string   `json:"poster,omitempty" doc:"JPEG"`
	Storyboard string   `json:"storyboard,omitempty" doc:"WebVTT with sheets of thumbnails"`
}

// Movies are the addresses of the recording's MP4s, in order; nil: none was made.
func (u RecordingURLs) Movies() []string {
	if u.MP4 != "" {
		return []string{u.MP4}
	}
	return u.MP4Parts
}

// ExportView is how far the making of an MP4 is.
type ExportView struct {
	State    string  `json:"state" enum:"running,failed,done"`
	Progress float64 `json:"progress" minimum:"0" maximum:"1" doc:"Share that is done"`
	Error    string  `json:"error,omitempty" doc:"Why it failed"`
}

type recordingInput struct {
	client
	ID string `path:"id" maxLength:"128" doc:"Recording ID"`
}

type recordingsInput struct {
	client
	Stream string `query:"stream" maxLength:"80" doc:"Stream ID; empty: of all streams"`
}

type recordingOutput struct{ Body RecordingView }

// recordingRoutes are the API's routes for recordings and clips.
type recordingRoutes struct {
	recordings Recordings
	urls       func(host string, id media.StreamID) URLs
	log        *slog.Logger
}

func (routes *recordingRoutes) register(api huma.API) {
	huma.Register(api, operation("GET", "/recordings", "list-recordings", "List recordings, the newest first", http.StatusOK),
		func(ctx context.Context, in *recordingsInput) (*struct{ Body []RecordingView }, error) {
			recordings, err := routes.recordings.List(ctx, media.StreamID(in.Stream))
			if err != nil {
				return nil, routes.fail(err)
			}
			views := make([]RecordingView, len(recordings))
			for i, r := range recordings {
				views[i] = routes.view(in.host, r)
			}
			return &struct{ Body []RecordingView }{views}, nil
		})
	huma.Register(api, operation("GET", "/recordings/{id}", "get-recording", "Show a recording and how far its MP4 is", http.StatusOK),
		func(ctx context.Context, in *recordingInput) (*recordingOutput, error) {
			return routes.show(ctx, in)
		})
	huma.Register(api, operation("DELETE", "/recordings/{id}", "delete-recording", "Delete a recording for ever", http.StatusNoContent),
		func(ctx context.Context, in *recordingInput) (*struct{}, error) {
			if err := routes.recordings.Delete(ctx, in.ID); err != nil {
				return nil, routes.fail(err)
			}
			return nil, nil
		})
	huma.Register(api, operation("POST", "/recordings/{id}/mp4", "export-recording", "Begin to make the recording's MP4, or several if its format changed", http.StatusAccepted),
		func(ctx context.Context, in *recordingInput) (*recordingOutput, error) {
			if err := routes.recordings.Export(ctx, in.ID); err != nil {
				return nil, routes.fail(err)
			}
			return routes.show(ctx, in)
		})
}

func (routes *recordingRoutes) show(ctx context.Context, in *recordingInput) (*recordingOutput, error) {
	r, err := routes.recordings.Get(ctx, in.ID)
	if err != nil {
		return nil, routes.fail(err)
	}
	return &recordingOutput{routes.view(in.host, r)}, nil
}

func (routes *recordingRoutes) view(host string, r recording.Recording) RecordingView {
	v := RecordingView{Recording: r, URLs: recordingURLs(routes.urls(host, r.Stream), r)}
	if state, progress, failure := routes.recordings.ExportState(r.ID); state != "" {
		v.Export = &ExportView{State: state, Progress: progress, Error: failure}
	}
	return v
}

// recordingURLs are below the stream's: the page takes the recording as a query, and
// its files lie in a directory beside the stream's playlist.
func recordingURLs(stream URLs, r recording.Recording) RecordingURLs {
	directory := strings.TrimSuffix(stream.HLS, "index.m3u8") + "recordings/" + url.PathEscape(r.ID) + "/"
	file := func(name string) string {
		if name == "" {
			return ""
		}
		return directory + url.PathEscape(name)
	}
	var parts []string
	for _, part := range r.MP4Parts {
		parts = append(parts, file(part.File))
	}
	return RecordingURLs{
		Watch: stream.Watch + "?recording=" + url.QueryEscape(r.ID), HLS: file("index.m3u8"),
		MP4: file(r.MP4), MP4Parts: parts, Poster: file(r.Poster), Storyboard: file(r.Storyboard),
	}
}

const notLive = "the stream has nothing on air to clip; clip one of its recordings, which GET /api/v1/recordings?stream=ID lists"

// fail translates what Recordings says; the unknown is logged, not shown.
func (routes *recordingRoutes) fail(err error) error {
	switch {
	case errors.Is(err, recording.ErrNotFound):
		return huma.Error404NotFound("no such recording; GET /api/v1/recordings lists them")
	case errors.Is(err, recording.ErrBusy):
		return huma.Error409Conflict("the MP4 of this recording is being made; GET /api/v1/recordings/{id} shows how far it is")
	case errors.Is(err, ErrNotLive):
		return huma.Error409Conflict(notLive)
	case errors.Is(err, recording.ErrSpan):
		return huma.Error422UnprocessableEntity(strings.TrimPrefix(err.Error(), "recording: ") +
			"; choose start and end within what was recorded")
	}
	routes.log.Error("api", "err", err)
	return huma.Error500InternalServerError("the storage failed; see the server's log")
}
