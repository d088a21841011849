package control

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"slices"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/globalfandom/lightstick/cdn/token"
	"github.com/globalfandom/lightstick/httpserver"
	"github.com/globalfandom/lightstick/ingest"
	"github.com/globalfandom/lightstick/internal/attempts"
	"github.com/globalfandom/lightstick/media"
)

// Live is what the API asks of, and tells, the streams that are on air.
type Live interface {
	// Known are the streams that are on air, or were a short while ago, in no order: also
	// those that nobody created.
	Known() []media.StreamID
	// State is "offline", "starting", "live", "reconnecting" or "ended".
	State(id media.StreamID) string
	// Viewers is how many watch the stream live.
	Viewers(id media.StreamID) int
	// Report is what the stream's creator should know.
	Report(id media.StreamID) ingest.Report
	// AddMetadata puts metadata into the stream's playlists. It fails with ErrNotLive,
	// or ErrMetadata.
	AddMetadata(id media.StreamID, m Metadata) error
	// Remove ends the stream and everything it serves.
	Remove(id media.StreamID)
}

// URLs are the addresses of a stream.
type URLs struct {
	RTMP  string `json:"rtmp,omitempty" doc:"Server address for OBS; the stream key goes beside it"`
	RTMPS string `json:"rtmps,omitempty" doc:"The same, encrypted"`
	SRT   string `json:"srt,omitempty" doc:"SRT address; replace STREAM_KEY"`
	RTSP  string `json:"rtsp,omitempty" doc:"RTSP address; replace STREAM_KEY"`
	RTSPS string `json:"rtsps,omitempty" doc:"The same, encrypted"`
	WHIP  string `json:"whip,omitempty" doc:"WHIP address for OBS (Service: WHIP), browsers and GStreamer; the stream key is the bearer token"`
	Watch string `json:"watch" doc:"Page for viewers"`
	HLS   string `json:"hls" doc:"Multivariant playlist"`
}

// API is the REST API under /api.
type API struct {
	Store *Store
	// Live may be nil: then there are no streams here, and no routes for them.
	Live Live
	// Recordings may be nil: then there are no routes for them.
	Recordings Recordings
	// Costs may be nil likewise.
	Costs Costs
	// Purges may be nil likewise.
	Purges Purges
	// Logs may be nil likewise.
	Logs LogImporter
	// Playback may be nil: then there are no playback tokens.
	Playback Playback
	// Changed is told that a stream was made, changed or deleted; it may be nil.
	Changed func()
	// Steering may be nil: then there are no routes for it.
	Steering Steering
	// Quality may be nil likewise.
	Quality Quality
	// More adds routes of other parts, behind the same bearer token.
	More func(api huma.API)
	// Admit lets a request through that has another bearer token; nil: none. The request
	// goes on with the context, so that who was let in need not be asked for again: their
	// token may have run out by then. If it is not let in, the error says to the client why;
	// nil: it is no token for this path.
	Admit func(ctx context.Context, bearer, path string) (_ context.Context, ok bool, why error)
	// Token is the configured bearer token; nil, or "", leaves it to the store's own.
	Token func() string
	// Attempts slows down those who guess tokens; it may be nil.
	Attempts *attempts.Limiter
	// URLs gives a stream's addresses; host is what the client called us, with the
	// scheme, such as https://live.example.com.
	URLs    func(host string, id media.StreamID) URLs
	Version string
	Log     *slog.Logger
}

// StreamView is a stream as the API shows it.
type StreamView struct {
	ID        string    `json:"id" doc:"Name in URLs"`
	Name      string    `json:"name" doc:"Name for people"`
	State     string    `json:"state" enum:"offline,starting,live,reconnecting,ended"`
	Viewers   int       `json:"viewers" doc:"Players that watch live: those that ask this server for playlists, or report to it, whichever are more"`
	CreatedAt time.Time `json:"created_at,omitzero" doc:"Missing if nobody created it"`

	Registered bool `json:"registered" doc:"false: nobody created it, and it is listed while it is remembered: anybody may publish (publish.open), or the server fetches it (pull). It has no key, no settings, and can't be changed or deleted here"`

	Record    string `json:"record" enum:"default,on,off" doc:"Whether it is recorded; default: as record.default says"`
	Access    string `json:"access" enum:"default,public,token" doc:"Who may watch: anybody, who has a playback token, or default: as playback.auth says"`
	Retention string `json:"retention" doc:"How long recordings are kept: a duration such as 720h, forever, or default: as record.retention says"`

	Input       *ingest.Input   `json:"input,omitempty" doc:"What the publisher sends; missing when nobody publishes"`
	Advice      []ingest.Advice `json:"advice,omitempty" doc:"What to change in the encoder"`
	Pull        *ingest.Pull    `json:"pull,omitempty" doc:"Where the server fetches it from (pull), and how it stands with that; missing if it does not"`
	LastRefusal *ingest.Refusal `json:"last_refusal,omitempty" doc:"Why a publisher was last turned away, or disconnected for what it sent"`

	URLs      URLs   `json:"urls"`
	StreamKey string `json:"stream_key,omitempty" doc:"Secret; shown once, when it is made"`
}

