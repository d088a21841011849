package control

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/globalfandom/lightstick/media"
	"github.com/globalfandom/lightstick/storage/recording"
)

var start = time.Date(2026, 11, 23, 20, 0, 0, 0, time.UTC)

// kept is one recording, "r1", of the stream "show", which is also on air.
type kept struct {
	list  media.StreamID
	clips []recording.ClipRequest
	state string
}

func (k *kept) recording() recording.Recording {
	return recording.Recording{
		ID: "r1", Stream: "show", Title: "Show", Start: start, End: start.Add(time.Hour), DurationMS: 3600e3,
		Size: 2e9, Created: start.Add(time.Hour), Poster: "poster.jpg",
	}
}

func (k *kept) List(_ context.Context, stream media.StreamID) ([]recording.Recording, error) {
	k.list = stream
	if stream != "" && stream != "show" {
		return nil, nil
	}
	return []recording.Recording{k.recording()}, nil
}

func (k *kept) Get(_ context.Context, id string) (recording.Recording, error) {
	switch id {
	case "r1":
		return k.recording(), nil
	case "broken":
		return recording.Recording{}, errors.New("bucket hush has gone")
	}
	return recording.Recording{}, recording.ErrNotFound
}

func (k *kept) Delete(ctx context.Context, id string) error { return second(k.Get(ctx, id)) }

func (k *kept) Clip(ctx context.Context, c recording.ClipRequest) (recording.Recording, error) {
	k.clips = append(k.clips, c)
	switch {
	case c.Stream == "closed":
		return recording.Recording{}, ErrNotLive
	case c.Recording == "" && c.Stream != "show":
		return recording.Recording{}, recording.ErrNotFound
	case c.Start.Before(start):
		return recording.Recording{}, fmt.Errorf("%w: begins before the recording does", recording.ErrSpan)
	case c.Recording != "":
		return k.Get(ctx, c.Recording)
	}
	return k.recording(), nil
}

func (k *kept) Export(ctx context.Context, id string) error {
	if k.state == "running" {
		return recording.ErrBusy
	}
	err := second(k.Get(ctx, id))
	if err == nil {
		k.state = "running"
	}
	return err
}

func (k *kept) ExportState(string) (string, float64, string) { return k.state, 0.5, "" }

// caller is an API over the recordings, as a function.
func caller(t *testing.T, recordings Recordings) func(method, path, body string) (int, string) {
	s, _ := open(t)
	mux := http.NewServeMux()
	api := API{
		Store: s, Live: &live{}, Recordings: recordings, Token: fixed("secret"), Log: slog.New(slog.DiscardHandler),
		URLs: func(host string, id media.StreamID) URLs {
			return URLs{Watch: host + "/watch/" + string(id), HLS: host + "/live/" + string(id) + "/index.m3u8"}
		},
	}
	api.Register(mux)
	return func(method, path, body string) (int, string) {
		r := httptest.NewRequest(method, "http://host/api/v1"+path, strings.NewReader(body))
		r.Header.Set("Authorization", "Bearer secret")
		r.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, r)
		return w.Code, w.Body.String()
	}
}

