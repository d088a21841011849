package control

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/globalfandom/lightstick/ingest"
	"github.com/globalfandom/lightstick/media"
)

func open(t *testing.T) (*Store, string) {
	t.Helper()
	dir := t.TempDir()
	s, err := Open(context.Background(), dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s, dir
}

func TestKeys(t *testing.T) {
	ctx := context.Background()
	s, dir := open(t)
	stream, key, err := s.CreateStream(ctx, "Main Show", StreamSettings{})
	if err != nil || stream.ID != "main-show" || len(key) < 30 {
		t.Fatalf("%+v, %q, %v", stream, key, err)
	}
	if id, err := s.Authorise(ctx, key); id != stream.ID || err != nil {
		t.Errorf("%q, %v", id, err)
	}
	lookup := lookupPart(key)
	for _, bad := range []string{"", "x", lookup, lookup + "-", lookup + "-wrong", key + "x", strings.ToUpper(key)} {
		if _, err := s.Authorise(ctx, bad); !errors.Is(err, ingest.ErrUnauthorized) {
			t.Errorf("%q: %v", bad, err)
		}
	}
	fresh, err := s.RotateKey(ctx, stream.ID)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Authorise(ctx, key); !errors.Is(err, ingest.ErrUnauthorized) {
		t.Errorf("the old key: %v", err)
	}
	if _, err := s.Authorise(ctx, fresh); err != nil {
		t.Errorf("the new key: %v", err)
	}
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if b, err := os.ReadFile(f); err != nil || strings.Contains(string(b), fresh) {
			t.Errorf("%s holds a key (%v)", f, err)
		}
	}
}

func TestStreams(t *testing.T) {
	ctx := context.Background()
	s, _ := open(t)
	if _, _, err := s.CreateStream(ctx, "쇼", StreamSettings{}); err != nil {
		t.Error(err)
	}
	odd, _, err := s.CreateStream(ctx, "What/is?this", StreamSettings{})
	if err != nil || !strings.HasPrefix(string(odd.ID), "s-") {
		t.Errorf("%q, %v", odd.ID, err)
	}
	if _, _, err := s.CreateStream(ctx, "쇼", StreamSettings{}); !errors.Is(err, ErrExists) {
		t.Errorf("a second of the name: %v", err)
	}
	if _, _, err := s.CreateStream(ctx, "  ", StreamSettings{}); !errors.Is(err, ErrName) {
		t.Errorf("no name: %v", err)
	}
	if streams, err := s.Streams(ctx); err != nil || len(streams) != 2 {
		t.Errorf("%v, %v", streams, err)
	}
	if err := s.DeleteStream(ctx, odd.ID); err != nil {
		t.Error(err)
	}
	for _, err := range []error{s.DeleteStream(ctx, odd.ID), second(s.RotateKey(ctx, odd.ID)), second(s.Stream(ctx, odd.ID))} {
		if !errors.Is(err, ErrNotFound) {
			t.Errorf("got %v", err)
		}
	}
}

func second[T any](_ T, err error) error { return err }

func TestTokenIsMadeOnce(t *testing.T) {
	ctx := context.Background()
	s, _ := open(t)
	token, err := s.EnsureToken(ctx)
	if err != nil || token == "" {
		t.Fatalf("%q, %v", token, err)
	}
	if again, err := s.EnsureToken(ctx); again != "" || err != nil {
		t.Errorf("%q, %v", again, err)
	}
	if !s.CheckToken(ctx, token) || s.CheckToken(ctx, token+"x") || s.CheckToken(ctx, "") {
		t.Error("the token is checked wrongly")
	}
}

type live struct {
	known   []media.StreamID
	removed media.StreamID
	added   Metadata
}

func (l *live) Known() []media.StreamID   { return slices.Clone(l.known) }
func (*live) State(media.StreamID) string { return "offline" }
func (*live) Report(id media.StreamID) ingest.Report {
	return ingest.Report{
		Input:   &ingest.Input{Protocol: "rtmp", Video: &ingest.VideoInput{Codec: "avc1.64001f", Width: 1280, Height: 720}},
		Advice:  []ingest.Advice{{Code: "keyframe_interval", Severity: ingest.Warning, Text: "set it to 2 s"}},
		Refusal: &ingest.Refusal{Protocol: "srt", Reason: string(id) + " is busy"},
	}
}

