package recording

import (
	"fmt"
	"testing"
)

// Recordings that are ready to be watched are bounded in number and in segments; the
// first ones go, and one is always kept.
func TestViewsAreBounded(t *testing.T) {
	key := func(i int) viewKey { return viewKey{stream: "show", recording: fmt.Sprint(i)} }
	var many viewCache
	for i := range maxViews + 5 {
		many.put(key(i), view{segments: 1})
	}
	if _, there := many.ready[key(4)]; there || len(many.ready) != maxViews || len(many.order) != maxViews || many.total != maxViews {
		t.Errorf("%d views of %d segments", len(many.ready), many.total)
	}
	if _, there := many.ready[key(5)]; !there {
		t.Error("more went than had to")
	}
	many.forget("7")
	many.put(key(8), view{segments: 3}) // loaded by two at once
	if len(many.ready) != maxViews-1 || len(many.order) != maxViews-1 || many.total != maxViews+1 {
		t.Errorf("%d views in %d places, of %d segments", len(many.ready), len(many.order), many.total)
	}
	var large viewCache
	for i, segments := range []int{maxSegments / 2, maxSegments / 2, 1, 2 * maxSegments} {
		large.put(key(i), view{segments: segments})
		if want := []int{1, 2, 2, 1}[i]; len(large.ready) != want {
			t.Errorf("%d views after the one of %d segments, want %d", len(large.ready), segments, want)
		}
	}
	if large.total != 2*maxSegments {
		t.Errorf("%d segments", large.total)
	}
}
