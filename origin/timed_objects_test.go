package origin

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/globalfandom/lightstick/internal/httpcache"
	"github.com/globalfandom/lightstick/media"
	"github.com/globalfandom/lightstick/packager"
	"github.com/globalfandom/lightstick/storage/objectstore"
	"github.com/globalfandom/lightstick/storage/recording"
)

// chatter says one thing in every object.
type chatter struct{ said int }

func (c *chatter) Cut() packager.Items {
	c.said++
	if c.said%2 == 0 {
		return packager.Items{}
	}
	return packager.Items{Text: fmt.Appendf(nil, `{"id":"%d"}`, c.said), Count: 1, From: int64(c.said)}
}

func (*chatter) End() {}

func newChatStudio(t testing.TB, cfg Config) *studio {
	t.Helper()
	s := newStudioOf(t, cfg, packager.TimedObjectSeries{Name: "chat", Source: &chatter{}})
	s.publish(9 * time.Second)
	return s
}

// readBody is an answer's body, unpacked.
func readBody(t testing.TB, w *httptest.ResponseRecorder) string {
	t.Helper()
	if w.Header().Get("Content-Encoding") != "gzip" {
		return w.Body.String()
	}
	r, err := gzip.NewReader(w.Body)
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestTimedObjectsAnswers(t *testing.T) {
	s := newChatStudio(t, Config{Tags: []string{"Cache-Tag"}})
	for _, tt := range []struct {
		path, body, tag string
		code            int
		policy          httpcache.Kind
	}{
		{"chat/index.json", `"uri":"../p/chat/2.json"`, "stream-show", 200, httpcache.LivePlaylist},
		{"chat/index.json?_HLS_msn=1", `"next":4`, "stream-show", 200, httpcache.BlockingPlaylist},
		{"chat/index.json?_HLS_msn=1&_HLS_part=3", `"next":4`, "stream-show", 200, httpcache.BlockingPlaylist},
		{"chat/index.json?start=0&end=4", `"first":0,"next":2`, "stream-show", 200, httpcache.LivePlaylist},
		{"chat/index.json?start=900", "", "stream-show", 404, httpcache.NotFound},
		{"chat/index.json?_HLS_msn=99", "", "stream-show", 400, httpcache.NotFound},
		{"chat/index.json?_HLS_msn=x", "", "stream-show", 400, httpcache.NotFound},
		{"chat/2.json", `"items":[{"id":"3"}]`, "stream-show", 200, httpcache.BlockingPlaylist},
		{"chat/1.json", `"items":[]`, "stream-show", 200, httpcache.BlockingPlaylist},
		{"chat/01.json", "", "stream-show", 404, httpcache.NotFound},
		{"chat/9.json", "", "stream-show", 404, httpcache.NotFound},
		{"chat/status.json", "", "stream-show", 404, httpcache.NotFound},
		{"talk/index.json", "", "stream-show", 404, httpcache.NotFound},
		{"p/chat/2.json", `"items":[{"id":"3"}]`, "stream-show,publication-p", 200, httpcache.TimedObjects},
		{"p/chat/1.json", `"items":[]`, "stream-show,publication-p", 200, httpcache.TimedObjects},
		{"q/chat/2.json", "", "stream-show,publication-q", 404, httpcache.NotFound},
		{"p/chat/2-1.json", "", "stream-show,publication-p", 404, httpcache.NotFound},
		{"p/chat/2.m4s", "", "stream-show,publication-p", 404, httpcache.NotFound},
		{"p/audio/chat/2.json", "", "", 404, httpcache.NotFound},
	} {
		w := s.get("/live/show/" + tt.path)
		h := w.Header()
		if w.Code != tt.code || !strings.Contains(w.Body.String(), tt.body) {
			t.Errorf("%s: %d %s", tt.path, w.Code, w.Body)
			continue
		}
		if h.Get("Cache-Control") != httpcache.CacheControl(tt.policy) || h.Get("Access-Control-Allow-Origin") != "*" || h.Get("Cache-Tag") != tt.tag {
			t.Errorf("%s: %v", tt.path, h)
		}
		if tt.code != 200 {
			continue
		}
		if h.Get("Content-Type") != "application/json" || h.Get("Vary") != "Accept-Encoding" || !json.Valid(w.Body.Bytes()) {
			t.Errorf("%s: %v %s", tt.path, h, w.Body)
		}
		zipped := s.get("/live/show/"+tt.path, "Accept-Encoding", "gzip")
		if zipped.Header().Get("Content-Encoding") != "gzip" || zipped.Header().Get("Etag") == h.Get("Etag") || readBody(t, zipped) != w.Body.String() {
			t.Errorf("%s in gzip: %v", tt.path, zipped.Header())
		}
		if again := s.get("/live/show/"+tt.path, "If-None-Match", h.Get("Etag")); again.Code != http.StatusNotModified {
			t.Errorf("%s with its tag: %d", tt.path, again.Code)
		}
		if head := s.do(t.Context(), "HEAD", "/live/show/"+tt.path); head.Body.Len() > 0 || head.Header().Get("Content-Length") != fmt.Sprint(w.Body.Len()) {
			t.Errorf("HEAD %s: %v", tt.path, head.Header())
		}
	}
	if post := s.do(t.Context(), "POST", "/live/show/chat/index.json"); post.Code != http.StatusMethodNotAllowed {
		t.Errorf("POST: %d", post.Code)
	}
}

func TestTimedObjectsIsRenderedOnce(t *testing.T) {
	s := newChatStudio(t, Config{})
	body := func(path string) *byte {
		w := &keeping{header: make(http.Header)}
		r := httptest.NewRequest("GET", "/live/show/"+path, nil)
		r.Header.Set("Accept-Encoding", "gzip")
		s.handler.ServeHTTP(w, r)
		if len(w.body) == 0 {
			t.Fatal(path)
		}
		return &w.body[0]
	}
	for _, path := range []string{"chat/index.json", "p/chat/2.json", "chat/index.json?start=0&end=4"} {
		if first, second := body(path), body(path); first != second {
			t.Errorf("%s is made for each viewer", path)
		}
	}
}

// keeping is a ResponseWriter that keeps what it was given, not a copy.
type keeping struct {
	header http.Header
	body   []byte
}

func (k *keeping) Header() http.Header { return k.header }
func (k *keeping) WriteHeader(int)     {}
func (k *keeping) Write(b []byte) (int, error) {
	k.body = b
	return len(b), nil
}

func TestTimedObjectsBlocks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newChatStudio(t, Config{})
		c, _ := s.stream.TimedObjects("chat")
		next := c.Snapshot().LastMSN + 1
		path := fmt.Sprintf("/live/show/chat/index.json?_HLS_msn=%d", next)
		var wg sync.WaitGroup
		answers := make([]*httptest.ResponseRecorder, 50)
		for i := range answers {
			wg.Go(func() { answers[i] = s.get(path) })
		}
		time.Sleep(time.Second)
		synctest.Wait()
		if answers[0] != nil {
			t.Fatal("answered before the object was there")
		}
		s.publish(2 * time.Second)
		wg.Wait()
		for _, a := range answers {
			if a.Code != 200 || a.Body.String() != answers[0].Body.String() || !strings.Contains(a.Body.String(), fmt.Sprintf(`"next":%d`, next+1)) {
				t.Fatalf("%d %s", a.Code, a.Body)
			}
		}

		// Nothing more comes: 503 after three target durations.
		begun := time.Now()
		if held := s.get(fmt.Sprintf("/live/show/chat/index.json?_HLS_msn=%d", next+1)); held.Code != 503 || time.Since(begun) != 6*time.Second || held.Header().Get("Cache-Control") != "no-store" {
			t.Errorf("%d after %v", held.Code, time.Since(begun))
		}
		// A viewer who leaves frees the request at once, the stream's end answers all.
		ctx, leave := context.WithCancel(t.Context())
		wg.Go(func() { s.do(ctx, "GET", fmt.Sprintf("/live/show/chat/index.json?_HLS_msn=%d", next+1)) })
		synctest.Wait()
		leave()
		wg.Wait()
		wg.Go(func() {
			if got := s.get(fmt.Sprintf("/live/show/chat/index.json?_HLS_msn=%d", next+2)); !strings.Contains(got.Body.String(), `"ended":true`) || got.Header().Get("Cache-Control") != httpcache.CacheControl(httpcache.EndedPlaylist) {
				t.Errorf("%d %s", got.Code, got.Body)
			}
		})
		synctest.Wait()
		s.stream.End()
		s.stream.Finish()
		wg.Wait()
		if got := s.get("/live/show/chat/index.json?_HLS_msn=x"); got.Code != 200 {
			t.Errorf("a position of what is over: %d", got.Code)
		}
	})
}

