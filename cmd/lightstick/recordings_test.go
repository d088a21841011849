package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/alecthomas/kong"

	"github.com/globalfandom/lightstick/control"
	"github.com/globalfandom/lightstick/media"
	"github.com/globalfandom/lightstick/storage/recording"
)

// shelf keeps the recordings r1 to r4 of the stream "show", which is on air. The MP4 of
// r2 is there, that of r1 takes three questions, that of r3 fails; r4 has two, for its
// format changed.
type shelf struct {
	sync.Mutex
	recordings []recording.Recording
	clip       recording.ClipRequest
	asked      int // how far the MP4 is
	exports    int
}

// remoteToken is the API token of the servers that are asked.
const remoteToken = "a-token-of-enough-letters"

func newShelf() *shelf {
	start := time.Date(2026, 11, 23, 20, 0, 0, 0, time.Local)
	s := &shelf{}
	for i, title := range []string{"First\tnight", "밤", "Third", "Fourth"} {
		s.recordings = append(s.recordings, recording.Recording{
			ID: fmt.Sprintf("r%d", i+1), Stream: "show", Title: title, Start: start, End: start.Add(time.Hour),
			DurationMS: 3723e3, Size: 2_100_000_000,
		})
	}
	s.recordings[1].MP4 = "show.mp4"
	s.recordings[3].MP4Parts = []recording.MoviePart{{File: "show.1.mp4"}, {File: "show.2.mp4"}}
	s.recordings[1].Expires = start.AddDate(0, 1, 0)
	return s
}

func (s *shelf) List(_ context.Context, stream media.StreamID) ([]recording.Recording, error) {
	if stream != "" && stream != "show" {
		return nil, nil
	}
	return s.recordings, nil
}

func (s *shelf) find(id string) int {
	for i, r := range s.recordings {
		if r.ID == id {
			return i
		}
	}
	return -1
}

func (s *shelf) Get(_ context.Context, id string) (recording.Recording, error) {
	s.Lock()
	defer s.Unlock()
	if i := s.find(id); i >= 0 {
		return s.recordings[i], nil
	}
	return recording.Recording{}, recording.ErrNotFound
}

func (s *shelf) Delete(_ context.Context, id string) error {
	s.Lock()
	defer s.Unlock()
	i := s.find(id)
	if i < 0 {
		return recording.ErrNotFound
	}
	s.recordings = append(s.recordings[:i], s.recordings[i+1:]...)
	return nil
}

func (s *shelf) Clip(_ context.Context, c recording.ClipRequest) (recording.Recording, error) {
	s.clip = c
	if c.Recording == "" && c.Stream != "show" {
		return recording.Recording{}, recording.ErrNotFound
	}
	return recording.Recording{ID: "c1", Stream: "show", Title: c.Title, Start: c.Start, End: c.End, ClipOf: c.Recording}, nil
}

func (s *shelf) Export(_ context.Context, _ string) error {
	s.Lock()
	defer s.Unlock()
	s.exports++
	return nil
}

func (s *shelf) ExportState(id string) (string, float64, string) {
	s.Lock()
	defer s.Unlock()
	switch {
	case s.exports == 0:
		return "", 0, ""
	case id == "r3":
		return "failed", 0, "the disk is full"
	}
	if s.asked++; s.asked >= 3 {
		s.recordings[0].MP4 = "first.mp4"
		return "done", 1, ""
	}
	return "running", 0.5, ""
}

