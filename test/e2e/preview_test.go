//go:build e2e

package e2e

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

// The bar of a live stream that can be rewound shows pictures, which caches may keep.
func TestLiveBarShowsPictures(t *testing.T) {
	t.Parallel()
	s := passThrough.at(t)
	cfg := small("rtmp://" + s.rtmp + "/live/live-bar")
	cfg.KeyInterval = 2 * time.Second
	publishCard(t, cfg)
	s.live(t, "live-bar")
	v := watch(t, map[string]any{"url": "http://" + s.http + "/watch/live-bar"})
	v.playing()
	// A bar is there once there are 20 s to go back to.
	eventually(t, "the bar is there", func() bool { return v.ask("!document.querySelector('#timeline').hidden") == "true" })
	v.showsThumbnail()
	url := strings.Trim(v.ask("document.querySelector('#preview-sheet').src"), `"`)
	if !strings.Contains(url, "/live/live-bar/") || !strings.Contains(url, "/preview/") {
		t.Errorf("the picture is %s", url)
	}
	got, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer got.Body.Close()
	if got.StatusCode != 200 || got.Header.Get("Content-Type") != "image/jpeg" || !strings.Contains(got.Header.Get("Cache-Control"), "immutable") {
		t.Errorf("%d %v", got.StatusCode, got.Header)
	}
	if seen := v.end(); len(seen.Errors) > 0 {
		t.Errorf("the page complained: %v", seen.Errors)
	}
}
