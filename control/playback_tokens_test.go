package control

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/globalfandom/lightstick/cdn/token"
	"github.com/globalfandom/lightstick/media"
)

func TestAccess(t *testing.T) {
	ctx := context.Background()
	s, _ := open(t)
	if _, _, err := s.CreateStream(ctx, "vip", StreamSettings{Access: AccessToken}); err != nil {
		t.Fatal(err)
	}
	if stream, _, err := s.CreateStream(ctx, "show", StreamSettings{}); err != nil || stream.Settings.Access != AccessDefault {
		t.Fatalf("%+v, %v", stream, err)
	}
	if _, _, err := s.CreateStream(ctx, "bad", StreamSettings{Access: "friends"}); !errors.Is(err, ErrSettings) {
		t.Error(err)
	}
	if _, err := s.UpdateStream(ctx, "show", StreamUpdate{Access: new(AccessPublic)}); err != nil {
		t.Error(err)
	}
	guarded, err := s.Guarded(ctx)
	if public, named := guarded["show"]; err != nil || len(guarded) != 2 || !guarded["vip"] || public || !named {
		t.Errorf("%v, %v", guarded, err)
	}
}

func TestTokenRequests(t *testing.T) {
	now := time.Unix(1_795_435_200, 0)
	past, soon := now.Add(-time.Second), now.Add(time.Hour)
	for _, tt := range []struct {
		name    string
		request TokenRequest
		want    time.Time // of expiry; zero: refused
	}{
		{"nothing", TokenRequest{}, now.Add(12 * time.Hour)},
		{"for", TokenRequest{For: "2h"}, now.Add(2 * time.Hour)},
		{"expires", TokenRequest{Expires: &soon}, soon},
		{"both", TokenRequest{For: "2h", Expires: &soon}, time.Time{}},
		{"past", TokenRequest{Expires: &past}, time.Time{}},
		{"no duration", TokenRequest{For: "tomorrow"}, time.Time{}},
		{"backwards", TokenRequest{For: "-2h"}, time.Time{}},
	} {
		c, err := tt.request.Claims("show", now)
		if tt.want.IsZero() {
			if !errors.Is(err, token.ErrClaims) {
				t.Errorf("%s: %v", tt.name, err)
			}
			continue
		}
		if err != nil || !c.Expires.Equal(tt.want) || c.Subject != "show" || c.ID == "" {
			t.Errorf("%s: %+v, %v", tt.name, c, err)
		}
	}
}

func TestTokenAPI(t *testing.T) {
	key, err := token.ParseBuiltIn(token.GenerateKey())
	if err != nil {
		t.Fatal(err)
	}
	keys, err := token.NewKeys(key)
	if err != nil {
		t.Fatal(err)
	}
	s, _ := open(t)
	mux := http.NewServeMux()
	(&API{
		Store: s, Live: &live{}, Token: fixed("secret"), Playback: keys, Log: slog.New(slog.DiscardHandler),
		URLs: func(host string, id media.StreamID) URLs {
			return URLs{Watch: host + "/watch/" + string(id), HLS: host + "/live/" + string(id) + "/index.m3u8"}
		},
	}).Register(mux)
	var got TokenView
	code := post(t, mux, "/api/v1/streams/show/playback-tokens", `{"for":"2h","ip":"203.0.113.7","country":["KR"],"screens":2,"sid":"t1"}`, &got)
	if code != http.StatusCreated {
		t.Fatal(code)
	}
	ticket, err := token.NewVerifier(keys).Verify(got.Token)
	if err != nil || ticket.Screens() != 2 || !ticket.WantsCountry() || ticket.Allow(time.Now(), token.Target{Stream: "show"}, token.Viewer{}) != token.Address {
		t.Errorf("%+v, %v", ticket, err)
	}
	if got.Watch != "http://example.com/watch/show#token="+got.Token ||
		got.HLS != "http://example.com/live/show/index.m3u8?token="+got.Token ||
		got.HLSPath != "http://example.com/t/"+got.Token+"/live/show/index.m3u8" || time.Until(got.Expires) < 119*time.Minute {
		t.Errorf("%+v", got)
	}
	if code := post(t, mux, "/api/v1/streams/show/playback-tokens", `{"recording":"r1"}`, &got); code != http.StatusCreated ||
		got.HLSPath != "http://example.com/t/"+got.Token+"/live/show/recordings/r1/index.m3u8" || !strings.Contains(got.Watch, "?recording=r1#token=") {
		t.Errorf("%d %+v", code, got)
	}
	for _, body := range []string{`{"ip":"home"}`, `{"for":"x"}`, `{"screens":-1}`, `{"country":["Korea"]}`, `[]`, `{"referrers":["https://a"]}`} {
		if code := post(t, mux, "/api/v1/streams/show/playback-tokens", body, nil); code != http.StatusUnprocessableEntity {
			t.Errorf("%s: %d", body, code)
		}
	}
	if code := post(t, mux, "/api/v1/streams/-%2F/playback-tokens", `{}`, nil); code < 400 {
		t.Errorf("a stream that can't be: %d", code)
	}
}

// post calls the API and reads its answer into out, unless that is nil.
func post(t *testing.T, mux http.Handler, path, body string, out any) int {
	t.Helper()
	r := httptest.NewRequest("POST", path, strings.NewReader(body))
	r.Header.Set("Authorization", "Bearer secret")
	r.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	mux.ServeHTTP(w, r)
	if out != nil {
		if err := json.Unmarshal(w.Body.Bytes(), out); err != nil {
			t.Fatalf("%v: %s", err, w.Body)
		}
	}
	return w.Code
}
