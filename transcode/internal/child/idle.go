package child

import (
	"context"
	"time"

	"github.com/globalfandom/lightstick/media"
)

// Idle waits for a start of FFmpeg and drops what the source sends meanwhile. It returns
// false at once when the source or ctx has ended.
func Idle(ctx context.Context, queue <-chan media.Sample, pause time.Duration, drop func(media.Sample)) bool {
	timer := time.NewTimer(pause)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return false
		case <-timer.C:
			return true
		case s, ok := <-queue:
			if !ok {
				return false
			}
			drop(s)
		}
	}
}
