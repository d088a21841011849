package origin

import (
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// The end of a server waits for those who fetch media, not for those who ask for
// playlists, and not for ever.
func TestQuietEndsTheFarewell(t *testing.T) {
	tests := []struct {
		name     string
		path     string
		requests int // one each 200 ms
		want     time.Duration
	}{
		{"nobody", "", 0, quiet},
		{"a playlist", "/live/show/audio.m3u8", 20, quiet},
		{"the last segments", "/live/show/p/audio/1.m4s", 3, 3*200*time.Millisecond + quiet},
		{"somebody far behind", "/live/show/p/audio/1.m4s", 40, 2 * time.Second},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newStudio(t)
				s.publish(9 * time.Second)
				begun := time.Now()
				var viewer sync.WaitGroup
				defer viewer.Wait()
				viewer.Go(func() {
					for range tt.requests {
						time.Sleep(200 * time.Millisecond)
						if w := s.get(tt.path); w.Code != 200 {
							t.Errorf("%s: %d", tt.path, w.Code)
						}
					}
				})
				s.handler.(*Server).AwaitQuiet(2 * time.Second)
				if took := time.Since(begun); took != tt.want {
					t.Errorf("took %v, want %v", took, tt.want)
				}
			})
		})
	}
}
