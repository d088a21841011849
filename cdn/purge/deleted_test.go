package purge

import (
	"log/slog"
	"slices"
	"testing"
)

// What is deleted is purged with the media that is its own; keys that are no object are
// left out, and a full queue hinders nothing.
func TestDeleted(t *testing.T) {
	q := NewQueue([]*Target{{Name: "a"}}, slog.New(slog.DiscardHandler))
	q.RecordingDeleted("show", "r1", []string{"live/show/p1/", "live/show/p2/video/", "elsewhere/"})
	q.StreamDeleted("other")
	want := []Object{{Stream: "show", Recording: "r1"}, {Stream: "show", Publication: "p1"}, {Stream: "show", Publication: "p2"}, {Stream: "other"}}
	var got []Object
	for _, w := range q.lanes[0].waiting {
		got = append(got, w.object)
	}
	if !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	for len(q.lanes[0].waiting) < maxWaiting {
		q.lanes[0].waiting = append(q.lanes[0].waiting, waiting{})
	}
	q.StreamDeleted("late")
	if n := len(q.lanes[0].waiting); n != maxWaiting {
		t.Errorf("%d wait", n)
	}
}
