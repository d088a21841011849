package app

import (
	"context"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"github.com/globalfandom/lightstick/control"
	"github.com/globalfandom/lightstick/origin/playbackauth"
)

// TestPolicyFollowsOtherProcesses has a second store on the same database stand for the
// command line. docs/playback-tokens.md promises 2 s.
func TestPolicyFollowsOtherProcesses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		stores := make([]*control.Store, 2)
		for i := range stores {
			var err error
			if stores[i], err = control.Open(t.Context(), dir); err != nil {
				t.Fatal(err)
			}
			defer stores[i].Close()
		}
		server, commandLine := stores[0], stores[1]
		if _, _, err := server.CreateStream(t.Context(), "show", control.StreamSettings{}); err != nil {
			t.Fatal(err)
		}
		p := &playback{
			policy: playbackauth.NewPolicy(false), streams: server,
			log: slog.New(slog.DiscardHandler), changed: make(chan struct{}, 1),
		}
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() { ended <- p.Run(ctx) }()
		time.Sleep(time.Hour)
		for _, access := range []control.AccessMode{control.AccessToken, control.AccessPublic, control.AccessToken} {
			if _, err := commandLine.UpdateStream(t.Context(), "show", control.StreamUpdate{Access: &access}); err != nil {
				t.Fatal(err)
			}
			time.Sleep(2 * time.Second)
			synctest.Wait()
			if got, want := p.policy.Guarded("show"), access == control.AccessToken; got != want {
				t.Errorf("2 s after access=%s a token is needed: %v", access, got)
			}
		}
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}