func (*live) Viewers(media.StreamID) int { return 3 }
func (l *live) Remove(id media.StreamID) { l.removed = id }
func (l *live) AddMetadata(id media.StreamID, m Metadata) error {
	switch {
	case id != "onair":
		return ErrNotLive
	case m.Class == "bad":
		return fmt.Errorf("%w: a bad class", ErrMetadata)
	}
	l.added = m
	return nil
}

func TestMetadataAPI(t *testing.T) {
	s, _ := open(t)
	onAir := &live{}
	mux := http.NewServeMux()
	api := API{Store: s, Live: onAir, Token: fixed("secret"), Log: slog.New(slog.DiscardHandler)}
	api.Register(mux)
	post := func(stream, body string) (int, string) {
		r := httptest.NewRequest("POST", "/api/v1/streams/"+stream+"/metadata", strings.NewReader(body))
		r.Header.Set("Authorization", "Bearer secret")
		r.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, r)
		return w.Code, w.Body.String()
	}
	tests := []struct {
		stream, body string
		want         int
	}{
		{"onair", `{"attributes":{"title":"goal!"},"planned_duration":12.5}`, http.StatusCreated},
		{"onair", `{"id":"ad","start":"2026-11-23T12:00:00Z","duration":0}`, http.StatusCreated},
		{"off", `{}`, http.StatusConflict},
		{"onair", `{"class":"bad"}`, http.StatusUnprocessableEntity},
		{"onair", `{"duration":-1}`, http.StatusUnprocessableEntity},
		{"onair", `{"start":"tomorrow"}`, http.StatusUnprocessableEntity},
	}
	for _, tt := range tests {
		if code, body := post(tt.stream, tt.body); code != tt.want {
			t.Errorf("%s: %d %s, want %d", tt.body, code, body, tt.want)
		}
	}
	if m := onAir.added; m.ID != "ad" || m.Duration == nil || *m.Duration != 0 || m.Start.IsZero() {
		t.Errorf("%+v", m)
	}
	if code, body := post("onair", `{}`); code != http.StatusCreated || onAir.added.ID == "" || !strings.Contains(body, onAir.added.ID) {
		t.Errorf("%d %s: no ID was made", code, body)
	}
}