func TestTimedObjectsOfAStreamThatBegins(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStudio(t)
		if got := s.get("/live/show/chat/index.json"); got.Code != 404 {
			t.Errorf("without a chat: %d", got.Code)
		}
		s = newStudioOf(t, Config{}, packager.TimedObjectSeries{Name: "chat", Source: &chatter{}})
		if got := s.get("/live/show/chat/index.json"); got.Code != 503 {
			t.Errorf("nothing came: %d", got.Code)
		}
		var wg sync.WaitGroup
		wg.Go(func() {
			if got := s.get("/live/show/chat/index.json"); got.Code != 200 {
				t.Errorf("the first object: %d", got.Code)
			}
		})
		synctest.Wait()
		s.publish(5 * time.Second)
		wg.Wait()
	})
}

func TestStaleTimedObjects(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newChatStudio(t, Config{Settings: Settings{StaleCode: 404}})
		time.Sleep(2900 * time.Millisecond)
		if got := s.get("/live/show/chat/index.json"); got.Code != 200 {
			t.Errorf("after one and a half segments: %d", got.Code)
		}
		time.Sleep(200 * time.Millisecond)
		if got := s.get("/live/show/chat/index.json"); got.Code != 404 {
			t.Errorf("after more: %d", got.Code)
		}
	})
}

