package recording

import (
	"bytes"
	"encoding/json"
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// erase takes out what a user wrote, and their name from what others did.
func erase(id string) func(json.RawMessage) (json.RawMessage, bool) {
	return func(item json.RawMessage) (json.RawMessage, bool) {
		return item, !bytes.Contains(item, []byte(`"id":"`+id+`"}`))
	}
}

func TestErasureReachesRecordings(t *testing.T) {
	dir := t.TempDir()
	s := start(t, dir, true)
	r, stream := s.chatty(t, 41*time.Second)
	if got, err := s.Rewrite(t.Context(), RewriteRequest{Stream: "show", TimedObjects: "chat", Change: erase("mina")}); err != nil || !got.Pending || got.Items > 0 {
		t.Errorf("on air: %+v, %v", got, err)
	}
	// What has just been said may not have been cut yet; what was said before all that is
	// there holds nothing up.
	for _, tt := range []struct {
		to      time.Time
		pending bool
	}{{epoch.Add(41 * time.Second), true}, {epoch.Add(30 * time.Second), true}, {time.UnixMilli(0), false}} {
		got, err := s.Rewrite(t.Context(), RewriteRequest{Stream: "show", TimedObjects: "chat", To: tt.to, Change: erase("mina")})
		if err != nil || got.Pending != tt.pending {
			t.Errorf("on air, up to %v: %+v, %v", tt.to, got, err)
		}
	}
	end(s, t, r, stream)
	all, err := s.List(t.Context(), "show")
	if err != nil {
		t.Fatal(err)
	}
	id := all[0].ID
	clip, err := s.Clip(t.Context(), ClipRequest{Recording: id, Start: epoch.Add(4 * time.Second), End: epoch.Add(7 * time.Second)})
	if err != nil {
		t.Fatal(err)
	}
	s.idle(t)
	before := len(filesBelow(t, filepath.Join(dir, "live/show/first/chat")))
	if got, err := s.Rewrite(t.Context(), RewriteRequest{Stream: "show", TimedObjects: "chat", Change: erase("nobody")}); err != nil || got != (RewriteResult{}) {
		t.Errorf("of somebody who wrote nothing: %+v, %v", got, err)
	}
	// The objects' items say that they are of 1970: what begins later has none.
	late := RewriteRequest{Stream: "show", TimedObjects: "chat", From: epoch.Add(time.Hour), Change: erase("mina")}
	if got, err := s.Rewrite(t.Context(), late); err != nil || got != (RewriteResult{}) {
		t.Errorf("of another time: %+v, %v", got, err)
	}
	got, err := s.Rewrite(t.Context(), RewriteRequest{Stream: "show", TimedObjects: "chat", Change: erase("mina")})
	if err != nil || got.Pending || got.Items != before || got.Objects != before {
		t.Errorf("%+v of %d, %v", got, before, err)
	}
	for _, recording := range []string{id, clip.ID} {
		served, err := s.Recording(t.Context(), "show", recording)
		if err != nil {
			t.Fatal(err)
		}
		filled := 0
		for _, o := range indexOf(t, chatOf(t, served).Snapshot().Index().Plain()).Objects {
			if o.Items == 0 {
				continue
			}
			filled++
			text := s.fetch(t, "live/show/recordings/"+recording+"/chat", o.URI)
			if o.Items != 1 || !strings.HasSuffix(o.URI, "-1.json") || bytes.Contains(text, []byte("mina")) || !bytes.Contains(text, []byte("yuna")) {
				t.Errorf("%s lists %+v: %s", recording, o, text)
			}
		}
		if filled == 0 {
			t.Errorf("%s lists nothing", recording)
		}
	}
	for _, name := range filesBelow(t, filepath.Join(dir, "live/show/first/chat")) {
		if !strings.HasSuffix(name, "-1.json") {
			t.Errorf("left: %s", name)
		}
	}
	// Nobody is left: no object is.
	if got, err := s.Rewrite(t.Context(), RewriteRequest{Stream: "show", TimedObjects: "chat", Change: erase("yuna")}); err != nil || got.Objects != before {
		t.Errorf("%+v, %v", got, err)
	}
	if names := filesBelow(t, filepath.Join(dir, "live/show/first/chat")); len(names) > 0 {
		t.Errorf("left: %v", names)
	}
	if len(s.deleted) != 2 || !strings.HasSuffix(s.deleted[0], "[live/show/first/]") {
		t.Errorf("told %q", s.deleted)
	}
	for _, recording := range []string{id, clip.ID} {
		if err := s.Delete(t.Context(), recording); err != nil {
			t.Fatal(err)
		}
	}
	s.drained(t)
	if names := filesBelow(t, dir); len(names) > 0 {
		t.Errorf("left: %v", names)
	}
}

func TestRewriteItems(t *testing.T) {
	text := []byte(`{"n":7,"date":5,"duration":2000,"dropped":3,"items":[{"a":1},{"b":"<2>"}]}`)
	got, changed, left, err := rewriteItems(text, func(item json.RawMessage) (json.RawMessage, bool) {
		return bytes.ReplaceAll(item, []byte("2"), []byte("3")), true
	})
	if err != nil || changed != 1 || left != 2 || !bytes.Contains(got, []byte(`"n":7,"date":5,"duration":2000,"dropped":3`)) {
		t.Errorf("%s, %d, %d, %v", got, changed, left, err)
	}
	var o storedTimedObject
	if err := json.Unmarshal(got, &o); err != nil || len(o.Items) != 2 {
		t.Errorf("%v %v", o, err)
	}
	if _, _, _, err := rewriteItems([]byte(`{"n":`), nil); err == nil {
		t.Error("half an object is one")
	}
	broken := func(json.RawMessage) (json.RawMessage, bool) { return json.RawMessage("{"), true }
	if _, _, _, err := rewriteItems(text, broken); err == nil {
		t.Error("an item that is no JSON was written")
	}
	var syntax *json.SyntaxError
	if _, _, _, err := rewriteItems([]byte("x"), nil); !errors.As(err, &syntax) {
		t.Errorf("%v", err)
	}
}