// Register adds the API's routes to mux.
func (a *API) Register(mux *http.ServeMux) {
	api := humago.New(mux, a.configuration())
	api.UseMiddleware(func(ctx huma.Context, next func(huma.Context)) {
		r, _ := humago.Unwrap(ctx)
		admitted, refused := a.authorise(r)
		if refused != nil {
			ctx.SetHeader(refused.header, refused.value)
			_ = huma.WriteErr(api, ctx, refused.status, refused.detail)
			return
		}
		next(huma.WithContext(ctx, admitted))
	})
	if a.Live != nil {
		a.registerStreams(api)
		a.registerStreamUpdate(api)
		a.registerMetadata(api)
	}
	if a.More != nil {
		a.More(api)
	}
	if a.Playback != nil {
		a.registerPlaybackTokens(api)
	}
	if a.Steering != nil {
		a.registerSteering(api)
	}
	if a.Quality != nil {
		a.registerQuality(api)
	}
	if a.Recordings != nil {
		routes := &recordingRoutes{a.Recordings, a.URLs, a.Log}
		routes.register(api)
		routes.registerClips(api)
	}
	if a.Costs != nil {
		costRoutes{a.Costs}.register(api)
	}
	if a.Purges != nil {
		a.registerPurges(api)
	}
	if a.Logs != nil {
		a.registerLogs(api, mux)
	}
	mux.HandleFunc(apiPrefix, unknown(mux))
}

// client is how the caller addressed us, to build URLs from: scheme and host.
type client struct{ host string }

// Resolve implements huma.Resolver.
func (c *client) Resolve(ctx huma.Context) []error {
	r, _ := humago.Unwrap(ctx)
	c.host = httpserver.BaseURL(r)
	return nil
}

type streamInput struct {
	client
	ID string `path:"id" doc:"Stream ID"`
}

type createInput struct {
	client
	Body struct {
		Name   string `json:"name" minLength:"1" maxLength:"64" doc:"Name for people; also the ID where it can be"`
		Record string `json:"record,omitempty" enum:"on,off,default" doc:"Whether it is recorded"`
		Access string `json:"access,omitempty" enum:"public,token,default" doc:"Who may watch: anybody, or who has a playback token"`
	}
}

type listInput struct{ client }

type streamOutput struct{ Body StreamView }

// operation is one of those in documented.
func operation(method, path, id, summary string, status int) huma.Operation {
	d := documented[id]
	codes := append([]int{http.StatusUnauthorized, http.StatusTooManyRequests}, d.errors...)
	if d.request != nil {
		codes = append(codes, http.StatusBadRequest, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType)
	}
	return huma.Operation{
		Method: method, Path: "/api/v1" + path, OperationID: id, Summary: summary, DefaultStatus: status,
		Security: []map[string][]string{{"token": {}}}, MaxBodyBytes: 16 << 10, Errors: codes,
		Metadata: map[string]any{requestExample: d.request, responseExample: d.response},
	}
}

