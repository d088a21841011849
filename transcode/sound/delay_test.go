package sound

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"github.com/globalfandom/lightstick/media"
	"github.com/globalfandom/lightstick/media/bitstream"
)

// Until the delay is over nothing is started, and what comes is dropped.
func TestDelay(t *testing.T) {
	const delay, samples = time.Second, 5
	tests := []struct {
		name  string
		until time.Duration // when the source ends
		want  error
	}{
		{"the source ends before", delay / 2, nil},
		{"the source goes on", 2 * delay, ErrFailed},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				track, err := bitstream.RawTrack(media.PCMA, 8000, 1)
				if err != nil {
					t.Fatal(err)
				}
				c := New(Config{FFmpeg: "/nonexistent/ffmpeg", Source: track, Delay: delay}, slog.New(slog.DiscardHandler))
				done := make(chan error, 1)
				go func() { done <- c.Run(context.Background()) }()
				for i := range samples {
					c.Write(media.Sample{DTS: media.Ticks(160 * i), Duration: 160, Payload: make([]byte, 160)})
				}
				time.Sleep(tt.until)
				c.Write(media.Sample{DTS: 160 * samples, Duration: 160, Payload: make([]byte, 160)})
				c.Finish()
				if err := <-done; !errors.Is(err, tt.want) {
					t.Errorf("ended with %v", err)
				}
				if c.Dropped() < samples {
					t.Errorf("%d samples were dropped", c.Dropped())
				}
			})
		})
	}
}
