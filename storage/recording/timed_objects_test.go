package recording

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/globalfandom/lightstick/packager"
)

// gossip says something during every other segment.
type gossip struct{ cuts int }

func (g *gossip) Cut() packager.Items {
	g.cuts++
	if g.cuts%2 == 0 {
		return packager.Items{}
	}
	return packager.Items{
		Text: fmt.Appendf(nil, `{"id":"%d","user":{"id":"mina"}},{"id":"%d","user":{"id":"yuna"}}`, 2*g.cuts, 2*g.cuts+1), Count: 2, From: 1,
	}
}

func (*gossip) End() {}

// chatty publishes a broadcast with a chat.
func (s *server) chatty(t *testing.T, length time.Duration) (*BroadcastRecorder, *packager.Stream) {
	t.Helper()
	r := s.Recorder("show")
	stream := packager.NewStream(s.packaging, r, packager.TimedObjectSeries{Name: "chat", Source: &gossip{}})
	s.publish(t, stream, "first", 0, length)
	return r, stream
}

func chatOf(t *testing.T, s *packager.Stream) *packager.TimedObjects {
	t.Helper()
	c, ok := s.TimedObjects("chat")
	if !ok {
		t.Fatal("there is no chat")
	}
	return c
}

type chatIndex struct {
	First, Next int64
	Objects     []struct {
		N, Items int64
		URI      string
	}
}

func indexOf(t *testing.T, text []byte) (x chatIndex) {
	t.Helper()
	if err := json.Unmarshal(text, &x); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	return x
}

// fetch reads an object that an index in a directory names.
func (s *server) fetch(t *testing.T, dir, uri string) []byte {
	t.Helper()
	key := filepath.ToSlash(filepath.Join(dir, uri))
	f, err := s.Open(t.Context(), key)
	if err != nil {
		t.Fatalf("%s: %v", key, err)
	}
	defer f.Close()
	var text bytes.Buffer
	if _, err := text.ReadFrom(f); err != nil {
		t.Fatal(err)
	}
	return text.Bytes()
}

func end(s *server, t *testing.T, r *BroadcastRecorder, stream *packager.Stream) {
	t.Helper()
	stream.End()
	r.Pause()
	stream.Finish()
	r.Finish()
	r.Close()
	s.idle(t)
}

