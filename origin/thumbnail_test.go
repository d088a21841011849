package origin

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/globalfandom/lightstick/media"
)

func TestThumbnailsAreDrawnOnceForAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		pictures := thumbnails{drawing: make(chan struct{}, 1)}
		onAir := []media.StreamID{"a", "b"}
		live := func(id media.StreamID) bool { return slices.Contains(onAir, id) }
		var mu sync.Mutex
		drawn, atOnce := map[media.StreamID]int{}, 0
		get := func(ctx context.Context, id media.StreamID) (string, error) {
			jpeg, err := pictures.get(ctx, id, live, func(context.Context) ([]byte, error) {
				mu.Lock()
				drawn[id]++
				n := drawn[id]
				atOnce++
				if atOnce > 1 {
					t.Error("two are drawn at once")
				}
				mu.Unlock()
				time.Sleep(time.Second)
				mu.Lock()
				atOnce--
				mu.Unlock()
				if id == "b" {
					return nil, errors.New("a broken frame")
				}
				return []byte{byte('0' + n)}, nil
			})
			return string(jpeg), err
		}
		var wg sync.WaitGroup
		gone, leave := context.WithCancel(t.Context())
		wg.Go(func() { _, _ = get(gone, "a") }) // the first to ask, who doesn't wait
		synctest.Wait()
		leave()
		for range 20 {
			wg.Go(func() {
				if jpeg, err := get(t.Context(), "a"); jpeg != "1" || err != nil {
					t.Errorf("got %q, %v", jpeg, err)
				}
			})
			wg.Go(func() {
				if _, err := get(t.Context(), "b"); err == nil {
					t.Error("a picture of a broken frame")
				}
			})
		}
		wg.Wait()
		if drawn["a"] != 1 || drawn["b"] != 1 {
			t.Errorf("drawn %v times", drawn)
		}
		time.Sleep(thumbnailLife)
		wg.Go(func() { _, _ = get(t.Context(), "a") })
		synctest.Wait()
		if jpeg, _ := get(t.Context(), "a"); jpeg != "1" {
			t.Errorf("got %q while the next is drawn, want the old one at once", jpeg)
		}
		wg.Wait()
		if jpeg, _ := get(t.Context(), "a"); jpeg != "2" {
			t.Errorf("got %q after ten seconds", jpeg)
		}
		onAir = []media.StreamID{"c"}
		_, _ = get(t.Context(), "c")
		if len(pictures.entries) != 1 {
			t.Errorf("%d streams are remembered, want the one on air", len(pictures.entries))
		}
	})
}

func TestThumbnailOfSoundIsMissing(t *testing.T) {
	s := newStudio(t)
	s.publish(4 * time.Second)
	if got := s.get("/live/show/thumbnail.jpg"); got.Code != 404 {
		t.Errorf("%d", got.Code)
	}
	if got := s.get("/live/another/thumbnail.jpg"); got.Code != 404 {
		t.Errorf("%d", got.Code)
	}
}
