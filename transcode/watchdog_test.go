package transcode

import (
	"context"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"github.com/globalfandom/lightstick/media"
)

// counted is an Output that passes on the name of a rung with each frame.
type counted chan string

func (counted) SetTrack(string, media.Track) error { return nil }

func (c counted) Write(rung string, _ media.Sample) {
	select {
	case c <- rung:
	default:
	}
}

// An FFmpeg that hangs, in whatever way, is killed with its children and started again.
func TestHangingFFmpegIsStartedAgain(t *testing.T) {
	for behaviour := range behaviours {
		if behaviour == "copies" {
			continue
		}
		t.Run(behaviour, func(t *testing.T) {
			t.Parallel()
			programs := meet(t, behaviour)
			out := make(counted, 1024)
			w := New(Config{FFmpeg: programs.program, Source: standInTrack(t), Rungs: rungs[:2]}, out, slog.New(slog.DiscardHandler))
			w.stall, w.backoff.First = time.Second, time.Millisecond
			ctx, cancel := context.WithCancel(t.Context())
			running := make(chan error)
			go func() { running <- w.Run(ctx) }()
			stop := feedKeyFrames(w)
			if err := programs.firstChildEnds(); err != nil {
				t.Error(err)
			}
			seen := map[string]bool{}
			for late := time.After(patience); len(seen) < 2 && !t.Failed(); {
				select {
				case rung := <-out:
					seen[rung] = w.Restarts() > 0
				case <-late:
					t.Errorf("after %d restarts frames of %v came", w.Restarts(), seen)
				}
			}
			stop()
			cancel()
			if err := <-running; err != nil {
				t.Error(err)
			}
		})
	}
}

// standInTrack is a track that needs no encoder.
func standInTrack(t *testing.T) media.Track {
	track, _ := clip(t, media.H264, 1)
	return track
}

// feedKeyFrames writes small key frames until it is stopped.
func feedKeyFrames(w *Worker) (stop func()) {
	end, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		tick := time.NewTicker(2 * time.Millisecond)
		defer tick.Stop()
		for at := media.Ticks(0); ; at += 3000 {
			select {
			case <-end:
				return
			case <-tick.C:
				w.Write(media.Sample{DTS: at, KeyFrame: true, Payload: []byte{0, 0, 0, 5, 0x65, 0x88, 0x84, 0, 0x33}})
			}
		}
	}()
	return func() { close(end); <-ended }
}

func TestWatchdog(t *testing.T) {
	const limit = 8 * time.Second
	tests := []struct {
		name string
		do   func(w *watchdog)
		want time.Duration // when it bites; 0: never
	}{
		{"nothing went in", func(*watchdog) {}, 0},
		{"nothing comes out", func(w *watchdog) { w.frameIn(); time.Sleep(limit / 2); w.frameIn() }, limit},
		{"all comes out", func(w *watchdog) { w.frameIn(); time.Sleep(limit / 2); w.frameOut() }, 0},
		{"then nothing more", func(w *watchdog) {
			w.frameIn()
			time.Sleep(limit / 2)
			w.frameOut()
			w.frameIn()
		}, limit * 3 / 2},
		{"stopped", func(w *watchdog) { w.frameIn(); w.stop() }, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				begun := time.Now()
				var bitten time.Duration
				w := newWatchdog(limit, func() { bitten = time.Since(begun) })
				tt.do(w)
				time.Sleep(10 * limit)
				synctest.Wait()
				if bitten != tt.want {
					t.Errorf("bites after %v, want %v", bitten, tt.want)
				}
			})
		})
	}
}
