package ingest_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/globalfandom/lightstick/ingest"
	"github.com/globalfandom/lightstick/ingest/ingesttest"
	"github.com/globalfandom/lightstick/internal/attempts"
)

func TestWrongKeysAreSlowed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		inner := ingesttest.NewGate()
		gate := ingest.SlowGate{Gate: inner, Attempts: attempts.New(nil)}
		publish := func(protocol, remote, key string) error {
			sink, err := gate.Open(t.Context(), ingest.Request{Protocol: protocol, Remote: remote, Key: key})
			if err == nil {
				sink.Close(nil)
				<-inner.Ended
			}
			return err
		}
		const attacker = "203.0.113.66:4000"
		if err := publish("rtmp", attacker, ingesttest.Key); err != nil {
			t.Fatal(err)
		}
		guesses := 0
		for ; ; guesses++ {
			err := publish([]string{"rtmp", "srt", "rtsp"}[guesses%3], attacker, fmt.Sprint("guess", guesses))
			if errors.Is(err, ingest.ErrTooManyAttempts) {
				break
			}
			if !errors.Is(err, ingest.ErrUnauthorized) || guesses > 1000 {
				t.Fatalf("guess %d: %v", guesses, err)
			}
		}
		if guesses < 10 {
			t.Errorf("slowed down after %d mistakes", guesses)
		}
		for name, tt := range map[string]struct {
			remote, key string
			want        error
		}{
			"a creator behind the same address": {"203.0.113.66:5000", ingesttest.Key, nil},
			"a creator elsewhere":               {"203.0.113.7:5000", ingesttest.Key, nil},
			"a guess":                           {attacker, "guess", ingest.ErrTooManyAttempts},
		} {
			if err := publish("rtmp", tt.remote, tt.key); !errors.Is(err, tt.want) {
				t.Errorf("%s: %v, want %v", name, err, tt.want)
			}
		}
		time.Sleep(time.Minute)
		if err := publish("srt", attacker, "guess"); !errors.Is(err, ingest.ErrUnauthorized) {
			t.Errorf("after a minute: %v", err)
		}
	})
}

// Refusals for other reasons are no guesses, and neither are cameras that we fetch.
func TestOtherRefusalsAreNoGuesses(t *testing.T) {
	inner := ingesttest.NewGate()
	gate := ingest.SlowGate{Gate: inner, Attempts: attempts.New(nil)}
	for _, refuse := range []error{ingest.ErrBusy, ingest.ErrShuttingDown} {
		inner.Refuse = refuse
		for i := range 200 {
			for _, r := range []ingest.Request{
				{Protocol: "rtmp", Remote: "203.0.113.1:4000", Key: fmt.Sprint(i)},
				{Protocol: "rtsp", Trusted: "camera"},
			} {
				if _, err := gate.Open(context.Background(), r); !errors.Is(err, refuse) {
					t.Fatalf("%d: %v, want %v", i, err, refuse)
				}
			}
		}
	}
}
