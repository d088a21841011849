package persist

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/globalfandom/lightstick/chat/message"
	"github.com/globalfandom/lightstick/chat/store"
)

// listed is a store of erasures.
type listed struct{ list []store.Erasure }

func (r *listed) Erasures(context.Context) ([]store.Erasure, error) {
	return append([]store.Erasure{}, r.list...), nil
}

func (r *listed) SettleErasure(_ context.Context, id int64) error {
	for i := range r.list {
		if r.list[i].ID == id {
			r.list = append(r.list[:i], r.list[i+1:]...)
			return nil
		}
	}
	return store.ErrNotFound
}

func (r *listed) Pseudonym(user string) string { return "erased:" + user }

// recorded answers rewritings of one item by mina and one by jun.
type recorded struct {
	asked   []RewriteRequest
	left    []string
	pending bool
	err     error
}

func (r *recorded) rewrite(_ context.Context, w RewriteRequest) (RewriteResult, error) {
	r.asked, r.left = append(r.asked, w), nil
	if r.err != nil {
		return RewriteResult{}, r.err
	}
	for _, item := range []string{`{"id":"1","user":{"id":"mina"}}`, `{"id":"2","user":{"id":"jun"}}`} {
		if now, keep := w.Change(json.RawMessage(item)); keep {
			r.left = append(r.left, string(now))
		}
	}
	return RewriteResult{Items: 1, Pending: r.pending}, nil
}

func TestErasuresAreSettled(t *testing.T) {
	now := time.Now()
	span := store.Span{Room: "show", SentFrom: now, SentTo: now.Add(time.Minute), AtFrom: now.Add(-8 * time.Second), AtTo: now}
	kept := &listed{list: []store.Erasure{{ID: 1, Pseudonym: "erased:mina", Spans: []store.Span{span}}}}
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
		e := &Erasures{cfg: ErasuresConfig{Rewrite: tt.on.rewrite, Log: slog.New(slog.DiscardHandler)}, reports: kept}
		if err := e.settleAll(t.Context()); !errors.Is(err, tt.err) || len(kept.list) != tt.waiting || len(tt.on.asked) != before {
			t.Errorf("%s: %v, %d wait, asked %+v", tt.name, err, len(kept.list), tt.on.asked)
		}
		for _, w := range tt.on.asked {
			if w.Room != "show" || !w.From.Equal(span.AtFrom) || !w.To.Equal(span.SentTo) {
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
		kept := &listed{list: []store.Erasure{{ID: 1, Spans: []store.Span{{Room: "show"}}}}}
		e := NewErasures(ErasuresConfig{Log: slog.New(slog.DiscardHandler), Rewrite: func(context.Context, RewriteRequest) (RewriteResult, error) {
			looks <- time.Since(began)
			return RewriteResult{}, errors.New("disk")
		}})
		e.reports = kept
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() { ended <- e.Run(ctx) }()
		time.Sleep(settleEvery + time.Second)
		for range 3 { // never blocks
			e.look()
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

// What still waits to be written is erased too, and rooms forget a person only when the
// store has: what they hear of later is written after.
func TestErase(t *testing.T) {
	kept, err := store.Open(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer kept.Close()
	writer := New(kept, 0, slog.New(slog.DiscardHandler))
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error)
	go func() { ended <- writer.Run(ctx) }()
	var order []string
	e := NewErasures(ErasuresConfig{Store: kept, Writer: writer, Log: slog.New(slog.DiscardHandler), Forget: func(ctx context.Context, user string) {
		waiting, err := kept.Erasures(ctx)
		order = append(order, fmt.Sprint(user, len(waiting), err))
	}})
	writer.Keep("show", "", nil, message.Message{ID: "1", User: message.User{ID: "mina", Name: "Mina"}, Text: "hello", Sent: 1, At: 1}, netip.Addr{}, false)
	report, err := e.Erase(t.Context(), "mina")
	if err != nil || report.Messages != 1 || len(report.Spans) != 1 || len(e.soon) != 1 {
		t.Errorf("%+v, %v", report, err)
	}
	if !slices.Equal(order, []string{"mina1 <nil>"}) {
		t.Errorf("rooms forget %q", order)
	}
	if err := e.Run(t.Context()); err != nil { // recordings are other servers'
		t.Error(err)
	}
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}