func TestChatIsRecorded(t *testing.T) {
	dir := t.TempDir()
	s := start(t, dir, true)
	r, stream := s.chatty(t, 41*time.Second)
	end(s, t, r, stream)
	all, err := s.List(t.Context(), "")
	if err != nil || len(all) != 1 {
		t.Fatalf("%v, %v", all, err)
	}
	id := all[0].ID
	for _, place := range []string{"live/show/chat", "live/show/recordings/" + id + "/chat"} {
		text, err := os.ReadFile(filepath.Join(dir, place, "index.json"))
		if err != nil {
			t.Fatal(err)
		}
		x := indexOf(t, text)
		if x.First != 0 || len(x.Objects) < 21 || !bytes.Contains(text, []byte(`"ended":true`)) {
			t.Errorf("%s: %s", place, text)
		}
		for _, o := range x.Objects {
			if (o.Items > 0) != (o.N%2 == 0) || (o.URI != "") != (o.Items > 0) {
				t.Errorf("%s: %+v", place, o)
			} else if o.Items > 0 && !json.Valid(s.fetch(t, place, o.URI)) {
				t.Errorf("%s: object %d is not JSON", place, o.N)
			}
		}
	}
	served, err := s.Recording(t.Context(), "show", id)
	if err != nil {
		t.Fatal(err)
	}
	written, _ := os.ReadFile(filepath.Join(dir, "live/show/recordings", id, "chat/index.json"))
	if got := chatOf(t, served).Snapshot().Index().Plain(); !bytes.Equal(got, written) {
		t.Errorf("served %s\nwritten %s", got, written)
	}

	clip, err := s.Clip(t.Context(), ClipRequest{Recording: id, Start: epoch.Add(4 * time.Second), End: epoch.Add(7 * time.Second)})
	if err != nil {
		t.Fatal(err)
	}
	s.idle(t)
	of, err := s.Recording(t.Context(), "show", clip.ID)
	if err != nil {
		t.Fatal(err)
	}
	// Of the clip's pictures, and of what was said of them in the half minute after.
	x := indexOf(t, chatOf(t, of).Snapshot().Index().Plain())
	if x.First != 1 && x.First != 2 || x.Next < 18 || x.Next > 20 {
		t.Errorf("the clip lists %d to %d", x.First, x.Next)
	}
	for file, want := range map[string]bool{
		fmt.Sprintf("%d.json", x.First): true, fmt.Sprintf("%d.json", x.Next-1): true, fmt.Sprintf("%d.json", x.Next): false,
		"0.json": false, "x.json": false, fmt.Sprintf("%d-2.json", x.First): true, fmt.Sprintf("%d.m4s", x.Next-1): false,
	} {
		if s.RecordingContains(t.Context(), "show", clip.ID, "first", file) != want {
			t.Errorf("%s is held: %v", file, !want)
		}
	}

	// The clip outlives what it was cut from, and all goes with it.
	if err := s.Delete(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	s.drained(t)
	for _, o := range x.Objects {
		if o.Items > 0 {
			s.fetch(t, "live/show/recordings/"+clip.ID+"/chat", o.URI)
		}
	}
	if names := filesBelow(t, filepath.Join(dir, "live/show/first/chat")); len(names) < 6 || len(names) > 10 {
		t.Errorf("left for the clip: %v", names)
	}
	if err := s.Delete(t.Context(), clip.ID); err != nil {
		t.Fatal(err)
	}
	s.drained(t)
	if names := filesBelow(t, dir); len(names) > 0 {
		t.Errorf("left: %v", names)
	}
}

func TestChatThatIsNotRecordedGoes(t *testing.T) {
	dir := t.TempDir()
	s := start(t, dir, false)
	r, stream := s.chatty(t, 81*time.Second)
	c := chatOf(t, stream)
	if names := filesBelow(t, filepath.Join(dir, "live/show/first/chat")); len(names) < 5 || len(names) > 20 {
		t.Errorf("kept while it is on air: %v", names)
	}
	if _, err := c.Object(0); err == nil {
		t.Error("the first object is still listed")
	}
	last := c.Snapshot().LastMSN
	at := epoch.Add(time.Duration(last-6) * 2 * time.Second)
	clip, err := s.Clip(t.Context(), ClipRequest{Stream: "show", Start: at, End: at.Add(3 * time.Second)})
	if err != nil {
		t.Fatal(err)
	}
	end(s, t, r, stream)
	served, err := s.Recording(t.Context(), "show", clip.ID)
	if err != nil {
		t.Fatal(err)
	}
	x := indexOf(t, chatOf(t, served).Snapshot().Index().Plain())
	for _, o := range x.Objects {
		if o.Items > 0 {
			s.fetch(t, "live/show/recordings/"+clip.ID+"/chat", o.URI)
		}
	}
	if n := len(filesBelow(t, filepath.Join(dir, "live/show/first/chat"))); n == 0 || n > len(x.Objects) {
		t.Errorf("%d objects are left for a clip of %d", n, len(x.Objects))
	}
}

// A killed server goes on with the chat where it was: what was listed is served from the
// disk, and no number is used twice.
func TestKilledServerKeepsTheChat(t *testing.T) {
	dir := t.TempDir()
	s := start(t, dir, true)
	_, stream := s.chatty(t, 21*time.Second)
	s.drained(t)
	before := chatOf(t, stream).Snapshot()
	again := start(t, kill(t, dir), true)
	all := again.Resume()
	if len(all) != 1 {
		t.Fatalf("%d broadcasts go on", len(all))
	}
	u := all[0]
	restored, err := packager.Restore(again.packaging, u.Recorder, u.History, u.Locate, packager.TimedObjectSeries{Name: "chat", Source: &gossip{}})
	if err != nil {
		t.Fatal(err)
	}
	c := chatOf(t, restored)
	if got := c.Snapshot(); got.LastMSN != before.LastMSN+1 {
		t.Errorf("%d after %d", got.LastMSN, before.LastMSN)
	}
	old := indexOf(t, before.Index().Plain())
	if before.Quiet() {
		t.Error("there was no chat")
	}
	for _, o := range old.Objects {
		if o.Items > 0 {
			again.fetch(t, "live/show/chat", o.URI)
		}
	}
	again.publish(t, restored, "second", 30*time.Second, 11*time.Second)
	again.drained(t)
	x := indexOf(t, c.Snapshot().Index().Plain())
	seen := make(map[int64]string)
	for _, o := range x.Objects {
		if seen[o.N] != "" {
			t.Errorf("object %d twice", o.N)
		}
		seen[o.N] = "x" + o.URI
		if o.N > before.LastMSN && strings.Contains(o.URI, "/first/") || o.N <= before.LastMSN && strings.Contains(o.URI, "/second/") {
			t.Errorf("object %d is %s", o.N, o.URI)
		}
	}
	if int64(len(x.Objects)) != x.Next-x.First || !slices.ContainsFunc(x.Objects, func(o struct {
		N, Items int64
		URI      string
	}) bool {
		return strings.Contains(o.URI, "/second/")
	}) {
		t.Errorf("%+v", x)
	}
}