func (a *API) registerStreams(api huma.API) {
	huma.Register(api, operation("POST", "/streams", "create-stream", "Create a stream", http.StatusCreated),
		func(ctx context.Context, in *createInput) (*streamOutput, error) {
			stream, key, err := a.Store.CreateStream(ctx, in.Body.Name, StreamSettings{Record: RecordMode(in.Body.Record), Access: AccessMode(in.Body.Access)})
			if err != nil {
				return nil, a.fail(err)
			}
			a.changed()
			view := a.view(in.host, stream)
			view.StreamKey = key
			return &streamOutput{view}, nil
		})
	huma.Register(api, operation("GET", "/streams", "list-streams", "List streams, also those on air that nobody created", http.StatusOK),
		func(ctx context.Context, in *listInput) (*struct{ Body []StreamView }, error) {
			streams, err := a.streams(ctx)
			if err != nil {
				return nil, a.fail(err)
			}
			views := make([]StreamView, len(streams))
			for i, s := range streams {
				views[i] = a.view(in.host, s)
			}
			return &struct{ Body []StreamView }{views}, nil
		})
	huma.Register(api, operation("GET", "/streams/{id}", "get-stream", "Show a stream", http.StatusOK),
		func(ctx context.Context, in *streamInput) (*streamOutput, error) {
			stream, err := a.stream(ctx, media.StreamID(in.ID))
			if err != nil {
				return nil, a.fail(err)
			}
			return &streamOutput{a.view(in.host, stream)}, nil
		})
	huma.Register(api, operation("DELETE", "/streams/{id}", "delete-stream", "Delete a stream, ending it if it is live", http.StatusNoContent),
		func(ctx context.Context, in *streamInput) (*struct{}, error) {
			if err := a.Store.DeleteStream(ctx, media.StreamID(in.ID)); err != nil {
				return nil, a.fail(err)
			}
			a.changed()
			a.Live.Remove(media.StreamID(in.ID))
			a.purgeDeleted(in.ID)
			return nil, nil
		})
	huma.Register(api, operation("POST", "/streams/{id}/key", "rotate-key", "Replace the stream key, and disconnect who publishes with the old one", http.StatusOK),
		func(ctx context.Context, in *streamInput) (*streamOutput, error) {
			stream, err := a.Store.Stream(ctx, media.StreamID(in.ID))
			if err != nil {
				return nil, a.fail(err)
			}
			key, err := a.Store.RotateKey(ctx, stream.ID)
			if err != nil {
				return nil, a.fail(err)
			}
			a.changed()
			view := a.view(in.host, stream)
			view.StreamKey = key
			return &streamOutput{view}, nil
		})
}

// streams are those that were created, the oldest first, and then the others that are
// remembered.
func (a *API) streams(ctx context.Context) ([]Stream, error) {
	streams, err := a.Store.Streams(ctx)
	if err != nil {
		return nil, err
	}
	created := make(map[media.StreamID]bool, len(streams))
	for _, s := range streams {
		created[s.ID] = true
	}
	others := slices.DeleteFunc(a.Live.Known(), func(id media.StreamID) bool { return created[id] })
	for _, id := range slices.Sorted(slices.Values(others)) {
		streams = append(streams, Unregistered(id))
	}
	return streams, nil
}

// stream finds one of them. It fails with ErrNotFound.
func (a *API) stream(ctx context.Context, id media.StreamID) (Stream, error) {
	stream, err := a.Store.Stream(ctx, id)
	if errors.Is(err, ErrNotFound) && slices.Contains(a.Live.Known(), id) {
		return Unregistered(id), nil
	}
	return stream, err
}

func (a *API) changed() {
	if a.Changed != nil {
		a.Changed()
	}
}

func (a *API) view(host string, s Stream) StreamView {
	report := a.Live.Report(s.ID)
	return StreamView{
		ID: string(s.ID), Name: s.Name, State: a.Live.State(s.ID), Viewers: a.Live.Viewers(s.ID), CreatedAt: s.Created.UTC(), Registered: s.Registered(),
		Record: string(s.Settings.Record), Access: string(s.Settings.Access), Retention: FormatRetention(s.Settings.Retention),
		Input: report.Input, Advice: report.Advice, LastRefusal: report.Refusal, Pull: report.Pull, URLs: a.URLs(host, s.ID),
	}
}

// fail translates the store's errors; the unknown ones are logged, not shown.
func (a *API) fail(err error) error {
	switch {
	case errors.Is(err, ErrNotFound):
		return huma.Error404NotFound(err.Error())
	case errors.Is(err, ErrExists), errors.Is(err, ErrNotLive):
		return huma.Error409Conflict(err.Error())
	case errors.Is(err, ErrName), errors.Is(err, ErrMetadata), errors.Is(err, ErrSettings), errors.Is(err, token.ErrClaims):
		return huma.Error422UnprocessableEntity(err.Error())
	}
	a.Log.Error("api", "err", err)
	return huma.Error500InternalServerError("the database failed; see the server's log")
}
