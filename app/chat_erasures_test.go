package app

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/globalfandom/lightstick/chat/store"
	"github.com/globalfandom/lightstick/storage/recording"
)

// reports is a store of erasures.
type reports struct{ list []store.Erasure }

func (r *reports) Erasures(context.Context) ([]store.Erasure, error) {
	return append([]store.Erasure{}, r.list...), nil
}

func (r *reports) SettleErasure(_ context.Context, id int64) error {
	for i := range r.list {
		if r.list[i].ID == id {
			r.list = append(r.list[:i], r.list[i+1:]...)
			return nil
		}
	}
	return store.ErrNotFound
}

func (r *reports) Pseudonym(user string) string { return "erased:" + user }

// recorded answers rewritings of one item by mina and one by jun.
type recorded struct {
	asked   []recording.RewriteRequest
	left    []string
	pending bool
	err     error
}

func (r *recorded) rewrite(_ context.Context, w recording.RewriteRequest) (recording.RewriteResult, error) {
	r.asked, r.left = append(r.asked, w), nil
	if r.err != nil {
		return recording.RewriteResult{}, r.err
	}
	for _, item := range []string{`{"id":"1","user":{"id":"mina"}}`, `{"id":"2","user":{"id":"jun"}}`} {
		if now, keep := w.Change(json.RawMessage(item)); keep {
			r.left = append(r.left, string(now))
		}
	}
	return recording.RewriteResult{Items: 1, Objects: 1, Pending: r.pending}, nil
}

func TestErasuresAreSettled(t *testing.T) {
	now := time.Now()
	span := store.Span{Room: "show", SentFrom: now, SentTo: now.Add(time.Minute), AtFrom: now.Add(-8 * time.Second), AtTo: now}
	kept := &reports{list: []store.Erasure{{ID: 1, Pseudonym: "erased:mina", Spans: []store.Span{span}}}}
	disk := errors.New("disk")
	for _, tt := range []struct {
		name    string
		on      recorded
		err     error
		waiting int
	}{
		{"a broadcast goes on", recorded{pending: true}, nil, 1},
		{"an error", recorded{err: disk}, disk, 1},
		{"all is well", recorded{}, nil, 0},
		{"nothing waits", recorded{}, nil, 0},
	} {
		before := len(kept.list)
		e := &erasures{store: kept, rewrite: tt.on.rewrite, log: slog.New(slog.DiscardHandler)}
		if err := e.settleAll(t.Context()); !errors.Is(err, tt.err) || len(kept.list) != tt.waiting || len(tt.on.asked) != before {
			t.Errorf("%s: %v, %d wait, asked %+v", tt.name, err, len(kept.list), tt.on.asked)
		}
		for _, w := range tt.on.asked {
			if w.Stream != "show" || w.TimedObjects != "chat" || !w.From.Equal(span.AtFrom) || !w.To.Equal(span.SentTo) {
				t.Errorf("%s: %+v", tt.name, w)
			}
			if tt.err == nil && (len(tt.on.left) != 1 || !strings.Contains(tt.on.left[0], "jun")) {
				t.Errorf("%s: %v is left", tt.name, tt.on.left)
			}
		}
	}
}

// TestErasuresAreLookedFor at the start, every five minutes, and when one is reported.
func TestErasuresAreLookedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		looks := make(chan time.Duration, 10)
		began := time.Now()
		kept := &reports{list: []store.Erasure{{ID: 1, Spans: []store.Span{{Room: "show"}}}}}
		e := newErasures(nil, func(context.Context, recording.RewriteRequest) (recording.RewriteResult, error) {
			looks <- time.Since(began)
			return recording.RewriteResult{}, errors.New("disk")
		}, slog.New(slog.DiscardHandler))
		e.store = kept
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() { ended <- e.Run(ctx) }()
		time.Sleep(settleEvery + time.Second)
		for range 3 { // never blocks
			e.erased(store.Erasure{})
		}
		time.Sleep(time.Second)
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		close(looks)
		var got []time.Duration
		for at := range looks {
			got = append(got, at)
		}
		second := settleEvery + time.Second
		if len(got) < 3 || len(got) > 4 || got[0] != 0 || got[1] != settleEvery || got[2] != second || got[len(got)-1] != second {
			t.Errorf("%v", got)
		}
	})
}