func TestRecordingsAPI(t *testing.T) {
	const span = `{"start":"2026-11-23T20:10:00Z","end":"2026-11-23T20:11:00Z"`
	tests := []struct {
		method, path, body string
		code               int
		says               string
	}{
		{"GET", "/recordings", "", http.StatusOK, `[{"id":"r1"`},
		{"GET", "/recordings?stream=show", "", http.StatusOK, `"stream":"show"`},
		{"GET", "/recordings?stream=other", "", http.StatusOK, `[]`},
		{"GET", "/recordings?stream=" + strings.Repeat("x", 81), "", http.StatusUnprocessableEntity, "80"},
		{"GET", "/recordings/r1", "", http.StatusOK, `"watch":"http://host/watch/show?recording=r1"`},
		{"GET", "/recordings/r1", "", http.StatusOK, `"hls":"http://host/live/show/recordings/r1/index.m3u8"`},
		{"GET", "/recordings/r1", "", http.StatusOK, `"poster":"http://host/live/show/recordings/r1/poster.jpg"`},
		{"GET", "/recordings/none", "", http.StatusNotFound, "GET /api/v1/recordings lists them"},
		{"GET", "/recordings/broken", "", http.StatusInternalServerError, "server's log"},
		{"DELETE", "/recordings/r1", "", http.StatusNoContent, ""},
		{"DELETE", "/recordings/none", "", http.StatusNotFound, "no such recording"},
		{"POST", "/recordings/none/mp4", "", http.StatusNotFound, "no such recording"},
		{"POST", "/recordings/r1/mp4", "", http.StatusAccepted, `"export":{"state":"running","progress":0.5}`},
		{"POST", "/recordings/r1/mp4", "", http.StatusConflict, "shows how far it is"},
		{"POST", "/recordings/r1/clips", span + `}`, http.StatusCreated, `"id":"r1"`},
		{"POST", "/recordings/none/clips", span + `}`, http.StatusNotFound, "no such recording"},
		{"POST", "/streams/show/clips", span + `,"title":"Encore"}`, http.StatusCreated, `"id":"r1"`},
		{"POST", "/streams/none/clips", span + `}`, http.StatusConflict, "clip one of its recordings"},
		{"POST", "/streams/closed/clips", span + `}`, http.StatusConflict, "clip one of its recordings"},
		{"POST", "/streams/show/clips", `{"start":"2026-11-22T20:10:00Z","end":"2026-11-23T20:11:00Z"}`, http.StatusUnprocessableEntity,
			"begins before the recording does; choose"},
		{"POST", "/streams/show/clips", `{"start":"2026-11-23T20:10:00Z","end":"2026-11-23T20:10:00Z"}`, http.StatusUnprocessableEntity, "must be after start"},
		{"POST", "/streams/show/clips", span + `,"title":"a\tb"}`, http.StatusUnprocessableEntity, "control characters"},
		{"POST", "/streams/show/clips", span + `,"title":"` + strings.Repeat("x", 201) + `"}`, http.StatusUnprocessableEntity, "200"},
		{"POST", "/streams/show/clips", `{"start":"now","end":"2026-11-23T20:11:00Z"}`, http.StatusUnprocessableEntity, "date-time"},
		{"POST", "/streams/show/clips", `{}`, http.StatusUnprocessableEntity, "start"},
		{"POST", "/streams/show/clips", strings.Repeat(" ", 17<<10), http.StatusRequestEntityTooLarge, ""},
	}
	recordings := &kept{}
	call := caller(t, recordings)
	for _, tt := range tests {
		code, body := call(tt.method, tt.path, tt.body)
		if code != tt.code || !strings.Contains(body, tt.says) || strings.Contains(body, "hush") {
			t.Errorf("%s %s %.200s: %d %s; want %d with %s", tt.method, tt.path, tt.body, code, body, tt.code, tt.says)
		}
	}
	if c := recordings.clips[0]; c.Recording != "r1" || c.Stream != "" || !c.Start.Equal(start.Add(10*time.Minute)) || c.End.Sub(c.Start) != time.Minute {
		t.Errorf("%+v", c)
	}
	if c := recordings.clips[2]; c.Recording != "" || c.Stream != "show" || c.Title != "Encore" {
		t.Errorf("%+v", c)
	}
}

// A recording whose format changed has the addresses of all its MP4s.
func TestAddressesOfMP4s(t *testing.T) {
	stream := URLs{Watch: "http://host/watch/show", HLS: "http://host/live/show/index.m3u8"}
	const dir = "http://host/live/show/recordings/r1/"
	for _, tt := range []struct {
		recording recording.Recording
		mp4       string
		all       []string
	}{
		{recording.Recording{ID: "r1"}, "", nil},
		{recording.Recording{ID: "r1", MP4: "video.mp4"}, dir + "video.mp4", []string{dir + "video.mp4"}},
		{recording.Recording{ID: "r1", MP4Parts: []recording.MoviePart{{File: "video.1.mp4"}, {File: "video.2.mp4"}}}, "",
			[]string{dir + "video.1.mp4", dir + "video.2.mp4"}},
	} {
		got := recordingURLs(stream, tt.recording)
		if got.MP4 != tt.mp4 || !slices.Equal(got.Movies(), tt.all) || len(tt.recording.Movies()) != len(tt.all) {
			t.Errorf("%+v: %+v", tt.recording, got)
		}
	}
}

func TestRecordingsNeedTheToken(t *testing.T) {
	s, _ := open(t)
	mux := http.NewServeMux()
	api := API{Store: s, Live: &live{}, Recordings: &kept{}, Token: fixed("secret"), Log: slog.New(slog.DiscardHandler)}
	api.Register(mux)
	for _, request := range []string{"GET /recordings", "DELETE /recordings/r1", "POST /recordings/r1/mp4", "POST /streams/show/clips"} {
		method, path, _ := strings.Cut(request, " ")
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, httptest.NewRequest(method, "/api/v1"+path, nil))
		if w.Code != http.StatusUnauthorized {
			t.Errorf("%s: %d", request, w.Code)
		}
	}
}

func TestRecordingsAreDescribed(t *testing.T) {
	for _, recordings := range []Recordings{nil, &kept{}} {
		s, _ := open(t)
		mux := http.NewServeMux()
		api := API{Store: s, Live: &live{}, Recordings: recordings, Log: slog.New(slog.DiscardHandler)}
		api.Register(mux)
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, httptest.NewRequest("GET", "/api/openapi.json", nil))
		var spec struct{ Paths map[string]any }
		if err := json.Unmarshal(w.Body.Bytes(), &spec); err != nil {
			t.Fatal(err)
		}
		for _, path := range []string{"/recordings", "/recordings/{id}", "/recordings/{id}/mp4", "/recordings/{id}/clips", "/streams/{id}/clips"} {
			if _, described := spec.Paths["/api/v1"+path]; described != (recordings != nil) {
				t.Errorf("%s is described: %v", path, described)
			}
		}
	}
}