// serveShelf is the real API over the shelf, and its MP4s.
func serveShelf(t *testing.T, s control.Recordings) string {
	t.Helper()
	store, err := control.Open(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	mux := http.NewServeMux()
	api := control.API{
		Store: store, Recordings: s, Token: func() string { return remoteToken }, Log: slog.New(slog.DiscardHandler),
		URLs: func(host string, id media.StreamID) control.URLs {
			return control.URLs{Watch: host + "/watch/" + string(id), HLS: host + "/live/" + string(id) + "/index.m3u8"}
		},
	}
	api.Register(mux)
	mux.HandleFunc("GET /live/show/recordings/{id}/{file}", func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "" {
			t.Error("the token was sent to where viewers go")
		}
		_, _ = io.WriteString(w, r.PathValue("file")+" of "+r.PathValue("id"))
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return server.URL
}

// execute runs a command line as main does.
func execute(t *testing.T, arguments ...string) (string, error) {
	t.Helper()
	commands := struct {
		Stream     streamCommands     `cmd:""`
		Recordings recordingsCommands `cmd:""`
	}{}
	var out bytes.Buffer
	parser, err := kong.New(&commands, kong.BindTo(t.Context(), (*context.Context)(nil)), kong.BindTo(&out, (*io.Writer)(nil)))
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := parser.Parse(arguments)
	if err != nil {
		return "", err
	}
	err = parsed.Run()
	return out.String(), err
}

func TestRecordingsCommands(t *testing.T) {
	t.Setenv("LIGHTSTICK_API_TOKEN", remoteToken)
	s := newShelf()
	at := "--url=" + serveShelf(t, s) + "/"
	tests := []struct {
		line string
		want []string
	}{
		{"list", []string{"ID  STREAM  START                DURATION  SIZE    EXPIRES              MP4      TITLE\n" +
			"r1  show    2026-11-23 20:00:00  1:02:03   2.1 GB  never                -        First night\n" +
			"r2  show    2026-11-23 20:00:00  1:02:03   2.1 GB  2026-12-23 20:00:00  yes      밤\n"}},
		{"list --stream other", []string{"no recordings; 'lightstick stream set STREAM --record on'"}},
		{"list --json --stream other", []string{"[]\n"}},
		{"list --json", []string{`"id": "r1"`, `"duration_ms": 3723000`, "/watch/show?recording=r1\""}},
		{"show r2", []string{"recording  r2\n", "size       2.1 GB\n", "/live/show/recordings/r2/show.mp4\n"}},
		{"show r1 --json", []string{`"id": "r1"`}},
		{"clip r1 --start 2026-11-23T20:10:00Z --end 2026-11-23T20:11:00Z --title Encore", []string{"recording  c1\n", "clip of    r1\n", "Encore"}},
		{"clip show --start 2026-11-23T20:10:00Z --end 2026-11-23T20:11:00Z", []string{"recording  c1\n"}},
		{"export r2", []string{"/live/show/recordings/r2/show.mp4\n"}},
		{"show r4", []string{"/live/show/recordings/r4/show.1.mp4  ", "/live/show/recordings/r4/show.2.mp4\n"}},
		{"export r4", []string{"/live/show/recordings/r4/show.1.mp4\n", "/live/show/recordings/r4/show.2.mp4\n"}},
		{"delete r2 r3 r4 --yes", []string{"deleted r2\ndeleted r3\ndeleted r4\n"}},
	}
	for _, tt := range tests {
		out, err := execute(t, append([]string{"recordings"}, append(strings.Fields(tt.line), at)...)...)
		if err != nil {
			t.Errorf("%s: %v", tt.line, err)
		}
		for _, want := range tt.want {
			if !strings.Contains(out, want) {
				t.Errorf("%s printed\n%s\nwithout\n%s", tt.line, out, want)
			}
		}
	}
	if s.exports != 0 {
		t.Error("an MP4 that was there was made again")
	}
	if s.clip.Stream != "show" || s.clip.Recording != "" {
		t.Errorf("the stream's clip: %+v", s.clip)
	}
	if len(s.recordings) != 1 {
		t.Errorf("left: %v", s.recordings)
	}
}

func TestExportDownloads(t *testing.T) {
	t.Setenv("LIGHTSTICK_API_TOKEN", remoteToken)
	s := newShelf()
	at := "--url=" + serveShelf(t, s)
	name := filepath.Join(t.TempDir(), "out.mp4")
	out, err := execute(t, "recordings", "export", at, "r1", "--output", name)
	if err != nil || !strings.Contains(out, name+"  ") {
		t.Fatalf("%q, %v", out, err)
	}
	if text, err := os.ReadFile(name); err != nil || string(text) != "first.mp4 of r1" {
		t.Errorf("%q, %v", text, err)
	}
	parts := filepath.Join(filepath.Dir(name), "parts.of.mp4")
	if out, err = execute(t, "recordings", "export", at, "r4", "--output", parts); err != nil {
		t.Fatalf("%q, %v", out, err)
	}
	for _, n := range []string{"1", "2"} {
		file := filepath.Join(filepath.Dir(name), "parts.of."+n+".mp4")
		if text, err := os.ReadFile(file); err != nil || string(text) != "show."+n+".mp4 of r4" || !strings.Contains(out, file+"  ") {
			t.Errorf("file %s of a recording in two: %q, %v; said %q", n, text, err, out)
		}
	}
	if left, _ := filepath.Glob(name + ".*"); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
	if _, err := execute(t, "recordings", "export", at, "r3"); err == nil || !strings.Contains(err.Error(), "the disk is full") {
		t.Errorf("a failed export: %v", err)
	}
	missing := filepath.Join(t.TempDir(), "none", "out.mp4")
	if _, err := execute(t, "recordings", "export", at, "r2", "-o", missing); err == nil || !strings.Contains(err.Error(), "--output") {
		t.Errorf("no such directory: %v", err)
	}
}

func TestRemoteErrorsSayWhatToDo(t *testing.T) {
	at := serveShelf(t, newShelf())
	older := serveShelf(t, nil)
	closed := httptest.NewServer(http.NotFoundHandler())
	closed.Close()
	moved := httptest.NewServer(http.RedirectHandler("https://live.example.com/api/v1/recordings", http.StatusMovedPermanently))
	defer moved.Close()
	tests := []struct {
		name, token, url, line string
		want                   []string
	}{
		{"nobody there", remoteToken, closed.URL, "list", []string{"no server answers at " + closed.URL, "lightstick serve", "--url"}},
		{"no token", "", at, "list", []string{"needs an API token", "LIGHTSTICK_API_TOKEN"}},
		{"wrong token", "a-guess-of-a-token", at, "delete r1 r2 --yes", []string{"refuses this API token", "--token"}},
		{"not a server that records", remoteToken, older, "list", []string{"answered 404", "--url"}},
		{"moved", remoteToken, moved.URL, "list", []string{"use --url https://live.example.com"}},
		{"no URL", remoteToken, "localhost:8080", "list", []string{"--url", "http://HOST:PORT"}},
		{"none", remoteToken, at, "show r9", []string{"r9: no such recording", "recordings list"}},
		{"none to delete", remoteToken, at, "delete r9 r2 --yes", []string{"r9: no such recording"}},
		{"none to export", remoteToken, at, "export r9", []string{"r9: no such recording"}},
		{"nothing to clip", remoteToken, at, "clip r9 --start 2026-11-23T20:10:00Z --end 2026-11-23T20:11:00Z", []string{"r9: ", "nothing on air"}},
		{"empty span", remoteToken, at, "clip r1 --start 2026-11-23T20:11:00Z --end 2026-11-23T20:10:00Z", []string{"end must be after start"}},
		{"no time", remoteToken, at, "clip r1 --start noon --end 2026-11-23T20:10:00Z", []string{"--start", `"noon" is not a time`}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Setenv("LIGHTSTICK_API_TOKEN", tt.token)
			_, err := execute(t, append([]string{"recordings"}, append(strings.Fields(tt.line), "--url="+tt.url)...)...)
			if err == nil {
				t.Fatal("no error")
			}
			for _, want := range tt.want {
				if strings.Count(err.Error(), want) != 1 {
					t.Errorf("%q does not say %q once", err, want)
				}
			}
		})
	}
}