// attic is a storage of one recording with a chat.
type attic struct{ stream *packager.Stream }

func newAttic(t *testing.T) attic {
	t.Helper()
	s := packager.NewStream(packager.Config{Static: true, Base: "../../"}, packager.Discard{})
	for n := range int64(40) {
		e := packager.TimedObjectEntry{MSN: n, Publication: "p", ProgramDateTime: time.Unix(n*2, 0), Duration: 2 * time.Second}
		if n == 7 {
			e.Items, e.Revision = 2, 1
		}
		s.AppendTimedObject("chat", e)
	}
	s.Finish()
	return attic{stream: s}
}

func (attic) Recorded(media.StreamID) bool { return true }

func (a attic) Latest(context.Context, media.StreamID) (*packager.Stream, error) {
	return a.stream, nil
}

func (a attic) Recording(_ context.Context, _ media.StreamID, id string) (*packager.Stream, error) {
	if id != "r1" {
		return nil, recording.ErrNotFound
	}
	return a.stream, nil
}

func (a attic) Open(_ context.Context, key string) (io.ReadSeekCloser, error) {
	if key != "live/show/p/chat/7-1.json" {
		return nil, objectstore.ErrNotFound
	}
	return closable{bytes.NewReader([]byte(`{"n":7}`))}, nil
}

func (a attic) Small(_ context.Context, key string) ([]byte, error) {
	if key != "live/else/chat/index.json" {
		return nil, objectstore.ErrNotFound
	}
	return []byte(`{"version":1}`), nil
}

// elsewhere is a storage of streams of which it knows no recording.
type elsewhere struct{ attic }

func (elsewhere) Latest(context.Context, media.StreamID) (*packager.Stream, error) {
	return nil, recording.ErrNotFound
}

func TestTimedObjectsOfRecordings(t *testing.T) {
	a := newAttic(t)
	for _, tt := range []struct {
		storage    Storage
		path, body string
		code       int
		policy     httpcache.Kind
	}{
		{a, "/live/show/recordings/r1/chat/index.json", `"first":0,"next":40,"ended":true`, 200, httpcache.EndedPlaylist},
		{a, "/live/show/recordings/r1/chat/index.json?_HLS_msn=7", `"uri":"../../../p/chat/7-1.json"`, 200, httpcache.EndedPlaylist},
		{a, "/live/show/recordings/r1/chat/index.json?start=10&end=20", `"first":5,"next":10`, 200, httpcache.EndedPlaylist},
		{a, "/live/show/recordings/r1/chat/7.json", `{"n":7}`, 200, httpcache.EndedPlaylist},
		{a, "/live/show/recordings/r1/chat/8.json", `"items":[]`, 200, httpcache.EndedPlaylist},
		{a, "/live/show/recordings/r1/chat/80.json", "", 404, httpcache.NotFound},
		{a, "/live/show/recordings/r1/talk/index.json", "", 404, httpcache.NotFound},
		{a, "/live/show/recordings/r2/chat/index.json", "", 404, httpcache.NotFound},
		{a, "/live/show/recordings/r1/chat/deep/7.json", "", 404, httpcache.NotFound},
		{a, "/live/show/p/chat/7-1.json", `{"n":7}`, 200, httpcache.TimedObjects},
		{a, "/live/show/p/chat/7.json", "", 404, httpcache.NotFound},
		{a, "/live/show/chat/index.json", `"next":40`, 200, httpcache.EndedPlaylist},
		{a, "/live/show/chat/7.json", `{"n":7}`, 200, httpcache.BlockingPlaylist},
		{elsewhere{a}, "/live/else/chat/index.json", `{"version":1}`, 200, httpcache.LivePlaylist},
		{elsewhere{a}, "/live/none/chat/index.json", "", 404, httpcache.NotFound},
		{elsewhere{a}, "/live/else/chat/7.json", "", 404, httpcache.NotFound},
	} {
		handler := New(Config{}, nobody{}, tt.storage, discardLog())
		r := httptest.NewRequest("GET", tt.path, nil)
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		if w.Code != tt.code || !strings.Contains(w.Body.String(), tt.body) || w.Header().Get("Cache-Control") != httpcache.CacheControl(tt.policy) {
			t.Errorf("%s: %d %s %s", tt.path, w.Code, w.Body, w.Header().Get("Cache-Control"))
		}
	}
}

// nobody has streams:  no streams.
type nobody struct{}

func (nobody) Live(media.StreamID) (*packager.Stream, bool) { return nil, false }

func (nobody) Status(context.Context, media.StreamID) (Status, bool) { return Status{}, false }

func BenchmarkTimedObjectIndex(b *testing.B) {
	s := newChatStudio(b, Config{})
	s.publish(80 * time.Second)
	r := httptest.NewRequest("GET", "/live/show/chat/index.json?_HLS_msn=1", nil)
	r.Header.Set("Accept-Encoding", "gzip")
	w := &keeping{header: make(http.Header)}
	b.ReportAllocs()
	for b.Loop() {
		clear(w.header)
		s.handler.ServeHTTP(w, r)
	}
}