func TestAPI(t *testing.T) {
	s, _ := open(t)
	onAir := &live{}
	mux := http.NewServeMux()
	changes := 0
	api := API{
		Store: s, Live: onAir, Token: fixed("secret"), Log: slog.New(slog.DiscardHandler), Changed: func() { changes++ },
		URLs: func(host string, id media.StreamID) URLs {
			return URLs{Watch: host + "/watch/" + string(id)}
		},
	}
	api.Register(mux)
	server := httptest.NewServer(mux)
	defer server.Close()
	call := func(method, path, token, body string) (int, map[string]any) {
		t.Helper()
		r, err := http.NewRequest(method, server.URL+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		if token != "" {
			r.Header.Set("Authorization", "Bearer "+token)
		}
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer answer.Body.Close()
		var v any
		_ = json.NewDecoder(answer.Body).Decode(&v)
		object, _ := v.(map[string]any)
		return answer.StatusCode, object
	}
	for _, token := range []string{"", "wrong", "secret2"} {
		if code, _ := call("GET", "/api/v1/streams", token, ""); code != http.StatusUnauthorized {
			t.Errorf("token %q: %d", token, code)
		}
	}
	code, made := call("POST", "/api/v1/streams", "secret", `{"name":"show"}`)
	key, _ := made["stream_key"].(string)
	if code != http.StatusCreated || made["id"] != "show" || key == "" {
		t.Fatalf("%d %v", code, made)
	}
	if urls := made["urls"].(map[string]any); urls["watch"] != server.URL+"/watch/show" {
		t.Errorf("urls %v", urls)
	}
	code, shown := call("GET", "/api/v1/streams/show", "secret", "")
	if code != http.StatusOK || shown["stream_key"] != nil {
		t.Errorf("%d %v", code, shown)
	}
	for field, want := range map[string]string{"input": "avc1.64001f", "advice": "set it to 2 s", "last_refusal": "show is busy"} {
		if got := fmt.Sprint(shown[field]); !strings.Contains(got, want) {
			t.Errorf("%s: %s; want %q in it", field, got, want)
		}
	}
	before := changes
	if code, turned := call("POST", "/api/v1/streams/show/key", "secret", ""); code != http.StatusOK || turned["stream_key"] == key || changes != before+1 {
		t.Errorf("%d %v, told of %d changes", code, turned, changes-before)
	}
	if _, changed := call("PATCH", "/api/v1/streams/show", "secret", `{"record":"off","retention":"forever","name":"Show"}`); changed["record"] != "off" || changed["retention"] != "forever" || changed["name"] != "Show" {
		t.Errorf("changed: %v", changed)
	}
	for _, tt := range []struct {
		method, path, body string
		want               int
	}{
		{"POST", "/api/v1/streams", `{"name":"Show"}`, http.StatusConflict},
		{"POST", "/api/v1/streams", `{"name":""}`, http.StatusUnprocessableEntity},
		{"POST", "/api/v1/streams", `{`, http.StatusBadRequest},
		{"POST", "/api/v1/streams", `{"name":"other","record":"yes"}`, http.StatusUnprocessableEntity},
		{"POST", "/api/v1/streams", `{"name":"other","record":"on"}`, http.StatusCreated},
		{"PATCH", "/api/v1/streams/show", `{"record":"on","retention":"720h"}`, http.StatusOK},
		{"PATCH", "/api/v1/streams/show", `{"record":"yes"}`, http.StatusUnprocessableEntity},
		{"PATCH", "/api/v1/streams/show", `{"retention":"a while"}`, http.StatusUnprocessableEntity},
		{"PATCH", "/api/v1/streams/show", `{"recorded":"on"}`, http.StatusUnprocessableEntity},
		{"PATCH", "/api/v1/streams/show", `{"name":"other"}`, http.StatusConflict},
		{"PATCH", "/api/v1/streams/none", `{}`, http.StatusNotFound},
		{"GET", "/api/v1/streams/none", "", http.StatusNotFound},
		{"DELETE", "/api/v1/streams/show", "", http.StatusNoContent},
		{"DELETE", "/api/v1/streams/show", "", http.StatusNotFound},
	} {
		if code, answer := call(tt.method, tt.path, "secret", tt.body); code != tt.want {
			t.Errorf("%s %s %s: %d %v", tt.method, tt.path, tt.body, code, answer)
		}
	}
	if onAir.removed != "show" {
		t.Error("the live stream was not ended")
	}
	if code, spec := call("GET", "/api/openapi.json", "", ""); code != http.StatusOK || spec["openapi"] == nil {
		t.Errorf("OpenAPI: %d", code)
	}
}

// Streams that nobody created are listed while they are remembered, and marked: anybody
// may publish, or they are cameras.
func TestStreamsThatNobodyCreated(t *testing.T) {
	s, _ := open(t)
	for _, name := range []string{"apple", "zebra"} {
		if _, _, err := s.CreateStream(t.Context(), name, StreamSettings{}); err != nil {
			t.Fatal(err)
		}
	}
	mux := http.NewServeMux()
	api := API{
		Store: s, Live: &live{known: []media.StreamID{"open-b", "zebra", "open-a"}}, Token: fixed("secret"), Log: slog.New(slog.DiscardHandler),
		URLs: func(host string, id media.StreamID) URLs { return URLs{Watch: host + "/watch/" + string(id)} },
	}
	api.Register(mux)
	ask := func(method, path string, into any) int {
		t.Helper()
		r := httptest.NewRequest(method, "/api/v1/streams"+path, nil)
		r.Header.Set("Authorization", "Bearer secret")
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, r)
		if into != nil {
			if err := json.Unmarshal(w.Body.Bytes(), into); err != nil {
				t.Fatalf("%v: %s", err, w.Body)
			}
		}
		return w.Code
	}
	var list []StreamView
	ask("GET", "", &list)
	var got []string
	for _, v := range list {
		got = append(got, fmt.Sprint(v.ID, " ", v.Registered, " ", v.Input.Video.Codec, " ", v.URLs.Watch != "", " ", v.CreatedAt.IsZero()))
	}
	want := []string{
		"apple true avc1.64001f true false", "zebra true avc1.64001f true false",
		"open-a false avc1.64001f true true", "open-b false avc1.64001f true true",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	var one map[string]any
	if code := ask("GET", "/open-a", &one); code != http.StatusOK || one["registered"] != false || one["input"] == nil || one["advice"] == nil || one["created_at"] != nil {
		t.Errorf("%d %v", code, one)
	}
	for _, tt := range []struct{ method, path string }{{"GET", "/gone"}, {"DELETE", "/open-a"}, {"POST", "/open-a/key"}} {
		if code := ask(tt.method, tt.path, nil); code != http.StatusNotFound {
			t.Errorf("%s %s: %d", tt.method, tt.path, code)
		}
	}
}

// fixed is a token that does not change.
func fixed(token string) func() string { return func() string { return token } }
