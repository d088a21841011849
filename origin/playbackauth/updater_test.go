package playbackauth_test

import (
	"context"
	"errors"
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
		policy := playbackauth.NewPolicy(false)
		u, err := playbackauth.NewUpdater(t.Context(), policy, server, nil, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() { ended <- u.Run(ctx) }()
		time.Sleep(time.Hour)
		for _, access := range []control.AccessMode{control.AccessToken, control.AccessPublic, control.AccessToken} {
			if _, err := commandLine.UpdateStream(t.Context(), "show", control.StreamUpdate{Access: &access}); err != nil {
				t.Fatal(err)
			}
			time.Sleep(2 * time.Second)
			synctest.Wait()
			if got, want := policy.Guarded("show"), access == control.AccessToken; got != want {
				t.Errorf("2 s after access=%s a token is needed: %v", access, got)
			}
		}
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}

// What has changed in the database is enforced on running streams.
func TestUpdaterEnforces(t *testing.T) {
	store, err := control.Open(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	ctx, cancel := context.WithCancel(t.Context())
	enforced := make(chan struct{}, 1)
	enforce := func(context.Context) error {
		select {
		case enforced <- struct{}{}:
		default:
		}
		return nil
	}
	u, err := playbackauth.NewUpdater(t.Context(), playbackauth.NewPolicy(false), store, enforce, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error)
	go func() { done <- u.Run(ctx) }()
	u.Changed()
	select {
	case <-enforced:
	case <-time.After(30 * time.Second):
		t.Error("nothing is enforced")
	}
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

// away is a database that can't be read for a while.
type away struct {
	reads, watches int
	err            error
}

func (a *away) Guarded(context.Context) (map[string]bool, error) {
	a.reads++
	return map[string]bool{"show": true}, a.err
}

func (a *away) Watch(context.Context, func()) error {
	a.watches++
	return a.err
}

// TestUpdaterKeepsItsRules while the database is away, and asks for it once a second.
func TestUpdaterKeepsItsRules(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		streams, policy := &away{}, playbackauth.NewPolicy(false)
		u, err := playbackauth.NewUpdater(t.Context(), policy, streams, nil, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		streams.err = errors.New("disk is gone")
		if _, err := playbackauth.NewUpdater(t.Context(), policy, streams, nil, slog.New(slog.DiscardHandler)); !errors.Is(err, streams.err) {
			t.Errorf("a start without the database: %v", err)
		}
		before := streams.reads
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() { ended <- u.Run(ctx) }()
		u.Changed()
		time.Sleep(10*time.Second + time.Second/2)
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		if n := streams.reads - before; n != 11 || streams.watches != 11 || !policy.Guarded("show") {
			t.Errorf("in ten seconds %d reads, %d watches; a token is needed: %v", n, streams.watches, policy.Guarded("show"))
		}
	})
}
