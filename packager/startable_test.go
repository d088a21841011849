package packager

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

// Who arrives just after a publisher's return is held until players begin after the
// discontinuity in every rendition; who arrives while it is away is not.
func TestArrivalsAfterADiscontinuityWait(t *testing.T) {
	tests := []struct {
		name string
		play func(t *testing.T, src *source)
		held bool
	}{
		{"the publisher is away", func(*testing.T, *source) {}, false},
		{"it has come back, and nothing is listed", func(t *testing.T, src *source) { src.begin(t, "second") }, true},
		{"it was back without a sample", func(t *testing.T, src *source) {
			src.begin(t, "second")
			src.stream.End()
		}, false},
		{"less than the hold-back is listed", func(t *testing.T, src *source) {
			src.begin(t, "second")
			src.run(700 * time.Millisecond)
		}, true},
		{"more than the hold-back is listed", func(t *testing.T, src *source) {
			src.begin(t, "second")
			src.run(1600 * time.Millisecond)
		}, false},
		{"the ladder is not there yet", func(t *testing.T, src *source) {
			follower := src.follower
			src.follower = ""
			src.begin(t, "second")
			src.run(1600 * time.Millisecond)
			src.follower = follower
		}, true},
		{"the ladder does not come", func(t *testing.T, src *source) {
			src.follower = ""
			src.begin(t, "second")
			src.run(9 * time.Second)
		}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := NewStream(Config{}, &nothing{})
				src := newSource(s, [2]int64{30, 1}, 60, 48000)
				src.follower = "180p"
				src.begin(t, "first")
				src.run(10 * time.Second)
				s.End()
				src.base, src.frame, src.sound = 15*90000, 0, 0
				tt.play(t, src)
				ctx, cancel := context.WithCancel(context.Background())
				defer cancel()
				passed := false
				go func() {
					s.AwaitStartable(ctx)
					passed = ctx.Err() == nil
				}()
				synctest.Wait()
				if passed == tt.held {
					t.Errorf("held %v, want %v", !passed, tt.held)
				}
				if tt.name == "less than the hold-back is listed" {
					src.run(time.Second)
					synctest.Wait()
					if !passed {
						t.Error("held although enough is listed now")
					}
				}
			})
		})
	}
}
